"""Every error Frontdesk raises on purpose: one small tree, the docstring is the default message."""

from typing import Literal


class FrontdeskError(Exception):
    """Something went wrong."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.__doc__)


class ConfigurationError(FrontdeskError):
    """A setting is missing or wrong."""


class UnreadableEvent(FrontdeskError):
    """The platform sent something that is not an event."""


class ModelError(FrontdeskError):
    """The language model cannot be used."""


class PromptTooLong(ModelError):
    """The prompt does not fit into the model's context."""


class ModelLeft(ModelError):
    """The model that read a prompt is in memory no more, and wrote nothing: another one can read it anew."""


class DatasetError(FrontdeskError):
    """The dataset cannot be used."""


class TrainingError(FrontdeskError):
    """The model could not be trained."""


class NotProved(FrontdeskError):
    """The candidate has not proved that it is better."""


class StoreError(FrontdeskError):
    """The database refused."""


class Erased(StoreError):
    """The key to what is sealed here is gone: it was erased."""


class Unreadable(FrontdeskError):
    """A document cannot be read."""


class Missing(Unreadable):
    """A document is not there any more."""


class NotNow(FrontdeskError):
    """No answer can be given now, though one could be given later."""

    def __init__(self, message: str = "", *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds after which asking again makes sense."""


class Overloaded(NotNow):
    """Too many people wait for an answer."""


Budget = Literal["person_budget", "channel_budget", "person_daily_tokens"]
"""What people may ask for, as `frontdesk.yaml` calls it."""


class OverBudget(NotNow):
    """A person or a channel asked for more than it may within a time."""

    def __init__(self, message: str = "", *, retry_after: float, budget: Budget, told: bool) -> None:
        super().__init__(message, retry_after=retry_after)
        self.budget = budget
        """The one that is spent."""
        self.told = told
        """Whether that was said a moment ago."""


class LeaseLost(StoreError):
    """Another process took this conversation over."""


class Outdated(StoreError):
    """What was to be changed has changed meanwhile."""


class PlatformError(FrontdeskError):
    """The platform did not take the call."""


class RateLimited(PlatformError):
    """The platform asks us to slow down."""

    def __init__(self, message: str = "", *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait before the same call may be made again."""


class Unreachable(PlatformError):
    """The platform could not be reached; the call certainly did not arrive, or may be repeated safely."""


class Uncertain(PlatformError):
    """The call may have arrived: the connection broke, or the answer was a server error."""


class Refused(PlatformError):
    """The platform refused for good: the same call will never succeed."""


class TooLarge(Refused):
    """The file is larger than what is fetched."""


class Vanished(Refused):
    """The post is not there any more: somebody took it away."""


class Gone(Refused):
    """The conversation is out of reach: bot removed, blocked, or its channel deleted."""


class Moved(Refused):
    """The conversation lives on under another channel."""

    def __init__(self, message: str = "", *, channel: str) -> None:
        super().__init__(message)
        self.channel = channel
        """The channel or chat id to use from now on."""
