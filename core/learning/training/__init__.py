"""From a dataset to a candidate: an adapter, trained in a process of its own, merged and checked."""
