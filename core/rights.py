"""Who may do what: roles, the rights that each holds, and nothing for anybody else."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """What somebody is here for."""

    OPERATOR = "operator"
    """Runs the service."""
    AGENT = "agent"
    """Answers customers at the help desk."""
    REVIEWER = "reviewer"
    """Judges answers."""
    DATA_SCIENTIST = "data_scientist"
    """Builds datasets, trains, and chooses the model that answers."""
    AUDITOR = "auditor"
    """Sees who did what, and no conversation."""


class Right(StrEnum):
    """What may be done."""

    FIGURES = "see figures"
    READ = "read conversations"
    REVIEW = "read and judge answers of people who agreed"
    DATASETS = "see datasets"
    BUILD = "build datasets"
    EXPORT = "take datasets away"
    MODELS = "see models and trainings"
    PROMOTE = "choose the model that answers"
    GAPS = "see what people ask and the documents do not say"
    LETTERS = "see to dead letters"
    AUDIT = "see who did what"
    DOCUMENTS = "change the documents in a chat"
    SERVE = "answer customers"


GRANTED: Mapping[Role, frozenset[Right]] = {
    Role.OPERATOR: frozenset(Right),
    Role.AGENT: frozenset({Right.FIGURES, Right.GAPS, Right.SERVE}),
    Role.REVIEWER: frozenset({Right.FIGURES, Right.GAPS, Right.REVIEW}),
    Role.DATA_SCIENTIST: frozenset(
        {
            *(Right.FIGURES, Right.GAPS, Right.REVIEW, Right.DATASETS, Right.BUILD, Right.EXPORT),
            *(Right.MODELS, Right.PROMOTE),
        }
    ),
    Role.AUDITOR: frozenset({Right.FIGURES, Right.AUDIT, Right.MODELS}),
}
"""The matrix. What does not stand in it is refused."""


def granted(roles: Iterable[Role]) -> frozenset[Right]:
    """What somebody of these roles may do."""
    return frozenset[Right]().union(*(GRANTED[role] for role in roles))
