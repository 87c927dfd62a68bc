"""The app manifest that a person pastes into Slack."""

from pathlib import Path
from typing import Any

import yaml

_TEMPLATE = Path(__file__).with_name("manifest.yaml")
_MANIFEST: dict[str, Any] = yaml.safe_load(_TEMPLATE.read_text(encoding="utf-8"))
SCOPES: list[str] = _MANIFEST["oauth_config"]["scopes"]["bot"]
"""What the app may do in a workspace."""


def manifest(url: str | None = None) -> str:
    """The manifest as YAML.

    Args:
        url: where Slack reaches us, for example `https://bot.example.org`; None for Socket Mode.
    """
    if url is None:
        return _TEMPLATE.read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(_TEMPLATE.read_text(encoding="utf-8"))
    base = url.rstrip("/")
    settings = content["settings"]
    settings["socket_mode_enabled"] = False
    settings["event_subscriptions"]["request_url"] = f"{base}/slack/events"
    settings["interactivity"]["request_url"] = f"{base}/slack/events"
    for command in content["features"]["slash_commands"]:
        command["url"] = f"{base}/slack/events"
    content["oauth_config"]["redirect_urls"] = [f"{base}/slack/oauth_redirect"]
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
