"""What is accounted for when the service starts: that its configuration is another than the last time."""

import asyncio
import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path

from bots.accounting import done_here
from bots.service import Core
from core.privacy.audit import Action

POLICY = Path("frontdesk.yaml")
_KEPT = "audit.configuration"

_log = logging.getLogger(__name__)


async def note_start(core: Core) -> None:
    """Write down that settings, policy or flows are others than at the last start, and log the trail's head.

    The log is kept elsewhere than the database: with the head, a trail whose end was cut off can be told.
    """
    audit, cabinet = core.store.audit, core.cabinet
    digest = await asyncio.to_thread(_digest, core, POLICY)
    if await cabinet.get(_KEPT) != digest:
        await audit.record(done_here(Action.CHANGE, f"configuration:{digest}"))
        await cabinet.put(_KEPT, digest)
    for newest in await audit.records(1):
        # with a colon it would look like a token of Telegram's, and be blotted out
        _log.info("the audit trail stands at %d-%s", newest.number, newest.digest)


def _digest(core: Core, policy: Path) -> str:
    """Of the settings without their secrets, of the policy, and of the flows."""
    found = hashlib.sha256(core.settings.model_dump_json().encode())
    for path in (policy, *_flows(policy.parent / core.policies.flows.folder)):
        found.update(f"\n{path}\n".encode())
        found.update(path.read_bytes() if path.is_file() else b"")
    return found.hexdigest()[:16]


def _flows(folder: Path) -> Iterable[Path]:
    return sorted(folder.rglob("*.yaml")) if folder.is_dir() else ()
