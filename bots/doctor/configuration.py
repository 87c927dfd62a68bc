"""The files an operator writes: `.env` and `frontdesk.yaml`."""

import io
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import parse_stream

from bots.doctor.finding import Finding, broken, doubtful, fine
from core import policy, settings
from core.errors import ConfigurationError
from core.settings import Settings

ENV_FILE = Path(".env")
POLICY_FILE = Path("frontdesk.yaml")
_PREFIXES = ("SLACK_", "TELEGRAM_", "FRONTDESK_")


def read_settings() -> tuple[Settings | None, list[Finding]]:
    """The settings, or None and why there are none."""
    try:
        return settings.load(ENV_FILE), []
    except ConfigurationError as error:
        return None, [broken(line, "See .env.example for what each is.") for line in str(error).splitlines()]


def env_file(_: Settings) -> Sequence[Finding]:
    """Names in `.env` that mean nothing, and who else can read it."""
    if not ENV_FILE.is_file():
        return [fine("There is no .env: the environment and the defaults hold.")]
    return [*_unknown_names(), *_onlookers()] or [fine("Every line of .env is a setting.")]


def _unknown_names() -> Iterator[Finding]:
    known = settings.environment_names().values()
    for binding in parse_stream(io.StringIO(ENV_FILE.read_text(encoding="utf-8"))):
        name = (binding.key or "").upper()
        if not name or name in known:
            continue
        close = get_close_matches(name, known, n=1, cutoff=0.8)
        if close or name.startswith(_PREFIXES):
            mend = f"Did you mean {close[0]}?" if close else "Remove it, or see .env.example."
            yield doubtful(f".env, line {binding.original.line}: {name} is no setting of Frontdesk.", mend)


def _onlookers() -> Iterator[Finding]:
    if ENV_FILE.stat().st_mode & 0o077:
        yield doubtful(
            "Other users of this machine can read .env, which holds tokens.", "Run `chmod 600 .env`."
        )


def policy_file(_: Settings) -> Sequence[Finding]:
    """`frontdesk.yaml` as it is read at the start."""
    try:
        policies = policy.load(POLICY_FILE)
    except ConfigurationError as error:
        return [broken(f"{error}.", "frontdesk.example.yaml shows how it is written.")]
    if not POLICY_FILE.is_file():
        return [fine("There is no frontdesk.yaml: the defaults hold.")]
    return [fine(f"frontdesk.yaml is in order; it tells {len(policies.channels)} kinds of channels apart.")]


def first_contact(_: Settings) -> Sequence[Finding]:
    """Whether people are told with whom they deal; a broken frontdesk.yaml is another check's business."""
    try:
        controller = policy.load(POLICY_FILE).privacy.controller
    except ConfigurationError:
        return []
    if controller:
        return [fine(f"Who writes for the first time is told that {controller} is responsible.")]
    return [
        doubtful(
            "Who writes for the first time is not told what is kept, and how to say no.",
            "Name who is responsible: `privacy: controller:` in frontdesk.yaml, see docs/privacy.md.",
        )
    ]


async def platforms(configured: Settings) -> Sequence[Finding]:
    """What `frontdesk run` will serve."""
    names = [
        name
        for name, is_set in (
            ("Slack", configured.slack_configured),
            ("Telegram", configured.telegram_configured),
            ("the web widget", configured.widget_configured),
        )
        if is_set
    ]
    if not names:
        return [fine("No token is set: `frontdesk run` opens the playground.")]
    return [fine(f"`frontdesk run` serves {', '.join(names)}.")]
