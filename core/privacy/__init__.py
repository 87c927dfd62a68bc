"""What is personal: how it is kept, and how it is forgotten."""
