"""The store's statements, which SQLite and Postgres understand alike.

Each module fills one protocol of `core.store.ports`.
"""
