"""`privacy:` of `frontdesk.yaml`: who is responsible for what is kept."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class PrivacySection(BaseModel):
    """Whom people turn to. A notice that names nobody would be none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    controller: Annotated[str, Field(max_length=100)] = ""
    """Who is responsible (GDPR 4(7)): people are told at first contact. Empty: they are not."""
    contact: Annotated[str, Field(max_length=200)] = ""
    """How to reach them: a mailbox or an address on the web."""
