"""The language model: on the shelf, whole, and with room to work."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bots.doctor.finding import Finding, broken, doubtful, fine
from core.engine.catalogue import CATALOGUE, ENCODERS, NONE
from core.engine.manifest import Kind
from core.engine.shelf import Shelf, ShelvedModel, check_kind, damaged_files
from core.errors import ModelError
from core.settings import Settings

MEGABYTE = 1_000_000
WORKING = 300 * MEGABYTE
"""What an answer, the store and Python need besides a model's weights."""


def model(settings: Settings) -> Sequence[Finding]:
    """Whether FRONTDESK_MODEL can be loaded."""
    try:
        found = Shelf(settings.home).find(settings.model)
        check_kind(found, Kind.CHAT)
        state = _state("model", found)
    except (ModelError, OSError) as error:
        return [
            broken(
                f"{str(error).rstrip('.')}.",
                "Run `frontdesk model pull`, or set FRONTDESK_MODEL to one of `frontdesk model list`.",
            )
        ]
    return [state, *_memory(found)]


def encoder(settings: Settings) -> Sequence[Finding]:
    """Whether FRONTDESK_ENCODER can be loaded; without it, passages are found by their words."""
    if settings.encoder == NONE:
        return [fine("FRONTDESK_ENCODER is none: passages are found by their words alone.")]
    try:
        found = Shelf(settings.home).get(settings.encoder)
        if found is None:
            return [
                doubtful(
                    f"There is no sentence encoder '{settings.encoder}': "
                    "passages are found by their words alone.",
                    _mend_encoder(settings.encoder),
                )
            ]
        check_kind(found, Kind.ENCODER)
        return [_state("sentence encoder", found)]
    except (ModelError, OSError) as error:
        return [
            broken(f"{str(error).rstrip('.')}.", "Set FRONTDESK_ENCODER to one of `frontdesk model list`.")
        ]


def reranker(settings: Settings) -> Sequence[Finding]:
    """Whether FRONTDESK_RERANKER can be loaded, where it is here: nothing needs one."""
    try:
        found = Shelf(settings.home).get(settings.reranker)
        if found is None:
            return []
        check_kind(found, Kind.RERANKER)
        return [_state("reranker", found)]
    except (ModelError, OSError) as error:
        return [broken(f"{str(error).rstrip('.')}.", "Set FRONTDESK_RERANKER to a reranker, or to none.")]


def _state(called: str, found: ShelvedModel) -> Finding:
    """Whether its files are whole.

    Raises:
        OSError: they cannot be read.
    """
    if damaged := damaged_files(found):
        return broken(
            f"The {called} {found.reference} is damaged: {', '.join(damaged)}.",
            f"Run `frontdesk model pull {found.manifest.name} --again`, or convert it again.",
        )
    return fine(f"The {called} {found.reference} is whole ({found.manifest.facts.licence or 'no licence'}).")


def _mend_encoder(name: str) -> str:
    if name in (each.name for each in ENCODERS):
        return f"Run `frontdesk model pull {name}` (a `frontdesk kb add` does it too)."
    return (
        f"Run `frontdesk model convert FOLDER --name {name}`, or set FRONTDESK_ENCODER to one that is here."
    )


def _memory(found: ShelvedModel) -> Iterator[Finding]:
    needed, available = _needed(found), _available()
    if available is not None and available < needed:
        yield doubtful(
            f"{found.reference} needs about {needed // MEGABYTE} MB of memory, "
            f"{available // MEGABYTE} MB are free.",
            "Stop other programs, or choose a smaller model with `frontdesk model use`.",
        )


def _needed(found: ShelvedModel) -> int:
    """Bytes: as measured for the catalogue, else the weights and some room."""
    measured = [each.memory_megabytes for each in CATALOGUE if each.name == found.manifest.name]
    return measured[0] * MEGABYTE if measured else found.size + WORKING


def _available() -> int | None:
    """Bytes that the machine and our control group leave us; None where nobody tells."""
    figures = [each for each in (_machine(), _group()) if each is not None]
    return min(figures, default=None)


def _machine() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    kilobytes = next(found, None)
    return None if kilobytes is None else int(kilobytes) * 1024


def _group() -> int | None:
    """docs.kernel.org/admin-guide/cgroup-v2.html, memory.max"""
    folder = Path("/sys/fs/cgroup")
    try:
        most = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        stat = dict(
            line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines()
        )
    except (OSError, ValueError):
        return None
    cached = int(stat.get("inactive_file", 0))  # the kernel takes it back when there is need
    return max(0, int(most) - used + cached) if most.isdecimal() else None
