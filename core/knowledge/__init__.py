"""What the assistant knows from documents, and whether an answer stands in them."""
