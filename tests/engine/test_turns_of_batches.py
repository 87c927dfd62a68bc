"""As many batches take turns as there is memory for."""

from dataclasses import dataclass
from typing import cast

import pytest

from core.engine.local import TURNS, turns
from core.engine.shelf import ShelvedModel


@dataclass(frozen=True)
class Sized:
    size: int


@pytest.mark.parametrize(
    ("gigabytes", "megabytes", "expected"), [(24, 134, TURNS), (4, 134, 2), (1, 134, 1), (24, 1800, 5)]
)
def test_batches_take_turns_within_a_sixth_of_the_memory(
    monkeypatch: pytest.MonkeyPatch, gigabytes: int, megabytes: int, expected: int
) -> None:
    monkeypatch.setattr("core.engine.local.memory.machine", lambda: gigabytes * 10**9)
    monkeypatch.setattr("core.engine.local.cores", lambda: 2)
    assert turns(cast(ShelvedModel, Sized(megabytes * 10**6))) == expected
