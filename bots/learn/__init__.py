"""`frontdesk learn`: from datasets to a model that serves people better."""
