"""Flows: tasks through which the assistant leads a person, declared in YAML.

A message is read once into a `Reading`; `machine.step` makes of a flow, a state and a reading the next state
and what to say. Everything that waits or fails (models, actions, the store) is outside of it.
"""
