"""What is found, as frozen data."""

from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of personal data; the value stands in their place where they are masked."""

    PERSON = "name"
    ADDRESS = "address"
    PLACE = "place"
    EMAIL = "email"
    HANDLE = "handle"
    PHONE = "phone"
    IP = "ip address"
    CARD = "card number"
    IBAN = "account"
    NATIONAL_ID = "id number"
    SECRET = "secret"  # noqa: S105 - not one


DANGEROUS = frozenset((Kind.CARD, Kind.NATIONAL_ID, Kind.SECRET))
"""Kinds that nobody should post where others read along. An IBAN is none: it is handed out to be paid by, and
opens no door; in channels that mask, it is masked as ever."""
_CERTAINTY = (
    Kind.SECRET,
    Kind.IBAN,
    Kind.CARD,
    Kind.NATIONAL_ID,
    Kind.EMAIL,
    Kind.ADDRESS,
    Kind.IP,
    Kind.PHONE,
    Kind.HANDLE,
    Kind.PERSON,
    Kind.PLACE,
)
"""Of two kinds that were found in the same place, the one more certain of itself comes first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Personal data at `text[start:end]`."""

    start: int
    end: int
    kind: Kind


def settled(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """In order and without overlaps: the more certain kind wins, then the longer."""
    kept: list[Finding] = []
    for each in sorted(findings, key=lambda one: (_CERTAINTY.index(one.kind), one.start - one.end)):
        place = bisect(kept, each.start, key=lambda one: one.start)
        is_free_before = place == 0 or kept[place - 1].end <= each.start
        is_free_behind = place == len(kept) or each.end <= kept[place].start
        if is_free_before and is_free_behind:
            kept.insert(place, each)
    return tuple(kept)
