"""A part of the product that fails as none should."""


async def break_off(*_: object) -> None:
    """Stands for work that is to go on until it is cancelled."""
    raise TypeError("a fault of ours")
