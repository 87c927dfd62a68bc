"""Leases without a database."""


class SharedLeases:
    """The leases of several processes: each name has one holder."""

    def __init__(self, holders: dict[str, object] | None = None) -> None:
        self.holders = {} if holders is None else holders

    async def take(self, name: str) -> bool:
        return self.holders.setdefault(name, self) is self

    async def drop(self, name: str) -> None:
        if self.holders.get(name) is self:
            del self.holders[name]
