"""How often Slack lets us call: per method and workspace, and per channel.

The figures are those of docs.slack.dev/apis/web-api/rate-limits and of each method's page.
"""

from core.delivery.pacing import Rate

TIER_2, TIER_3, TIER_4 = Rate(20, 60.0), Rate(50, 60.0), Rate(100, 60.0)
"""Slack promises at least this many calls a minute."""
POSTS_PER_CHANNEL = Rate(1, 1.0)
METHODS: dict[str, Rate] = {
    "agents.sessions.rename": TIER_3,
    "agents.sessions.setStatus": TIER_3,
    "assistant.threads.setStatus": TIER_3,
    "assistant.threads.setSuggestedPrompts": TIER_3,
    "assistant.threads.setTitle": TIER_3,
    "chat.appendStream": TIER_4,
    "chat.delete": TIER_3,
    "chat.startStream": TIER_2,
    "chat.stopStream": TIER_2,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.members": TIER_4,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "files.info": TIER_4,
    "users.info": TIER_4,
    "views.open": TIER_4,
    "views.publish": TIER_4,
}
"""Methods without an entry (chat.postMessage) have no limit per workspace worth pacing for."""

PREVIEWS: dict[str, Rate] = {"chat.appendStream": Rate(90, 60.0), "chat.update": Rate(25, 60.0)}
"""How much of a method growing text may use up, so that finished answers never queue behind it."""
SIGNS = Rate(25, 60.0)
"""How much of a method may announce work, so that the announcement can always be taken back."""
STEADY = 1.0
"""Seconds between two previews that read as steady growth."""


def key(method: str, team: str) -> str:
    """The pacing key of a method in a workspace."""
    return f"{method}:{team}"


def rates(method: str, team: str, channel: str) -> dict[str, Rate]:
    """What a call counts under."""
    found = {key(method, team): METHODS[method]} if method in METHODS else {}
    if method == "chat.postMessage":
        found[f"{method}:{team}:{channel}"] = POSTS_PER_CHANNEL
    return found


def preview_rates(method: str, team: str) -> dict[str, Rate]:
    """What a call that only shows growing text counts under besides."""
    return {f"preview:{key(method, team)}": PREVIEWS[method]}


def preview_seconds(method: str, posts: int) -> float:
    """How far apart the previews of one post must be while so many posts grow in a workspace."""
    rate = PREVIEWS[method]
    return max(STEADY, posts * rate.seconds / rate.calls)
