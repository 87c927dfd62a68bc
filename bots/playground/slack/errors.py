"""How Slack says no."""


class SlackError(Exception):
    """An application error: HTTP 200 with `{"ok": false, "error": code}` (docs.slack.dev/apis/web-api)."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        """Further fields of the answer, such as `needed` and `provided` beside `missing_scope`."""


class TooManyRequests(Exception):
    """HTTP 429 with Retry-After (docs.slack.dev/apis/web-api/rate-limits)."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after
        """Whole seconds until the method may be called again."""
