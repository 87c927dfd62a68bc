"""Which beginnings of prompts have their state kept by CTranslate2.

It keeps the decoder's state of a `static_prompt` in a map that nothing leaves until the model is unloaded. So
only texts that are marked as shared come in here, only those that came more than once, and only so many.
"""

import threading
from collections import OrderedDict

SHORTEST = 12
"""Tokens from which on keeping the state is measured to spare more than copying it costs."""
TOKENS = 2048
"""Tokens kept in all: 46 kB each with the default model, some 95 MB."""
CANDIDATES = 32
"""Beginnings that are remembered to have come once."""


class Prefixes:
    """Decides per prompt how much of it is kept. Safe to use from the model's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: set[tuple[int, ...]] = set()
        self._once: OrderedDict[tuple[int, ...], None] = OrderedDict()
        self._room = TOKENS

    def cut(self, shared: tuple[int, ...]) -> int:
        """Tokens to hand over as `static_prompt`: all that are shared, or none."""
        with self._lock:
            if shared not in self._kept and not self._taken(shared):
                return 0
            return len(shared)

    def _taken(self, shared: tuple[int, ...]) -> bool:
        """Keep it from now on, if it came before and there is room."""
        if not SHORTEST <= len(shared) <= self._room:
            return False
        if shared not in self._once:
            self._once[shared] = None
            if len(self._once) > CANDIDATES:
                self._once.popitem(last=False)
            return False
        del self._once[shared]
        self._kept.add(shared)
        self._room -= len(shared)
        return True
