"""What a text is about that wants care: who is in danger, who is abused, and advice that others must give."""
