"""Which right each page of the console takes; a page that is not named here is shown to nobody."""

from collections.abc import Mapping

from core.rights import Right

LOOKS: Mapping[str, Right] = {
    "": Right.FIGURES,
    "/conversations": Right.READ,
    "/conversations/{key:.+}": Right.READ,
    "/review": Right.REVIEW,
    "/review/done": Right.REVIEW,
    "/review/answer/{answer}": Right.REVIEW,
    "/datasets": Right.DATASETS,
    "/datasets/{reference}": Right.DATASETS,
    "/datasets/{reference}/export": Right.EXPORT,
    "/training": Right.MODELS,
    "/training/{name}": Right.MODELS,
    "/models": Right.MODELS,
    "/models/{reference}": Right.MODELS,
    "/compare": Right.REVIEW,
    "/compare/{name}": Right.REVIEW,
    "/gaps": Right.GAPS,
    "/letters": Right.LETTERS,
    "/audit": Right.AUDIT,
}
"""Pages to look at, by their paths below `/console`."""
DEEDS: Mapping[str, Right] = {
    "/review": Right.REVIEW,
    "/datasets": Right.BUILD,
    "/models": Right.PROMOTE,
    "/compare/{name}": Right.REVIEW,
    "/letters": Right.LETTERS,
}
"""What is posted."""
