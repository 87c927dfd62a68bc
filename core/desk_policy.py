"""What `frontdesk.yaml` says of the help desk."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeskSection(_Part):
    """Where agents work, and when."""

    platform: Literal["slack", "telegram"]
    channel: Annotated[str, Field(min_length=1)]
    """Id of the Slack channel, or of the Telegram group with topics."""
    reopen_days: Annotated[int, Field(ge=0, le=365)] = 7
    """Whoever needs people again within so many days gets the same ticket and thread."""
    unknown_answers: Annotated[int, Field(ge=0, le=10)] = 2
    """Questions in a row without an answer in the documents, after which people take over; 0: never."""
