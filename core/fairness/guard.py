"""A second look at refusals: whoever is sent away after saying who they are, is answered as if they had not.

The request is put to the model once more without the sentences in which the person speaks of themselves. If
it is refused then, too, the refusal stands: who asks was not the reason.
"""

import re

_SELF = re.compile(
    r"(?:(?:hi|hello|hallo|hola|guten tag|buenos días)[,!]? )?(?:my name is|i am|i'm|i use an?|this is"
    r"|(?:ich bin|mein name ist|ich hei(?:ß|ss)e|ich sitze im|ich habe k?eine behinderung)"
    r"|(?:me llamo|mi nombre es|soy|tengo \d+ años|tengo (?:ceguera|sordera|autismo)|uso silla"
    r"|no tengo (?:religión|ninguna discapacidad)))\b[^?]{0,60}",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def without_self(text: str) -> str:
    """The request without what people say they are; as it is where nothing would be left."""
    sentences = _SENTENCE.split(text.strip())
    kept = [each for each in sentences if not _SELF.fullmatch(each)]
    return " ".join(kept) if kept and len(kept) < len(sentences) else text
