"""Knowledge: how often the grounding check is wrong, in both directions."""
