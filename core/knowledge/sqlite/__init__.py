"""The knowledge base in an SQLite file of its own: reading documents in never keeps delivery waiting."""
