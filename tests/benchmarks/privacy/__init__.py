"""How well personal data is found, and how sure the safety of answers is, on labelled texts."""
