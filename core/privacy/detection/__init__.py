"""What in a text tells of whom it is, or opens a door: names, addresses, numbers with a check digit, secrets.

`detector` is what others use. `patterns`, `secrets` and `names` are rules that always work; `presidio` adds
what the extra `privacy` brings.
"""
