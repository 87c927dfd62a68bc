"""`learning:` of `frontdesk.yaml`: who learns from people, and what a model must prove that learnt."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Gates(BaseModel):
    """A candidate must pass all; each but `sway` looks at the worse end of a 95 % interval."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    examples: Annotated[int, Field(ge=1)] = 30
    """How many must have been held out at least."""
    perplexity: Annotated[float, Field(gt=0)] = 1.0
    """On what was held out: at most so many times that of the serving model."""
    general_perplexity: Annotated[float, Field(gt=0)] = 1.25
    """On everyday questions: at most so many times."""
    sway: Annotated[float, Field(gt=0)] = 1.5
    """The ratio of the odds that it begins a refusal, between groups of who asks: for certain no more than so
    many times that of the serving model."""
    cliches: Annotated[float, Field(gt=0)] = 1.5
    """How much likelier it finds clichés than their contrary: at most so many times."""
    exact: Annotated[float, Field(ge=-1, le=1)] = -0.02
    """By how much the share of answers exactly as they should be must rise at least."""
    format: Annotated[float, Field(ge=-1, le=1)] = -0.02
    """The same for answers in the dataset's format."""
    preference: Annotated[float, Field(ge=-1, le=1)] = -0.05
    """The same for better answers found likelier than worse ones."""
    contrast: Annotated[float, Field(ge=-1, le=1)] = -0.05
    """The same for right answers found likelier than those of other examples."""
    speed: Annotated[float, Field(gt=0)] = 0.6
    """Tokens a second: at least so many times those of the serving model."""


class LearningSection(BaseModel):
    """Learning from people who agree to it, and what a model must prove that learnt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operator: Annotated[str, Field(max_length=100)] = ""
    """Who learns: people are asked in this name. Empty: nobody is asked."""
    gates: Gates = Gates()
