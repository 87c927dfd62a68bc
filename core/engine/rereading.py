"""Questions whose model left before it answered are read by the next one."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from core.errors import ModelLeft

T = TypeVar("T")
P = ParamSpec("P")


def read_anew(ask: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Decorates what prepares a prompt and has it answered: done once more where the model left between."""

    @wraps(ask)
    async def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await ask(*args, **kwargs)
        except ModelLeft:
            return await ask(*args, **kwargs)

    return asked
