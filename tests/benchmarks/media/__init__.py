"""How well recordings are heard and pictures read, beside what else can be installed, in one run."""
