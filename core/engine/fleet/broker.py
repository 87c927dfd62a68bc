"""The connection to NATS: subjects, the work queue and the key-value bucket. No other module knows `nats`."""

import asyncio
import logging
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import nats
import nats.errors
from nats.aio.client import Client, RawCredentials
from nats.js import api
from nats.js.errors import (
    APIError,
    BadRequestError,
    BucketNotFoundError,
    KeyNotFoundError,
    KeyWrongLastSequenceError,
    NotFoundError,
)

from core.engine.fleet import wire
from core.errors import ConfigurationError, ModelError, PromptTooLong

CONNECT_SECONDS = 10.0
"""Until a server that does not answer at the start is given up."""
RECONNECT_SECONDS = 0.25
"""Between attempts to reach a server that was lost."""
ANEW_SECONDS = 2.0
"""Between attempts to be let in again by one that does not let us in any more."""
PING_SECONDS = 5.0
"""Between looks whether a silent connection is alive; two without an answer, and it is made anew."""
API_SECONDS = 2.0
"""Within which JetStream answers."""
ACK_WAIT = 5.0
"""Seconds without a sign of life after which a job is given to another worker."""
JOB_AGE = 900.0
"""Seconds after which a job that nobody took is dropped: longer than any turn lasts."""
IDLE_CONSUMER = 3600.0
"""Seconds after which the consumer of a model that no worker has any more is dropped."""
FILE_SECONDS = 600.0
"""That a model's files take to be sent or fetched at most."""
PIECES_SECONDS = 2 * FILE_SECONDS
"""Without another piece, after which a file never becomes whole: its core is dead, whatever clocks say."""
PULL_SECONDS = 2.0
"""A pull waits so long; a worker notices within it that JetStream lost its consumer."""
SILENT = "JetStream does not answer"
SAID = 16
"""Different errors of the connection that are remembered, so as not to say them again."""
HEADERS = 1024
"""Bytes that headers take of what a server takes at once, at most."""
_CREDENTIALS = "BEGIN NATS USER JWT", "BEGIN USER NKEY SEED"

_log = logging.getLogger(__name__)


class BrokerError(ModelError):
    """The message broker does not answer."""


