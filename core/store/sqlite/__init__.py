"""The store in one SQLite file: each module fills one protocol of `core.store.ports`."""
