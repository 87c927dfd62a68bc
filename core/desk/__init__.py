"""The help desk: how a conversation comes into the hands of people, and back."""
