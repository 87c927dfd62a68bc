"""What a page is given, and what it gives back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from bots.service import Core
from core.errors import FrontdeskError
from core.privacy.audit import Action, AuditEntry

PATH = "/console"


class Absent(FrontdeskError):
    """There is no such page."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request of somebody who has signed in."""

    request: web.Request
    core: Core
    name: str
    """Who it is: the account, where they came by one."""
    form: Mapping[str, object]
    """What was sent; empty for a page that is only looked at."""

    def text(self, field: str) -> str:
        """A field of the form; empty where it is missing."""
        return text_of(self.form, field)

    def asked(self, name: str) -> str:
        """A word of the address; empty where it is missing."""
        return self.request.query.get(name, "")

    async def note(self, action: Action, subject: str = "", *, whose: str = "", detail: str = "") -> None:
        """Account for what this visitor does, before it is done."""
        await self.core.store.audit.record(self.entry(action, subject, whose=whose, detail=detail))

    def entry(self, action: Action, subject: str = "", *, whose: str = "", detail: str = "") -> AuditEntry:
        """What this visitor does, for the audit trail."""
        return AuditEntry(actor=self.name, action=action, subject=subject, whose=whose, detail=detail)

    def number(self, name: str, usual: int = 0) -> int:
        """A number of the address; the usual one where it is none."""
        value = self.asked(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else usual


@dataclass(frozen=True, kw_only=True)
class View:
    """What a page shows."""

    template: str
    values: Mapping[str, object]


Page = Callable[[Visit], Awaitable[View | web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Section:
    """Pages that belong together, as the menu names them."""

    title: str
    path: str
    """Below `/console`; empty for the first."""
    looks: Mapping[str, Page]
    """Pages to look at, by their paths below this one."""
    deeds: Mapping[str, Page]
    """What is posted, by path."""


def text_of(form: Mapping[str, object], field: str) -> str:
    """A field of a form; empty where it is missing, or a file."""
    value = form.get(field, "")
    return value if isinstance(value, str) else ""


def go(path: str) -> web.Response:
    """Lead the browser to a page, by its path below `/console`."""
    return web.Response(status=303, headers={"Location": f"{PATH}{path}"})
