"""What can be made of recordings and pictures."""

from collections.abc import Sequence

from bots.doctor.finding import Finding, broken, doubtful, fine
from bots.media import ALOUD, VISION, VOICE, has
from core.engine.catalogue import NONE
from core.engine.manifest import Kind
from core.engine.shelf import Shelf, check_kind, damaged_files
from core.errors import ModelError
from core.settings import Settings


def voice(settings: Settings) -> Sequence[Finding]:
    """Whether recordings can be listened to."""
    if settings.speech == NONE:
        return [fine("FRONTDESK_SPEECH is none: nobody listens to recordings.")]
    if not has(VOICE):
        return [fine(_lacking("voice", f"people who send recordings are asked to write{_unless(settings)}"))]
    try:
        found = Shelf(settings.home).get(settings.speech)
        if found is None and settings.nats_url:
            return [fine(f"There is no speech model: recordings are not listened to{_unless(settings)}.")]
        if found is None:
            return [
                doubtful(
                    f"There is no speech model '{settings.speech}': recordings are not listened to.",
                    f"Run `frontdesk model pull {settings.speech}`, or set FRONTDESK_SPEECH to none.",
                )
            ]
        check_kind(found, Kind.SPEECH)
        damaged = damaged_files(found)
    except (ModelError, OSError) as error:
        return [
            broken(f"{str(error).rstrip('.')}.", "Set FRONTDESK_SPEECH to one of `frontdesk model list`.")
        ]
    if damaged:
        return [
            broken(
                f"The speech model {found.reference} is damaged: {', '.join(damaged)}.",
                f"Run `frontdesk model pull {found.manifest.name} --again`.",
            )
        ]
    return [fine(f"Recordings are listened to by {found.reference} ({found.manifest.facts.licence}).")]


def aloud(_: Settings) -> Sequence[Finding]:
    """Whether answers can be read aloud."""
    if not has(ALOUD):
        return [fine(_lacking("voice", "answers are not read aloud"))]
    return [fine("Answers in English are read aloud to who asks for it.")]


def vision(settings: Settings) -> Sequence[Finding]:
    """Whether text in pictures can be read."""
    if not has(VISION):
        return [fine(_lacking("vision", f"people who send pictures are asked to write{_unless(settings)}"))]
    return [fine("Text in pictures is read, and so are bar codes; what else they show nobody sees.")]


def _unless(settings: Settings) -> str:
    return ", unless a worker has what that takes" if settings.nats_url else ""


def _lacking(extra: str, so: str) -> str:
    return (
        f"The extra `{extra}` is not installed: {so}. "
        f"`.venv/bin/pip install --editable '.[{extra}]'` in Frontdesk's folder changes that."
    )
