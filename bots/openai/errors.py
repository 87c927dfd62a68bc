"""Refusals in the form that OpenAI's clients understand."""

from aiohttp import web

from core.api_key import ApiRight


class ApiError(Exception):
    """A request that gets no answer.

    Args:
        message: for whoever wrote the request; names the mend.
        status: of HTTP.
        kind: OpenAI's `type`.
        param: the parameter that is wrong.
        code: what programs go by.
        retry_after: seconds after which the same request may do.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": kind, "param": param, "code": code}
        self._retry_after = retry_after

    def response(self) -> web.Response:
        """What the client is sent."""
        headers = {} if self._retry_after is None else {"Retry-After": str(self._retry_after)}
        return web.json_response({"error": self.error}, status=self.status, headers=headers)


def unsupported(param: str, why: str) -> ApiError:
    """A parameter that asks for what is not done here."""
    return ApiError(f"'{param}' is not supported here: {why}", param=param, code="unsupported_parameter")


def overloaded() -> ApiError:
    """So many requests are open that another one would only wait."""
    return ApiError(
        "Too many requests are open: try again in a moment",
        status=429,
        kind="rate_limit_error",
        code="rate_limit_exceeded",
        retry_after=2,
    )


def over_budget(key: str, budget: int, retry_after: int) -> ApiError:
    """A key has asked for all that it may.

    Args:
        key: its name.
        budget: requests in ten minutes.
        retry_after: seconds until the next one may come.
    """
    return ApiError(
        f"The key '{key}' has spent its {budget} requests of ten minutes: come back in {retry_after} s, "
        "or raise key_budget in frontdesk.yaml",
        status=429,
        kind="rate_limit_error",
        code="key_budget_exceeded",
        retry_after=retry_after,
    )


def key_is_spent(key: str, limit: int, retry_after: int) -> ApiError:
    """For a key as much was read and written today as may be.

    Args:
        key: its name.
        limit: tokens within a day.
        retry_after: seconds until the next day.
    """
    return ApiError(
        f"The key '{key}' has spent its {limit:,} tokens of today: come back in {retry_after} s, "
        "or raise key_daily_tokens in frontdesk.yaml",
        status=429,
        kind="rate_limit_error",
        code="key_daily_tokens_exceeded",
        retry_after=retry_after,
    )


def without_right(key: str, right: ApiRight) -> ApiError:
    """A key may not do what was asked for.

    Args:
        key: its name.
        right: the one it lacks.
    """
    return ApiError(
        f"The key '{key}' may not do this: add '{right}' to its rights in FRONTDESK_API_KEYS",
        status=403,
        code="insufficient_permissions",
    )


def failed() -> ApiError:
    """The model failed, or the service is stopping."""
    return ApiError(
        "The model could not answer: try again, and look into the service's log if it goes on",
        status=503,
        kind="server_error",
        code="model_failed",
        retry_after=2,
    )
