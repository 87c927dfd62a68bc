"""What goes wrong when Slack is called, in the core's words. The one place that knows Slack's error codes."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from core.errors import Gone, PlatformError, RateLimited, Refused, Uncertain, Unreachable, Vanished

NOT_STREAMING = frozenset({"message_not_in_streaming_state", "stopped_by_user"})
"""The stream ended on Slack's side: after about five minutes, or because a person pressed Stop."""
TOKEN_ERRORS = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
MISSING_FEATURE = frozenset(
    {
        "access_denied",
        "channel_type_not_supported",
        "feature_not_enabled",
        "method_deprecated",
        "method_not_supported_for_channel_type",
        "missing_scope",
        "no_permission",
        "not_allowed",
        "not_allowed_token_type",
        "team_not_found",
        "unknown_method",
    }
)
"""The app's plan, scopes or place have no such feature: asking again is no use until they change."""
_GONE = TOKEN_ERRORS | {
    "app_uninstalled",
    "cannot_dm_bot",
    "channel_not_found",
    "is_archived",
    "is_inactive",
    "not_in_channel",
    "team_access_not_granted",
    "user_disabled",
}
_LIMITED = frozenset({"ratelimited", "rate_limited"})
_HALF_DONE = frozenset({"fatal_error", "internal_error", "messaging_processing_failed", "request_timeout"})
"""Slack says of these that part of the call may have succeeded."""
_DEFAULT_WAIT = 30.0
"""Seconds to wait when a 429 names no Retry-After; half of the minute by which Slack counts."""


class SlackRefused(Refused):
    """Slack refused the call."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused the call: {code}.")
        self.code = code
        """Slack's error code."""


class NoSuchPost(SlackRefused, Vanished):
    """The message is not there (any more)."""


@contextmanager
def mapped(*, repeatable: bool) -> Iterator[None]:
    """Raise the core's errors for the SDK's.

    Args:
        repeatable: the call may be made twice without harm, so that an unknown outcome counts as none.
    """
    unknown = Unreachable if repeatable else Uncertain
    try:
        yield
    except SlackApiError as error:
        raise _from_answer(error, unknown) from None
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise Unreachable("Slack could not be reached.") from None
    except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError):
        raise unknown("The connection to Slack broke.") from None
    except AttributeError:
        # slack_sdk takes any text/plain answer for a file: some proxy stands between us and Slack.
        raise unknown("Slack's answer was not JSON.") from None


def _from_answer(error: SlackApiError, unknown: type[PlatformError]) -> PlatformError:
    answer = error.response
    if not isinstance(answer, AsyncSlackResponse) or not isinstance(answer.data, dict):
        return unknown("Slack's answer was not JSON.")
    code = str(answer.data.get("error", ""))
    if answer.status_code == 429 or code in _LIMITED:
        return RateLimited(retry_after=_retry_after(answer))
    if answer.status_code >= 500 or code in _HALF_DONE or not code:
        return unknown(f"Slack failed with status {answer.status_code}.")
    if code == "service_unavailable":
        return Unreachable("Slack is unavailable.")
    if code == "message_not_found":
        return NoSuchPost(code)
    return Gone(f"Slack is out of reach here: {code}.") if code in _GONE else SlackRefused(code)


def _retry_after(answer: AsyncSlackResponse) -> float:
    """Seconds; slack_sdk hands the headers on as it got them."""
    headers: dict[str, str] = {str(name).lower(): str(value) for name, value in answer.headers.items()}
    try:
        return max(0.0, float(headers.get("retry-after", _DEFAULT_WAIT)))
    except ValueError:
        return _DEFAULT_WAIT
