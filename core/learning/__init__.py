"""From feedback to a better model: datasets, training, evaluation, promotion."""
