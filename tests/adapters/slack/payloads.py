"""The stored samples of what Slack sends."""

import copy
import json
from pathlib import Path
from typing import Any

from adapters.slack.payload import Payload

FOLDER = Path(__file__).parents[2] / "payloads" / "slack"
US = "U0LAN0Z89"
TEAM, DIRECT, CHANNEL = "T061EG9R6", "D024BE91L", "C0LAN2Q65"


def raw(name: str) -> dict[str, Any]:
    """A sample, as JSON."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def sample(name: str, **event: object) -> Payload:
    """A sample, with some fields of its event replaced."""
    body = copy.deepcopy(raw(name))
    body["event"] = {**body.get("event", {}), **event}
    return Payload(body)


def names() -> list[str]:
    """Every sample there is."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))
