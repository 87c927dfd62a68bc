"""Nothing that people write makes the service reach into its own network, or send a token elsewhere: F4."""

from collections.abc import Iterator

import pytest

from adapters.slack.files import _is_of
from core.egress import wall
from core.errors import Unreadable
from core.knowledge.pages import Pages
from core.settings import SLACK_API
from tests.knowledge.test_pages import PRIVATE, WRITTEN_ODDLY
from tests.trust.page import Note

NEAR = (
    "https://files.slack.com@evil.example/f",
    "https://files.slack.com.evil.example/f",
    "https://evil.example/files.slack.com",
    "https://evil.example/?u=https://files.slack.com",
    "https://evil.example#files.slack.com",
    "https://evilslack.com/f",
    "https://slack.com.evil.example/f",
    "https://slack.co/f",
    "https://slack-files.com/f",
    "https://xn--slck-6na.com/f",
    "https://slаck.com/f",
    "https://files.slack.com:8443/f",
    "http://files.slack.com/f",
    "ftp://files.slack.com/f",
    "//files.slack.com/f",
    "files.slack.com/f",
    "https:files.slack.com/f",
    "https:///files.slack.com/f",
    "https://[::1]/f",
    "https://127.0.0.1/f",
    "https://files.slack.com\\@evil.example/f",
    "https://files.slack.com%2f@evil.example/f",
    "https://files.slack.com%00.evil.example/f",
    "https://user:pw@evil.example/f",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/plain,x",
    "",
)


def _addresses() -> Iterator[str]:
    for host in dict.fromkeys([*PRIVATE, *WRITTEN_ODDLY]):
        written = f"[{host}]" if ":" in host and not host.startswith("[") else host
        for way in ("http://{}/", "https://{}:8443/latest/meta-data/", "http://{}:22/"):
            yield way.replace("{}", written)


async def test_no_address_of_ours_is_fetched(record_property: Note) -> None:
    """Whole addresses, in every way of writing them; the wall counts whoever gets as far as a connection."""
    tried = list(_addresses())
    with wall.raised([]) as standing:
        for address in tried:
            with pytest.raises(Unreadable):
                await Pages().fetch(address)
        assert standing.connected == 0
    assert len(tried) >= 120
    record_property("F4", f"{len(tried)} addresses of private networks: 0 connections")


def test_a_token_goes_to_slack_alone(record_property: Note) -> None:
    assert [each for each in NEAR if _is_of(each, SLACK_API)] == []
    assert _is_of("https://files.slack.com/files-pri/T1-F1/a.txt", SLACK_API)
    record_property("F4", f"{len(NEAR)} addresses that look like Slack's: 0 get the token")
