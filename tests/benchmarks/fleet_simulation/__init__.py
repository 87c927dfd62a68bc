"""A simulation of cores, Postgres, NATS and workers at sizes that no machine here has."""
