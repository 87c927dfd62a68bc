"""Answers read aloud, as files that are made at the moment in which they are fetched: none lies about."""

from collections.abc import Sequence
from typing import Protocol

from core import words
from core.errors import Refused, TooLarge
from core.media.aloud import aloud
from core.media.refusal import Unusable
from core.media.speaker import Form
from core.message import Attachment, Conversation, LyingFile, Platform
from core.privacy.masking import unmasked
from core.store.ports import History

VOICES = "voices"
"""The tenant of the conversations in which they lie."""
_TYPES = {Form.OGG: "audio/ogg", Form.MP3: "audio/mpeg"}


class SpeechSynthesiser(Protocol):
    """What reads texts aloud."""

    languages: Sequence[str]
    """ISO 639-1 codes of what it has a voice for."""

    async def speak(self, text: str, form: Form) -> bytes:
        """A file in which the text is read, as `core.media.speaker.Speaker.speak` makes it."""

    async def close(self) -> None:
        """Let go of what it holds."""


class Voices:
    """Fills `core.ports.Files` with answers that are read aloud.

    Where one lies is a conversation whose channel is the key of the one in which it was given.
    """

    def __init__(self, history: History, synthesiser: SpeechSynthesiser) -> None:
        self._history = history
        self._synthesiser = synthesiser

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        place = conversation.channel
        said = await self._history.record(place, turn_id=attachment.id)
        if said is None or not said.reply:
            raise Refused("The answer is not kept any more.")
        text = unmasked(said.reply, await self._history.names(place))
        try:
            speech = await self._synthesiser.speak(aloud(text), _form(attachment.media_type))
        except Unusable as error:
            raise Refused(f"The answer could not be read aloud ({error.reason}).") from None
        if len(speech) > limit:
            raise TooLarge
        return speech


def lying_voice(turn_id: str, place: Conversation) -> LyingFile:
    """The answer of a turn as a file, in what the platform plays; called in the language spoken now."""
    form = Form.OGG if place.platform is Platform.TELEGRAM else Form.MP3
    return LyingFile(
        attachment=Attachment(
            id=turn_id, kind="audio", name=f"{words.voice_file()}.{form}", media_type=_TYPES[form]
        ),
        conversation=Conversation(platform=Platform.TERMINAL, tenant=VOICES, channel=place.key),
        spoken=True,
    )


def _form(media_type: str) -> Form:
    return next(form for form, known in _TYPES.items() if known == media_type)
