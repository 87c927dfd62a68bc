"""What Prometheus counts of the endpoint: by the names that the operator gave to keys, never by a key."""

from prometheus_client import Counter

_REQUESTS = Counter("frontdesk_api_requests", "Requests under /v1 that brought a key", ["key", "status"])
_TOKENS = Counter("frontdesk_api_tokens", "Tokens that models read and wrote, by key", ["key", "kind"])


def answered(key: str, status: int) -> None:
    """Count a request.

    Args:
        key: name of the key that it brought.
        status: of HTTP, as it was answered; 499 where the client left before.
    """
    _REQUESTS.labels(key=key, status=str(status)).inc()


def used(key: str, *, read: int, written: int) -> None:
    """Count what the model did.

    Args:
        key: name of the key for which it did.
        read: tokens of what was asked.
        written: tokens of the answer.
    """
    _TOKENS.labels(key=key, kind="read").inc(read)
    _TOKENS.labels(key=key, kind="written").inc(written)
