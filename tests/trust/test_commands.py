"""Every command of a chat with every role: who is not named for it is refused, and nothing is done: S3."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.desk import cards, orders, words
from core.desk.steps import _STEPS
from core.dialogue.commands import Commands
from core.dialogue.contributing import KB, NOT_ALLOWED
from core.message import Message
from core.rights import Right, Role, granted
from core.store.records import Ticket
from core.words import commands
from tests.samples import message
from tests.trust.house import House, house, person, private
from tests.trust.page import Note

NOBODY = "nobody"
EVERYBODY = (*map(str, Role), NOBODY)
FOR_ALL = (
    *(
        "start",
        "help",
        "new",
        "stop",
        "again",
        "me",
        "human",
        "export",
        "forget",
        "memory",
        "learning",
        "voice",
    ),
    *("unknown", "promote", "erase", "roles"),
)
"""Commands that act on the person's own conversation and data alone, and such as there are none."""
OF_EDITORS = ("list", "add https://example.org/a", "remove handbook")
OF_AGENTS = (
    *((name, "") for name in (*_STEPS, cards.SEND)),
    *(("", f"//{name} 2d") for name in (orders.TAG, orders.UNTAG, orders.SNOOZE, orders.TEAM, orders.REPORT)),
    *(("", text) for text in ("// a note", "Good morning!")),
)
"""Buttons, orders and words in a ticket's thread."""


def test_every_command_that_there_is_stands_in_the_matrix() -> None:
    store: Any = None  # none is asked
    answered = {*Commands(store)._table, *(name for name, _ in commands(with_people=True))}
    assert answered - {KB} <= set(FOR_ALL)
    assert {*_STEPS, cards.SEND} <= {name for name, _ in OF_AGENTS}


ROLES = {str(role): [person(str(role)).key] for role in Role}


@pytest.mark.parametrize(
    ("roles", "open_to_all"), [(ROLES, True), ({}, False)], ids=["named", "nobody is named"]
)
async def test_every_cell_of_the_matrix_of_commands(
    tmp_path: Path, roles: dict[str, list[str]], open_to_all: bool, record_property: Note
) -> None:
    cells = refusals = 0
    async with house(tmp_path, roles, open_to_all=open_to_all) as inside:
        for who in EVERYBODY:
            holds = granted([Role(who)]) if who in roles else frozenset()
            for name in FOR_ALL:
                assert not _is_refused(await inside.tell(_said(who, "", name))), (who, name)
                cells += 1
            assert inside.documents.touched == 0
            for text in OF_EDITORS:
                refused = _is_refused(await inside.tell(_said(who, text, KB)))
                touched, inside.documents.touched = inside.documents.touched, 0
                assert refused == (not touched) == (Right.DOCUMENTS not in holds), (who, text)
                cells, refusals = cells + 1, refusals + refused
            untouched = None if Right.SERVE in holds else await inside.ticket(who)
            for number, (name, text) in enumerate(OF_AGENTS):
                ticket = untouched or await inside.ticket(f"{who}-{number}")
                refused = await _is_refused_at_the_desk(inside, who, name, text, ticket)
                assert refused == (Right.SERVE not in holds), (who, name, text)
                cells, refusals = cells + 1, refusals + refused
        named = {who for role, (who,) in roles.items() if granted([Role(role)]) & _GUARDED}
        assert set(await inside.foreign_deeds()) <= named
    assert cells == len(EVERYBODY) * (len(FOR_ALL) + len(OF_EDITORS) + len(OF_AGENTS))
    record_property(
        "S3",
        f"{cells} cells of chat commands, {len(roles) or 'no'} roles named: {refusals} refused and without "
        "effect, as the matrix says",
    )


_GUARDED = frozenset({Right.DOCUMENTS, Right.SERVE})


async def test_buttons_and_orders_of_the_desk_do_nothing_elsewhere(tmp_path: Path) -> None:
    async with house(tmp_path, ROLES) as inside:
        for who, (name, text) in itertools.product(EVERYBODY, OF_AGENTS):
            if name or text.startswith("//"):
                await inside.tell(_said(who, text, name))
        assert await inside.core.store.tickets.with_people() == []
        assert await inside.foreign_deeds() == []


async def _is_refused_at_the_desk(inside: House, who: str, name: str, text: str, ticket: Ticket) -> bool:
    """Whether somebody who writes or presses in a ticket's thread is; then the ticket is as it was."""
    before = await inside.core.store.tickets.numbered(ticket.number)
    assert before is not None
    told = await inside.tell(message(text, where=before.desk, sender=person(who), command=name))
    after = await inside.core.store.tickets.numbered(before.number)
    refused = words.not_an_agent() in told
    if refused:
        assert after is not None and replace(after, revision=before.revision) == before
        assert told == [words.not_an_agent()]
    return refused


def _said(who: str, text: str, command: str) -> Message:
    return message(text, where=private(who), sender=person(who), command=command)


def _is_refused(told: list[str]) -> bool:
    return any(NOT_ALLOWED in text for text in told)
