"""`make learn-demo`: from conversations to a better model, with everything between."""
