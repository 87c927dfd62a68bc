"""Child processes that work on what strangers made, and can do no harm."""
