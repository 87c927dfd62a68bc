"""Models on other machines: cores send jobs to workers over NATS.

Each job is published into a work queue of JetStream, one subject per model. A worker that has the model and a
free place pulls it and claims it from the core that asked; pieces of the answer come back over core NATS,
numbered. A worker that dies leaves its job to another, which asks the core what was written already and goes
on from there. NATS is transport: what a core is asked to do stands in its database, and losing everything
that NATS keeps loses no message.
"""
