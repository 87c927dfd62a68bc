"""A model's files: offered by the core on whose shelf it was chosen, fetched by workers that lack them."""

import asyncio
import tarfile
import tempfile
from typing import IO

from core import archive
from core.engine.fleet.broker import Broker
from core.engine.manifest import MANIFEST, read_manifest
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError


async def offer(model: ShelvedModel, shelf: Shelf, broker: Broker) -> None:
    """Put a model into the object store, unless it is there.

    Raises:
        BrokerError: the object store does not take it.
    """
    if await broker.has_file(model.reference):
        return
    with tempfile.TemporaryFile(dir=shelf.downloads()) as file:
        await asyncio.to_thread(_pack, model, file)
        await broker.put_file(model.reference, file)


async def fetch(reference: str, shelf: Shelf, broker: Broker) -> None:
    """Bring a model onto the shelf, unless it is there.

    Args:
        reference: NAME@VERSION.
        shelf: of this machine.
        broker: has it, if it was offered.

    Raises:
        ModelError: it is not to be had, or what came is not that model.
    """
    if await asyncio.to_thread(shelf.get, reference):
        return
    with tempfile.TemporaryFile(dir=shelf.downloads()) as file:
        await broker.get_file(reference, file)
        await asyncio.to_thread(_unpack, file, reference, shelf)


def _pack(model: ShelvedModel, file: IO[bytes]) -> None:
    with tarfile.open(fileobj=file, mode="w", dereference=True) as packed:  # links lead nowhere elsewhere
        for name in (MANIFEST, *model.manifest.checksums):
            packed.add(model.folder / name, arcname=name, recursive=False)
    file.seek(0)


def _unpack(file: IO[bytes], reference: str, shelf: Shelf) -> None:
    """The version is a hash of what is in the files: what is not this model cannot have its reference."""
    file.seek(0)
    with shelf.incoming() as folder:
        try:
            with tarfile.open(fileobj=file) as packed:
                archive.unpack(packed, folder)
        except tarfile.TarError as error:
            raise ModelError(f"What NATS keeps as {reference} is damaged: {error}") from None
        manifest = read_manifest(folder)
        (folder / MANIFEST).unlink()
        came = shelf.add(
            folder,
            name=manifest.name,
            source=manifest.source,
            converter=manifest.converter,
            facts=manifest.facts,
        )
    if came.reference != reference:
        raise ModelError(f"What NATS keeps as {reference} is {came.reference}: it is not used")
