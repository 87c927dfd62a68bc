"""Reading `frontdesk.yaml` and the flows anew while the service runs: on SIGHUP, as daemons do."""

import asyncio
import logging
import signal
import sys

from bots import flows, helpdesk
from bots.egress import allowances
from core import policy
from core.dialogue.flows.actions import OperatorActions
from core.errors import ConfigurationError
from core.policy import Policies
from core.settings import Settings

_log = logging.getLogger(__name__)


def check(settings: Settings, policies: Policies) -> None:
    """See that a service can work by these policies, as far as that shows before it does.

    Raises:
        ConfigurationError: it cannot; the message names the mend.
    """
    helpdesk.check(settings, policies)
    flows.load(policies)
    OperatorActions(policies.flows)
    allowances(settings, policies)


class Reloading:
    """Hands out the policies once somebody asks for them to be read anew and they are in order.

    In a terminal SIGHUP says that the terminal is gone, and ends the service as ever.

    Args:
        settings: as the service was started with; these are not read anew.
        stop: set when the service is to stop.
    """

    def __init__(self, settings: Settings, stop: asyncio.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._asked = asyncio.Event()
        if not sys.stdin or not sys.stdin.isatty():
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.ask)

    def ask(self) -> None:
        """Let them be read anew, as SIGHUP does."""
        self._asked.set()

    async def next(self) -> Policies | None:
        """Wait for other policies; None when the service is to stop. What is broken is named in the log."""
        while await self._is_asked():
            try:
                policies = await asyncio.to_thread(policy.load)
                await asyncio.to_thread(check, self._settings, policies)
            except ConfigurationError as error:
                _log.error("the configuration stays as it was: %s", error)
            else:
                _log.info("the configuration is read anew: running answers end, then it holds")
                return policies
        return None

    async def _is_asked(self) -> bool:
        """True when somebody asks for the files to be read, False when the service is to stop."""
        asked, stop = asyncio.create_task(self._asked.wait()), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({asked, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            stop.cancel()
            await asyncio.wait({asked, stop})
        self._asked.clear()
        return not self._stop.is_set()
