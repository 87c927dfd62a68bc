"""Finding out how a model is best laid over this machine, and keeping what was found with the model."""
