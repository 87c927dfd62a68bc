"""Real processes killed at named points while people write: nothing lost, doubled or out of order.

`python -m tests.crash` is the long form; a short one runs with the other tests.
"""