class NobodyListens(BrokerError):
    """Nobody listens there."""


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A message."""

    subject: str
    data: bytes
    reply: str
    """Where an answer is awaited; empty where none is."""


class Delivered:
    """A job, pulled from the work queue.

    Args:
        message: `nats.aio.msg.Msg`.
    """

    def __init__(self, message: Any) -> None:
        self._message = message

    @property
    def data(self) -> bytes:
        data: bytes = self._message.data
        return data

    @property
    def is_first(self) -> bool:
        """Whether nobody was given this before."""
        return bool(self._message.metadata.num_delivered == 1)

    async def working(self) -> None:
        """It is being worked on: nobody else is to get it."""
        with suppress(nats.errors.Error):
            await self._message.in_progress()

    async def done(self) -> None:
        """Nobody is to get it any more."""
        with suppress(nats.errors.Error):
            await self._message.ack()

    async def give_back(self) -> None:
        """Somebody else is to get it, at once."""
        with suppress(nats.errors.Error):
            await self._message.nak()


Ended = Callable[[], Awaitable[None]]


class Broker:
    """A connection that is made anew whenever it breaks. Make one with `connected`.

    Args:
        open_client: connects, and lets know once the client gives up for good.
    """

    def __init__(self, open_client: Callable[[Ended], Awaitable[Client]]) -> None:
        self._open = open_client
        self._ended = asyncio.Event()
        self._listening: list[tuple[str, Callable[[Any], Awaitable[None]]]] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect, and listen to what was listened to before.

        Raises:
            ConfigurationError: no server answers, or none lets us in.
        """
        self._ended.clear()
        client = await self._open(self._end)
        for subject, hear in self._listening:
            await client.subscribe(subject, cb=hear)
        self._client, self._stream = client, client.jetstream(timeout=API_SECONDS)

    async def keep(self) -> None:
        """Connect anew, until cancelled, whenever the server ended the connection and the client gave it up.

        So it is when users were changed or credentials ran out; these are read anew.
        """
        while not _cancellations():
            await self._ended.wait()
            try:
                await self.open()
            except (ConfigurationError, OSError, nats.errors.Error) as error:
                _log.error("NATS does not let us in any more: %s", error)
                self._ended.set()
                await asyncio.sleep(ANEW_SECONDS)

    async def _end(self) -> None:
        self._ended.set()

    @property
    def connected(self) -> bool:
        """Whether a server is there now."""
        return bool(self._client.is_connected)

    @property
    def largest(self) -> int:
        """Bytes that the server takes at once."""
        return int(self._client.max_payload) - HEADERS

    def check(self, data: bytes) -> None:
        """Whether a server takes so much at once.

        Raises:
            PromptTooLong: it does not.
        """
        if len(data) > self.largest:
            raise PromptTooLong(
                f"{len(data)} bytes are to be sent, and the NATS server takes {self._client.max_payload}"
            )

    async def listen(self, subject: str, heard: Callable[[Incoming], None]) -> None:
        """Call `heard` with every message on a subject, in their order, until the connection is closed."""

        async def hear(message: Any) -> None:
            try:
                heard(Incoming(subject=message.subject, data=message.data, reply=message.reply))
            except ModelError as error:
                _log.warning("a message on %s was overlooked: %s", subject, error)

        self._listening.append((subject, hear))
        await self._client.subscribe(subject, cb=hear)

    async def listening(self) -> None:
        """Return when the server knows what is listened to."""
        with suppress(nats.errors.Error), _heeding():
            await self._client.flush(timeout=API_SECONDS)

    async def publish(self, subject: str, data: bytes) -> None:
        """Send; what cannot be sent is lost."""
        with suppress(nats.errors.Error):
            await self._client.publish(subject, data)

    def tell(self, subject: str, data: bytes) -> None:
        """The same, from code that cannot wait."""
        sending = asyncio.create_task(self.publish(subject, data))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def ask(self, subject: str, data: bytes, seconds: float) -> bytes:
        """Send, and wait for the answer.

        Raises:
            NobodyListens: nobody is there.
            BrokerError: there was no answer in time.
        """
        with _told("No answer over NATS"):
            try:
                answer: bytes = (await self._client.request(subject, data, timeout=seconds)).data
            except nats.errors.NoRespondersError:
                raise NobodyListens from None
        return answer

    async def open_queue(self) -> None:
        """Make the work queue, the bucket and the object store; what is there already stays as it is.

        The queue is kept in memory alone: what people write never reaches a disk there.

        Raises:
            BrokerError: JetStream does not let us, or does not answer.
        """
        with _told("JetStream gives us no work queue"):
            with suppress(BadRequestError):  # it is there, as an operator made it
                await self._stream.add_stream(
                    name=wire.JOBS,
                    subjects=[wire.JOB_SUBJECTS],
                    retention=api.RetentionPolicy.WORK_QUEUE,
                    storage=api.StorageType.MEMORY,
                    max_age=JOB_AGE,
                )
            with suppress(BadRequestError):
                await self._stream.create_key_value(bucket=wire.BUCKET, history=5)
            with suppress(BadRequestError):
                await self._stream.create_object_store(bucket=wire.BUCKET)

    async def enqueue(self, subject: str, data: bytes, key: str) -> None:
        """Put a job into the work queue; a second one with the same key is dropped.

        Raises:
            BrokerError: it is not known to be there.
        """
        with _told("NATS did not take the job"):
            await self._stream.publish(
                subject, data, timeout=API_SECONDS, headers={api.Header.MSG_ID.value: key}
            )

    async def is_queued(self, subject: str) -> bool:
        """Whether a job is in the work queue, taken or not.

        Raises:
            BrokerError: JetStream does not answer.
        """
        with _told(SILENT):
            try:
                await self._stream.get_last_msg(wire.JOBS, subject)
            except NotFoundError:
                return False
        return True

    async def jobs(self, model: str, place: Callable[[], Awaitable[None]]) -> AsyncGenerator[Delivered, None]:
        """Jobs for a model, one at a time, until the iterator is closed.

        Args:
            model: NAME@VERSION, or what is done with files.
            place: returns when there is a place for one more.
        """
        pulling: Any = None
        complained = ""
        try:
            while not _cancellations():
                await place()
                try:
                    pulling = pulling or await self._puller(model)
                    (message,) = await pulling.fetch(1, timeout=PULL_SECONDS)
                    complained = ""
                except TimeoutError:
                    complained = ""
                    continue
                except nats.errors.Error as error:
                    if complained != _named(error):
                        _log.info("no work from NATS: %s", _named(error))
                    complained = _named(error)
                    pulling = None
                    await asyncio.sleep(RECONNECT_SECONDS)
                    continue
                yield Delivered(message)
        finally:
            if pulling is not None:
                with suppress(nats.errors.Error):
                    await pulling.unsubscribe()

    async def _puller(self, model: str) -> Any:
        """A pull subscription to the model's consumer, which is made where it is missing."""
        name = wire.token(model)
        await self._stream.add_consumer(
            wire.JOBS,
            name=name,
            durable_name=name,
            filter_subject=wire.job_subject(model),
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT,
            max_ack_pending=-1,
            inactive_threshold=IDLE_CONSUMER,
        )
        return await self._stream.pull_subscribe_bind(consumer=name, stream=wire.JOBS)

    async def desired(self) -> wire.Desired | None:
        """Which models are to answer; None where nobody said.

        Raises:
            BrokerError: the bucket is not there, or does not answer.
        """
        entry = await self._entry(wire.DESIRED)
        return None if entry is None else wire.unpacked(wire.Desired, entry.value or b"")

    async def desire(self, desired: wire.Desired) -> None:
        """Say which models are to answer.

        Raises:
            BrokerError: it is not known to be kept.
        """
        with _told("JetStream does not take which model is to answer"):
            await (await self._bucket()).put(wire.DESIRED, wire.packed(desired))

    async def inside(self) -> int:
        """The mark of the core that the others wait for, which changes while it lives; 0: none is there.

        Raises:
            BrokerError: the bucket is not there, or does not answer.
        """
        entry = await self._entry(wire.TELLING)
        return 0 if entry is None else entry.revision or 0

    async def enter(self, last: int) -> int:
        """Be the core that the others wait for, or go on to be it. Returns our mark; 0: another one is it.

        Args:
            last: our last mark, or that of a core that is gone; 0 where none was there.

        Raises:
            BrokerError: the bucket is not there, or does not answer.
        """
        with _told(SILENT):
            bucket = await self._bucket()
            try:
                if last:
                    return int(await bucket.update(wire.TELLING, b"", last=last))
                return int(await bucket.create(wire.TELLING, b""))
            except KeyWrongLastSequenceError:
                return 0

    async def leave(self, mark: int) -> None:
        """Keep nobody waiting any more.

        Raises:
            BrokerError: it is not known to be so.
        """
        with _told(SILENT):
            await (await self._bucket()).delete(wire.TELLING, last=mark)

    async def _entry(self, key: str) -> Any:
        """What the bucket holds under a key, with its revision; None where it holds nothing."""
        with _told(SILENT):
            try:
                return await (await self._bucket()).get(key)
            except KeyNotFoundError:
                return None

    async def _bucket(self) -> Any:
        try:
            return await self._stream.key_value(wire.BUCKET)
        except BucketNotFoundError:
            raise BrokerError("no core has been there yet") from None

    async def has_file(self, name: str) -> bool:
        """Whether the object store has it.

        Raises:
            BrokerError: the object store is not there, or does not answer.
        """
        with _told(SILENT):
            try:
                await (await self._stream.object_store(wire.BUCKET)).get_info(name)
            except NotFoundError:
                return False
        return True

    async def put_file(self, name: str, file: IO[bytes]) -> None:
        """Keep a file in the object store.

        Raises:
            BrokerError: it is not known to be kept.
        """
        with _told(f"NATS does not take the file {name}"):
            async with asyncio.timeout(FILE_SECONDS):
                await (await self._stream.object_store(wire.BUCKET)).put(name, file)

    async def get_file(self, name: str, file: IO[bytes]) -> None:
        """Write a file of the object store into one here.

        Raises:
            BrokerError: it did not come.
        """
        with _told(f"NATS does not give the file {name}"):
            async with asyncio.timeout(FILE_SECONDS):
                await (await self._stream.object_store(wire.BUCKET)).get(name, writeinto=file)

    async def keep_files(self, names: Collection[str]) -> None:
        """Remove what else is in the object store, and what was left there of files that never became whole.

        Raises:
            BrokerError: it is not known to be gone.
        """
        with _told("NATS does not remove files"):
            store = await self._stream.object_store(wire.BUCKET)
            kept = set()
            for each in await store.list(ignore_deletes=True):
                if each.name in names:
                    kept.add(each.nuid)
                else:
                    await store.delete(each.name)
            await self._remove_pieces(kept)

    async def _remove_pieces(self, kept: Collection[str]) -> None:
        """Those of files that never become whole; others may just be on their way there."""
        stream = f"OBJ_{wire.BUCKET}"
        found = await self._stream.stream_info(stream, subjects_filter=f"$O.{wire.BUCKET}.C.>")
        for subject in found.state.subjects or ():
            if subject.rpartition(".")[2] in kept:
                continue
            newest = await self._stream.get_last_msg(stream, subject)
            if newest.time and (datetime.now(UTC) - newest.time).total_seconds() > PIECES_SECONDS:
                await self._stream.purge_stream(stream, subject=subject)

    async def close(self) -> None:
        """Send what is waiting to be sent, and leave."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=API_SECONDS)
        await self.listening()
        with suppress(OSError, nats.errors.Error):  # the server may be away
            await self._client.close()


@asynccontextmanager
async def connected(
    servers: Sequence[str], *, role: str, credentials: Path | None = None
) -> AsyncIterator[Broker]:
    """A connection for as long as the block runs.

    Args:
        servers: nats:// or tls:// addresses, with user and password where the server wants them.
        role: `core` or `worker`: the server shows it, and replies come to `_INBOX_ROLE`.
        credentials: a file with a user's JWT and seed.

    Raises:
        ConfigurationError: no server answers, or none lets us in; or the file is none of credentials.
    """
    broker = Broker(partial(_opened, servers, role, credentials))
    await broker.open()
    keeping = asyncio.create_task(broker.keep(), name="keep NATS connected")
    try:
        yield broker
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})
        await broker.close()


async def _opened(servers: Sequence[str], role: str, credentials: Path | None, ended: Ended) -> Client:
    said = deque[str](maxlen=SAID)

    async def note(error: Exception) -> None:
        if _named(error) not in said:  # or each attempt would say it again
            said.append(_named(error))
            _log.info("NATS: %s", _named(error))

    async def note_return() -> None:
        said.clear()
        _log.info("NATS is back")

    client = Client()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect(
                list(servers),
                name=f"frontdesk {role}",
                inbox_prefix=f"_INBOX_{role}",
                user_credentials=_credentials(credentials) if credentials else None,
                error_cb=note,
                reconnected_cb=note_return,
                closed_cb=ended,
                max_reconnect_attempts=-1,
                reconnect_time_wait=RECONNECT_SECONDS,
                connect_timeout=2,
                ping_interval=PING_SECONDS,
            )
    except (OSError, nats.errors.Error) as error:
        await client.close()
        raise ConfigurationError(
            f"FRONTDESK_NATS_URL: no NATS server lets us in ({', '.join(said) or _named(error)}). "
            "Start one with JetStream, or correct the address, the user or FRONTDESK_NATS_CREDENTIALS."
        ) from None
    return client


def _credentials(file: Path) -> RawCredentials:
    """What the file has now.

    Raises:
        ConfigurationError: it is none of credentials; the library would look for their beginning for ever.
    """
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not all(mark in text for mark in _CREDENTIALS):
        raise ConfigurationError(
            f"FRONTDESK_NATS_CREDENTIALS: {file} has no JWT and seed of a user. "
            "Write it with `nsc generate creds`, or correct the path."
        )
    return RawCredentials(text)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """What NATS says becomes a BrokerError that begins with `what`."""
    try:
        with _heeding():
            yield
    except (nats.errors.Error, TimeoutError) as error:
        raise BrokerError(f"{what}: {_named(error)}") from None


@contextmanager
def _heeding() -> Iterator[None]:
    """A cancellation that came while the block ran ends it: `asyncio.wait_for` of Python 3.11, on which
    nats-py rests, swallows one that comes together with what it waited for."""
    before = _cancellations()
    try:
        yield
    finally:
        if _cancellations() > before:
            raise asyncio.CancelledError


def _cancellations() -> int:
    """How often this task was told to end."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _named(error: Exception) -> str:
    """Its words, or its type where it has none; those of NATS quote nobody."""
    words = getattr(error, "description", None) if isinstance(error, APIError) else str(error)
    return (words or type(error).__name__).removeprefix("nats: ")
