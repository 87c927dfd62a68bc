"""What people start: composition roots and the command line."""
