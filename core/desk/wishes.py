"""Whether somebody wants a person, or has had enough: in English, German and Spanish, by their words."""

import re

_LONGEST = 300
"""Characters of a message that is read for it: a wish is short."""
_PERSON = (
    r"(?:(?:real|live|actual|echten?|richtigen?|menschlichen?) )?"
    r"(?:human(?: being| agent)?|person|(?:support |service )?agent|representative|operator|employee"
    r"|mensch(?:en)?|mitarbeiter(?:in|n)?|berater(?:in)?"
    r"|persona|humano|agente|operador(?:a)?)"
)
_A = r"(?:an?|some|the|your|(?:m(?:it|ir) )?(?:einem|einer|einen|ein)|una?|con una?)"
_WHOM = rf"(?:{_A} )?(?:{_PERSON}|somebody|someone|jemand(?:em)?|alguien)"
_WISHES = (
    # "talk to a human", "connect me with somebody"
    rf"\b(?:talk|speak|chat|connect|transfer|put)\b(?: me)?(?: through)? (?:to|with) {_WHOM}\b",
    # "I want a real person", "can I get an agent"
    rf"\b(?:want|need|get|like|prefer|have)\b {_A} {_PERSON}(?: please)?\W*$",
    # "mit einem Menschen sprechen", "ich möchte einen Mitarbeiter"
    rf"\bmit {_WHOM}\b.{{0,20}}\b(?:sprechen|reden|schreiben|chatten|verbinden|verbunden)\b",
    rf"\b(?:m(?:ö|oe)chte|will|brauche|gib|gibt es)\b(?: mir| bitte)* {_A} {_PERSON}\b",
    # "hablar con una persona", "quiero un agente"
    rf"\b(?:hablar|chatear|comunicar(?:me)?) con {_WHOM}\b",
    rf"\b(?:quiero|necesito) {_A} {_PERSON}\b",
    # "human, please"
    rf"^\W*+(?:{_A} )?{_PERSON}(?:,? (?:please|now|bitte|por favor))?\W*$",
)
_ASKS = re.compile("|".join(_WISHES), re.IGNORECASE | re.DOTALL)
_UPSET = re.compile(
    r"\b(?:useless|fed up|waste of (?:my )?time|this is(?:n't| not) helping|you(?:'re| are) not helping"
    r"|you do(?:n't| not) understand me|for the (?:third|last) time|(?:stupid|dumb) bot"
    r"|nutzlos|hilft mir nicht|(?:bl(?:ö|oe)der|dummer) bot|zeitverschwendung|verstehst mich nicht"
    r"|in(?:ú|u)til|p(?:é|e)rdida de tiempo|no me ayudas?|no me entiendes)\b",
    re.IGNORECASE,
)


def asks_for_person(text: str) -> bool:
    """Whether somebody wants to talk to a human."""
    return len(text) <= _LONGEST and bool(_ASKS.search(text))


def is_upset(text: str) -> bool:
    """Whether somebody is tired of the assistant."""
    return len(text) <= _LONGEST and bool(_UPSET.search(text))
