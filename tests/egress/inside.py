"""The whole service in a network namespace that leads nowhere: `unshare -rn python -m tests.egress.inside`.

People write on both platforms; in one line of JSON it says what came of it, and for how many packets the
kernel found no way out, from whatever code of whichever process they came.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from bots.playground.process import started
from bots.playground.slack.driver import SlackDriver
from bots.playground.slack.seed import ANA
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import MINA
from tests.bots.test_run import PATIENCE, QUESTION, running
from tests.ports import free_port


async def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with suppress(OSError):  # that it counts: without a control, a zero proves nothing
        socket.create_connection(("192.0.2.1", 9), timeout=1)
    control = without_way_out()
    async with (
        started("bots.playground.slack") as slack,
        started("bots.playground.telegram") as telegram,
        SlackDriver(slack["url"]) as workspace,
        TelegramDriver(telegram["url"]) as people,
    ):
        port = free_port()
        async with running(_environment(slack, telegram, port), port):
            channel = await workspace.open_dm(ANA)
            await asyncio.gather(workspace.send(ANA, channel, QUESTION), people.send(MINA, MINA, QUESTION))
            await workspace.wait_for_text(channel, "Paris", PATIENCE)
            await people.wait_for_text(MINA, "Paris", PATIENCE)
    lost = without_way_out() - control
    sys.stdout.write(json.dumps({"answered": 2, "control": control, "without_way_out": lost}) + "\n")


def without_way_out() -> int:
    """Packets for which this namespace had no route (RFC 4293, ipSystemStatsOutNoRoutes), IPv4 and IPv6."""
    names, values = (
        line.split()[1:]
        for line in Path("/proc/net/snmp").read_text(encoding="ascii").splitlines()
        if line.startswith("Ip:")
    )
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text(encoding="ascii").splitlines())
    return int(dict(zip(names, values, strict=True))["OutNoRoutes"]) + int(six["Ip6OutNoRoutes"])


def _environment(slack: Mapping[str, str], telegram: Mapping[str, str], port: int) -> dict[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack["bot_token"],
        "SLACK_APP_TOKEN": slack["app_token"],
        "SLACK_API_URL": slack["api_url"],
        "TELEGRAM_BOT_TOKEN": telegram["bot_token"],
        "TELEGRAM_API_URL": telegram["url"],
        "FRONTDESK_HOME": os.environ["FRONTDESK_HOME"],
        "FRONTDESK_PORT": str(port),
        "FRONTDESK_CONSOLE_PASSWORD": "correct horse battery staple",
        "FRONTDESK_WIDGET_ORIGINS": "http://localhost",
    }


if __name__ == "__main__":
    asyncio.run(main())
