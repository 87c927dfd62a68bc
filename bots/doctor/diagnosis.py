"""All checks, side by side."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bots.doctor import configuration, machine, slack, telegram
from bots.doctor.clock import clock
from bots.doctor.desk import desk
from bots.doctor.documents import documents
from bots.doctor.finding import Check, Finding, Level, broken, off_the_loop
from bots.doctor.flows import flows
from bots.doctor.language import language, personal_data
from bots.doctor.media import aloud, vision, voice
from bots.doctor.model import encoder, reranker
from bots.doctor.widget import widget
from bots.doctor.workers import answering
from core.settings import Settings

CHECKS = (
    Check(name=".env", run=off_the_loop(configuration.env_file)),
    Check(name="frontdesk.yaml", run=off_the_loop(configuration.policy_file)),
    Check(name="platforms", run=configuration.platforms),
    Check(name="first contact", run=off_the_loop(configuration.first_contact)),
    Check(name="processor", run=off_the_loop(machine.processor)),
    Check(name="SQLite", run=off_the_loop(machine.sqlite)),
    Check(name="data folder", run=off_the_loop(machine.home)),
    Check(name="database", run=off_the_loop(machine.database), seconds=120.0),
    Check(name="encryption", run=off_the_loop(machine.encryption)),
    Check(name="model", run=answering, seconds=120.0),
    Check(name="encoder", run=off_the_loop(encoder), seconds=120.0),
    Check(name="reranker", run=off_the_loop(reranker), seconds=120.0),
    Check(name="language", run=off_the_loop(language)),
    Check(name="personal data", run=off_the_loop(personal_data)),
    Check(name="voice", run=off_the_loop(voice), seconds=120.0),
    Check(name="reading aloud", run=off_the_loop(aloud)),
    Check(name="pictures", run=off_the_loop(vision)),
    Check(name="documents", run=documents, seconds=120.0),
    Check(name="flows", run=off_the_loop(flows)),
    Check(name="port", run=machine.port),
    Check(name="clock", run=clock),
    Check(name="Slack bot", run=slack.bot_token),
    Check(name="Slack Socket Mode", run=slack.app_token),
    Check(name="Slack over HTTP", run=slack.signing_secret),
    Check(name="Slack events", run=off_the_loop(slack.events)),
    Check(name="Telegram bot", run=telegram.bot_token),
    Check(name="Telegram updates", run=telegram.way_in),
    Check(name="Telegram webhook", run=telegram.webhook),
    Check(name="web widget", run=widget),
    Check(name="help desk", run=desk),
)
WITHOUT_SETTINGS = (
    "frontdesk.yaml",
    "processor",
    "SQLite",
    "language",
    "personal data",
    "reading aloud",
    "pictures",
)
"""What can be looked at while the settings cannot be read."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A finding, and which check it is of."""

    check: str
    finding: Finding


async def diagnose(checks: Sequence[Check] = CHECKS) -> list[Reported]:
    """Run the checks; what they find stands in their order."""
    settings, problems = configuration.read_settings()
    reported = [Reported(check="settings", finding=problem) for problem in problems]
    if settings is None:
        checks = [check for check in checks if check.name in WITHOUT_SETTINGS]
    found = await asyncio.gather(*(_run(check, settings or Settings.model_construct()) for check in checks))
    for check, findings in zip(checks, found, strict=True):
        reported += [Reported(check=check.name, finding=finding) for finding in findings]
    return reported


def is_well(reported: Sequence[Reported]) -> bool:
    """True unless something is broken."""
    return all(each.finding.level is not Level.BROKEN for each in reported)


async def _run(check: Check, settings: Settings) -> Sequence[Finding]:
    """A check that fails is a finding too: the others must still be heard."""
    try:
        async with asyncio.timeout(check.seconds):
            return await check.run(settings)
    except TimeoutError:
        return [
            broken(
                f"There was no answer within {check.seconds:.0f} s.",
                "Try again; if it stays so, see the network or the disk.",
            )
        ]
    except Exception as error:
        log.exception("the check of %s failed", check.name)
        mend = "This is a mistake in Frontdesk: please report what stands on standard error."
        return [broken(f"The check itself failed ({type(error).__name__}).", mend)]
