"""What the assistant says of its own accord, in plain words."""

from collections.abc import Sequence

UNPOSTABLE = "I wrote an answer, but it could not be posted here. Please ask again, perhaps in smaller steps."
FAILED = "Sorry, something went wrong on my side and I could not answer. Please try again in a moment."
SET_ASIDE = "Sorry, I tried several times and could not answer this message. Please put it another way."
TOO_LONG = "Your message is too long for me to read at once. Please send a shorter part of it."
OUT_OF_TIME = "_I ran out of time here. Please ask again, perhaps in smaller steps._"
STOPPED = "_Stopped._"
NOTHING_TO_STOP = "There is nothing to stop: I am not writing anything here."
NOTHING_TO_REPEAT = "There is no answer here that I could write again."
EMPTY = "Your message was empty. What can I do for you?"
NO_WORDS = "I can only read text so far. Please write to me in words."
AFRESH = "Done. I start afresh: nothing said here before plays a part in my answers any more."
QUOTED = "The documents say:"
FURTHER = "I looked further, and found this:"
NOT_FROM_DOCUMENTS = (
    "_I found nothing about this in the documents. What follows is the model's own, and may be wrong._"
)
TELL_MORE = "What would you like to know about it? One more word helps me to look in the right place."
SEARCH_FAILED = "I cannot look into the documents just now, so I do not answer this. Please ask again later."
DOCUMENTS_ONLY = "I answer from the documents here. What would you like to know?"
NO_EARLIER_ANSWER = "I do not know any more what this answer was about. Please ask again."
LAPSED = "This button belongs to an earlier question. Please write to me instead."
INTERRUPTED = "I am being restarted. Your answer follows as soon as I am back."

YES, NO, SKIP, GO_ON, GIVE_UP = "Yes", "No", "Skip", "Go on", "Drop it"
FLOW_ACTION_FAILED = "Sorry, that did not work on my side. A person has to look at it."
FLOW_NOT_UNDERSTOOD = "Sorry, I do not understand your answer. A person can help you better."
FLOW_OVER = "This is done already. If something is wrong with it, please write to me what."
FLOW_NOT_YOURS = "Somebody else began this. Write to me, and I begin the same for you."


def busy(retry_after: float) -> str:
    """Too many people wait."""
    return f"Too many people are asking me at once just now. Please ask again in {duration(retry_after)}."


def unknown(human: str) -> str:
    """The documents do not say.

    Args:
        human: how to reach a human, as the operator says it; empty where there is no way.
    """
    return _and(human, "I do not know: I found nothing in the documents that answers this.")


def nothing_further(human: str) -> str:
    """There is no other passage either."""
    return _and(human, "I found nothing else about this in the documents.")


def which_document(one: str, other: str) -> str:
    """Two documents fit equally well."""
    return f"Do you mean what “{one}” says, or “{other}”? Tell me a little more, and I look there."


def reading(passages: int) -> str:
    """What is being done, as a status line continues "is"."""
    return "reading a passage" if passages == 1 else f"reading {passages} passages"


def file_lost(name: str) -> str:
    """A file that was sent elsewhere could not be brought here."""
    return f"_A file was sent that could not be brought here: {name}_"


def one_line(title: str, length: int = 80) -> str:
    """A document's title within a sentence: without marks that Markdown would take for its own."""
    flat = " ".join("".join(" " if mark in "*_`~[]<>|\\#" else mark for mark in title).split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"


def _and(human: str, sentence: str) -> str:
    return f"{sentence} {human.strip()}".strip()


def queue(ahead: int, seconds: float) -> str:
    """The place in the queue."""
    before = "One question comes" if ahead == 1 else f"{ahead} questions come"
    return f"{before} before yours: I begin in {duration(seconds)}."


def over_budget(retry_after: float, *, of_person: bool) -> str:
    """Somebody asked for more than they may."""
    who = "You have" if of_person else "This channel has"
    return f"{who} asked me a great deal within a short time. I can answer again in {duration(retry_after)}."


def duration(seconds: float) -> str:
    """A time as people say it: about 20 seconds, about 3 minutes."""
    if seconds < 90:
        tens = max(5, 5 * round(seconds / 5))
        return f"about {tens} seconds"
    return f"about {round(seconds / 60)} minutes"


def flow_cancelled(title: str) -> str:
    """A person gave a task up."""
    return f"All right, I leave “{title}” at that. Nothing was sent."


def flow_return(title: str) -> str:
    """A person comes back to a task after a long time."""
    return f"We had begun with “{title}”. Shall we go on with it?"


def flow_back(title: str) -> str:
    """The task that another one interrupted."""
    return f"Back to “{title}”."


def flow_noted(name: str, value: str) -> str:
    """A value was taken in, or changed."""
    return f"Noted: {name} is {value}."


def flow_understood(value: str) -> str:
    """What a model made of an answer."""
    return f"I take that as “{value}”. Tell me if it is something else."


def flow_hint(kind: str, examples: Sequence[str]) -> str:
    """An answer does not fit.

    Args:
        kind: of slot, as flows name them.
        examples: answers that fit.
    """
    wanted = _WANTED.get(kind, "Please answer in other words.")
    return f"{wanted} For example: {', '.join(examples)}." if examples else wanted


_WANTED = {
    "number": "I need a number here.",
    "date": "I need a day here, such as “Tuesday” or “12 May”.",
    "time": "I need a time here, such as “14:30” or “3 pm”.",
    "email": "I need an e-mail address here.",
    "phone": "I need a telephone number here.",
    "person": "I need a name here.",
    "choice": "Please choose one of these.",
    "yes_no": "Please answer with yes or no.",
}
