"""The web widget: a chat on the pages of a host site."""
