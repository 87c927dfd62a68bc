"""What is done where a question or an answer wants care.

Nothing that the rules find silences an ordinary answer: who speaks of wanting to die hears where help is and
gets people, and says with a button that they meant something else; below an answer that speaks of it stands
where help is; advice is given with the words that the channel's policy wants below it. Only what a model
wrote is kept back, where it insults or threatens its reader, or speaks of a subject that is forbidden there.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from core import words
from core.delivery.responder import Answer, Responder, Seat
from core.message import Choice, Conversation
from core.policy import Policy
from core.safety.topic import ADVICE, Topic
from core.safety.topics import is_abusive, named_in, topics_of
from core.store.records import Turn

CARE, FORBIDDEN, WITHHELD = "care", "forbidden", "withheld"
"""Routes of what it answers."""
OTHERWISE = f"{CARE}.other"
"""Id of the button that says that something else was meant."""
_HAND_OFF = "policy_restriction"
_WRITTEN = ("chat", "knowledge", "unknown")
"""Routes of answers below which something may be said."""
_STANDARD = "standard"
_ENDS = ".!?\n"
"""Of sentences."""


class Safeguard:
    """Fills `core.delivery.responder.Responder` with another one, and takes care around it."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    async def respond(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        asked = "\n".join(message.said for message in turn.messages)
        newest = turn.messages[-1]
        is_meant_otherwise = newest.press is not None and newest.press.choice == OTHERWISE
        about = frozenset[Topic]() if newest.command else await asyncio.to_thread(topics_of, asked)
        if Topic.SELF_HARM in about and not is_meant_otherwise:
            return _care(turn, policy, asked)
        if not newest.command and (subject := _forbidden(asked, policy)):
            return Answer(text=words.forbidden_subject(subject, policy.human), route=FORBIDDEN)
        answer = await self._responder.respond(turn, policy, _Decent(show, policy), seat)
        return _cared_for(answer, about, policy, None if is_meant_otherwise else newest.sender.language)

    async def reflect(self, conversation: Conversation, policy: Policy) -> Sequence[Conversation]:
        return await self._responder.reflect(conversation, policy)


class _Decent:
    """Shows an answer while it grows, until it holds what is kept back.

    Only the sentence that grows is looked through, as whole answers at each word would cost seconds.
    """

    def __init__(self, show: Callable[[Answer], None], policy: Policy) -> None:
        self._show = show
        self._policy = policy
        self._seen = ""
        """Looked through, and nothing was found."""

    def __call__(self, so_far: Answer) -> None:
        text = so_far.text
        seen = len(self._seen) if text.startswith(self._seen) else 0  # else it is written anew
        begins = max(text.rfind(mark, 0, seen) for mark in _ENDS)
        if not kept_back(replace(so_far, text=text[max(begins, 0) :]), self._policy):
            self._seen = text
            self._show(so_far)


def _care(turn: Turn, policy: Policy, asked: str) -> Answer:
    language = turn.messages[-1].sender.language
    text = words.care(_lines(policy, language), policy.human)
    choice = Choice(id=OTHERWISE, label=words.meant_otherwise(), value=asked)
    evidence: dict[str, object] = {"topics": [Topic.SELF_HARM]}
    return Answer(text=text, route=CARE, choices=(choice,), hand_off=_HAND_OFF, evidence=evidence)


def _lines(policy: Policy, language: str) -> Sequence[str]:
    """Of the person's country where their language tells it ("de-AT"), else of every country."""
    country = language.rpartition("-")[2].upper()
    if country in policy.crisis_lines:
        return [policy.crisis_lines[country]]
    return [f"{country}: {line}" for country, line in policy.crisis_lines.items()]


def _forbidden(asked: str, policy: Policy) -> str:
    """The subject about which the assistant does not speak there; empty where there is none."""
    return next((subject for subject, named in policy.forbidden.items() if named_in(asked, named)), "")


def kept_back(answer: Answer, policy: Policy) -> str:
    """The route of what is said in the place of a model's answer; empty where it may be shown."""
    if not _is_by_model(answer):
        return ""
    if is_abusive(answer.text):
        return WITHHELD
    return FORBIDDEN if _forbidden(answer.text, policy) else ""


def _is_by_model(answer: Answer) -> bool:
    """Rather than quoted from documents."""
    return answer.route == "chat" or bool(answer.model)


def _cared_for(answer: Answer, about: frozenset[Topic], policy: Policy, language: str | None) -> Answer:
    """What is said, with what belongs below it.

    Args:
        about: what was asked about.
        language: of who asked; None where they said that they are in no danger.
    """
    if answer.route not in _WRITTEN or answer.quiet:
        return answer
    is_for_people = bool(about.intersection(policy.hand_off_topics))
    hand_off = answer.hand_off or (_HAND_OFF if is_for_people else "")
    if route := kept_back(answer, policy):
        subject = _forbidden(answer.text, policy)
        said = words.withheld() if route == WITHHELD else words.forbidden_subject(subject, policy.human)
        return replace(
            answer, text=said, route=route, quiet=True, hand_off=hand_off, citations=(), links=None
        )
    text = _in_its_words(answer.text, policy) if answer.route == "chat" else answer.text
    told = topics_of(answer.text)
    below = [f"_{line}_" for topic in sorted((about | told) & ADVICE) if (line := _disclaimer(topic, policy))]
    if _is_by_model(answer) and Topic.SELF_HARM in told and language is not None:
        below.append(words.care(_lines(policy, language), policy.human))
    return replace(
        answer,
        text="\n\n".join((text, *below)),
        hand_off=hand_off,
        evidence=answer.evidence | ({"topics": sorted(about)} if about else {}),
        links=answer.links and answer.links.and_in(*below),
    )


def _disclaimer(topic: Topic, policy: Policy) -> str:
    said = policy.disclaimers.get(topic, "")
    return words.disclaimer(topic) if said == _STANDARD else said


def _in_its_words(text: str, policy: Policy) -> str:
    """With the words that the trade uses."""
    if not policy.vocabulary:
        return text
    others = "|".join(map(re.escape, policy.vocabulary))
    return re.sub(rf"(?<!\w)(?:{others})(?!\w)", lambda found: policy.vocabulary[found[0]], text)
