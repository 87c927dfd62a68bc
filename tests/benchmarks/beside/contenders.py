"""Frontdesk and AstrBot as processes of their own, in the same Telegram and with the same model."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bots.playground.telegram.seed import TOKEN
from core.engine.catalogue import DEFAULT
from tests.benchmarks.trial import furnish

KEY = "the-key-of-this-benchmark"
LONGEST_ANSWER = 48
"""Tokens, for both."""
_POLICY = f"""
assistant:
  max_tokens: {LONGEST_ANSWER}
  longest_wait_seconds: 3600
  person_budget: 0
  channel_budget: 0
"""
_BEGIN_ASTRBOT = """
import asyncio
from astrbot.core import LogBroker, LogManager, db_helper, logger
from astrbot.core.initial_loader import InitialLoader

async def main():
    broker = LogBroker()
    LogManager.set_queue_handler(logger, broker)
    await InitialLoader(db_helper, broker).start()

asyncio.run(main())
"""
"""What `astrbot run` does, without fetching its web console from the internet first."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A bot that can be started, killed and started again.

    Args:
        name: as the tables have it.
        command: of the process.
        folder: in which it runs, and in which what it says is written down.
        environment: in addition to this one.
        helpers: processes that are there beside it and are not killed.
    """

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    helpers: Sequence["subprocess.Popen[bytes]"] = field(default=())

    def start(self) -> "subprocess.Popen[bytes]":
        """A process of it; the caller ends it."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=_plain() | dict(self.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def megabytes(self, process: "subprocess.Popen[bytes]") -> float:
        """Of memory that it holds with its children and helpers (proportional set size)."""
        return sum(_tree_kilobytes(each.pid) for each in (process, *self.helpers)) / 1000


def _tree_kilobytes(process: int) -> int:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    memory = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    own = next(int(line.split()[1]) for line in memory if line.startswith("Pss:"))
    return own + sum(_tree_kilobytes(int(child)) for child in children)


@contextmanager
def started(contender: Contender) -> Iterator["subprocess.Popen[bytes]"]:
    """It, for as long as the block lasts."""
    process = contender.start()
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]", how: signal.Signals = signal.SIGTERM) -> None:
    """Have a process end, at the latest after 20 s."""
    process.send_signal(how)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def frontdesk(folder: Path, telegram: str, port: int) -> Contender:
    """`frontdesk run`, with nothing but Telegram."""
    furnish(folder, _POLICY)
    return Contender(
        name="Frontdesk",
        command=_frontdesk(),
        folder=folder,
        environment=_settings(folder, port) | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram},
    )


@contextmanager
def model_server(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The same engine behind OpenAI's interface, for a bot that brings none."""
    furnish(folder, _POLICY)
    server = Contender(
        name="model",
        command=_frontdesk(),
        folder=folder,
        environment=_settings(folder, port)
        | {"FRONTDESK_API_KEYS": KEY, "FRONTDESK_WIDGET_ORIGINS": "http://127.0.0.1:1"},
    )
    with started(server) as process:
        yield process


def astrbot(
    folder: Path, telegram: str, python: str, model: str, server: "subprocess.Popen[bytes]"
) -> Contender:
    """AstrBot as its documentation has it connected to Telegram and to a server with OpenAI's interface.

    Args:
        folder: of its own.
        telegram: the Bot API's URL.
        python: an interpreter that has AstrBot.
        model: URL of the server, with /v1.
        server: the process that serves it.
    """
    (folder / "data").mkdir(parents=True)
    (folder / ".astrbot").touch()
    configuration = {
        "platform": [
            {
                "id": "telegram",
                "type": "telegram",
                "enable": True,
                "telegram_token": TOKEN,
                "telegram_api_base_url": f"{telegram}/bot",
                "telegram_file_base_url": f"{telegram}/file/bot",
                "telegram_command_register": False,
            }
        ],
        "provider_sources": [
            {
                "id": "here",
                "provider": "openai",
                "type": "openai_chat_completion",
                "provider_type": "chat_completion",
                "enable": True,
                "key": [KEY],
                "api_base": model,
                "timeout": 600,
            }
        ],
        "provider": [
            {
                "id": "here/model",
                "provider_source_id": "here",
                "model": DEFAULT,
                "enable": True,
                "modalities": ["text"],
                "custom_extra_body": {"max_tokens": LONGEST_ANSWER},
            }
        ],
        "provider_settings": {
            "default_provider_id": "here/model",
            "datetime_system_prompt": False,
            "streaming_response": True,
        },
        "platform_settings": {"rate_limit": {"time": 1, "count": 1000, "strategy": "stall"}},
        "dashboard": {"enable": False},
        "timezone": "UTC",
    }
    (folder / "data" / "cmd_config.json").write_text(json.dumps(configuration), encoding="utf-8")
    return Contender(
        name="AstrBot",
        command=(python, "-c", _BEGIN_ASTRBOT),
        folder=folder,
        environment={"ASTRBOT_ROOT": str(folder), "ASTRBOT_CLI": "1", "PYTHONPATH": str(folder)},
        helpers=(server,),
    )


def _frontdesk() -> Sequence[str]:
    return (sys.executable, "-c", "from bots.cli import main; main()", "run")


def _settings(home: Path, port: int) -> dict[str, str]:
    return {"FRONTDESK_HOME": str(home), "FRONTDESK_PORT": str(port), "PYTHONPATH": str(Path.cwd())}


def _plain() -> dict[str, str]:
    """This environment, without settings of whoever measures."""
    ours = ("SLACK_", "TELEGRAM_", "FRONTDESK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
