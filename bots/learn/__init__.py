"""`frontdesk learn`: from people's judgements to a better model."""
