"""The knowledge base in a file or a schema of its own: reading documents in never keeps delivery waiting.

The statements are the same on SQLite and on Postgres, and so is what they find.
"""
