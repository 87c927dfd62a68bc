"""The paths under `/v1`, for clients that know OpenAI's interface and hold a key."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from adapters.body import read_body
from bots.openai import embeddings, shapes, tally
from bots.openai.errors import ApiError, failed, overloaded, without_right
from bots.openai.keyring import KeyLimits, Keyring
from bots.openai.request import ChatRequest, parse
from bots.openai.shapes import FILTERED, FINISH, Completion, Json, Piece
from core.api_key import ApiKey, ApiRight
from core.engine.catalogue import DEFAULT_ENCODER
from core.engine.metering import meter, metered
from core.engine.types import Delta, Encoder, Engine, ModelCard, Options, Prompt
from core.errors import ModelError, PromptTooLong
from core.ports import Clock
from core.safety.topics import is_abusive
from core.store.ports import Spending

AT_ONCE = 64
"""Open requests; more would only wait, and keep people's chats waiting with them."""
FEW = 8
"""Texts of one request up to which they are taken for a question; more give way to questions."""
GLANCE = 0.2
"""Seconds between two looks whether the client is still there."""
LOOKED_AT = 400
"""Characters at the end of a growing answer in which an insult or a threat is looked for."""
NOBODY_READS = 499
"""The status nginx logs for a client that left."""
_STREAM_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",  # nginx would hold the words back
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEY = web.RequestKey("key", ApiKey)
"""The key that a request brought."""
_log = logging.getLogger(__name__)


def routes(
    engine: Engine,
    keys: Sequence[ApiKey],
    clock: Clock,
    spending: Spending,
    encoder: Encoder | None = None,
    *,
    limits: KeyLimits,
) -> list[web.RouteDef]:
    """The endpoint's routes; none without a key.

    Args:
        engine: what answers.
        keys: each opens the endpoint.
        clock: tells the time.
        spending: knows the tokens of today.
        encoder: what makes vectors, where there is one.
        limits: of each key.
    """
    if not keys:
        return []
    keyring = Keyring(keys, limits, spending, clock)
    endpoint = _Endpoint(engine, encoder, keyring)

    def guarded(handler: Handler, right: ApiRight | None = None) -> Handler:
        return _with_key(_in_openai_form(handler), keyring, right)

    return [
        web.post("/v1/chat/completions", guarded(endpoint.chat, ApiRight.CHAT)),
        web.post("/v1/embeddings", guarded(endpoint.embeddings, ApiRight.EMBEDDINGS)),
        web.get("/v1/models", guarded(endpoint.models)),
        web.get("/v1/models/{model:.+}", guarded(endpoint.model)),
        web.route("*", "/v1/{path:.*}", guarded(endpoint.unknown)),
    ]


def _with_key(handler: Handler, keyring: Keyring, right: ApiRight | None) -> Handler:
    async def check(request: web.Request) -> web.StreamResponse:
        try:
            key = request[KEY] = keyring.find(request)
        except ApiError as error:
            return error.response()
        if right is None or right in key.rights:
            response = await handler(request)
        else:
            response = without_right(key.name, right).response()
        tally.answered(key.name, response.status)
        return response

    return check


def _in_openai_form(handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return error.response()
        except web.HTTPRequestEntityTooLarge:
            return ApiError("The body is too large", status=413, code="request_too_large").response()
        except web.HTTPBadRequest:
            return ApiError("The body did not arrive whole", code="invalid_body").response()

    return answer


class _Endpoint:
    """Answers requests that brought a key."""

    def __init__(self, engine: Engine, encoder: Encoder | None, keyring: Keyring) -> None:
        self._engine = engine
        self._encoder = encoder
        self._keyring = keyring
        self._since = int(datetime.now(UTC).timestamp())
        self._open = 0

    async def models(self, request: web.Request) -> web.Response:
        entries = [shapes.model(card, self._since) for card in self._cards(request[KEY])]
        return web.json_response({"object": "list", "data": entries})

    async def model(self, request: web.Request) -> web.Response:
        card = _named(request.match_info["model"], self._cards(request[KEY]))
        return web.json_response(shapes.model(card, self._since))

    async def unknown(self, request: web.Request) -> web.Response:
        raise ApiError(f"There is no {request.method} {request.path} here", status=404, code="unknown_url")

    async def chat(self, request: web.Request) -> web.StreamResponse:
        if self._open >= AT_ONCE:
            raise overloaded()
        self._open += 1
        try:
            asked = parse(await read_body(request), self._engine.card().context_length)
            _named(asked.model, [self._engine.card()])
            return await self._counted(request, self._answer(request, asked))
        finally:
            self._open -= 1

    async def embeddings(self, request: web.Request) -> web.StreamResponse:
        if self._encoder is None:
            raise ApiError(
                f"There is no sentence encoder here: run `frontdesk model pull {DEFAULT_ENCODER}`, "
                "and start again",
                status=404,
                param="model",
                code="model_not_found",
            )
        if self._open >= AT_ONCE:
            raise overloaded()
        self._open += 1
        try:
            asked = embeddings.parse(await read_body(request), self._encoder.dimensions)
            card = _named(asked.model, [self._encoder.card()])
            await self._keyring.spend(request[KEY].name)
            return await self._counted(request, _embed(self._encoder, card, asked, request[KEY].name))
        finally:
            self._open -= 1

    async def _counted(
        self, request: web.Request, work: Coroutine[Any, Any, web.StreamResponse]
    ) -> web.StreamResponse:
        """What comes of the work; what was read and written for it counts, also where the client left."""
        with metered() as used:
            try:
                return await _while_connected(request, work)
            finally:
                await self._keyring.charge(request[KEY].name, used)

    def _cards(self, key: ApiKey) -> list[ModelCard]:
        """The models that are for this key."""
        models: Sequence[tuple[ApiRight, Engine | Encoder | None]] = (
            (ApiRight.CHAT, self._engine),
            (ApiRight.EMBEDDINGS, self._encoder),
        )
        return [each.card() for right, each in models if each is not None and right in key.rights]

    async def _answer(self, request: web.Request, asked: ChatRequest) -> web.StreamResponse:
        prompt = await self._prepare(asked)
        await self._keyring.spend(request[KEY].name)
        completion = Completion(model=prompt.model, key=request[KEY].name)
        pieces = self._pieces(completion, prompt, asked.options)
        if asked.stream:
            return await _streamed(request, completion, pieces, asked.include_usage)
        text = ""
        async with aclosing(pieces):
            async for piece in pieces:
                text += piece.text
                if piece.usage:
                    said = "" if piece.reason == FILTERED else text
                    return web.json_response(completion.whole(said, piece.reason, piece.usage))
        raise failed()

    async def _prepare(self, asked: ChatRequest) -> Prompt:
        try:
            return await self._engine.prepare(asked.messages)
        except PromptTooLong as error:
            raise ApiError(str(error), param="messages", code="context_length_exceeded") from error
        except ModelError as error:
            raise ApiError(str(error), param="messages", code="invalid_value") from error

    async def _pieces(
        self, completion: Completion, prompt: Prompt, options: Options
    ) -> AsyncGenerator[Piece, None]:
        """What the engine writes, until it insults or threatens its reader: then the rest is left out.

        Raises:
            ApiError: the model failed, or was taken away.
        """
        last, is_abuse = "", False
        try:
            async with aclosing(self._engine.stream(prompt, options)) as deltas:
                async for delta in deltas:
                    if delta.finish and not (delta.finish in FINISH and delta.usage):
                        break
                    last = (last + delta.text)[-LOOKED_AT:]
                    is_abuse = is_abuse or is_abusive(last)
                    text = "" if is_abuse else delta.text
                    if delta.finish:
                        _note(completion, delta)
                        reason = FILTERED if is_abuse else FINISH[delta.finish]
                        yield Piece(text=text, reason=reason, usage=delta.usage)
                        return
                    yield Piece(text=text)
        except ModelError as error:
            _log.warning("%s for %s: %s", completion.id, completion.key, type(error).__name__)
            raise failed() from error
        raise failed()


async def _embed(
    encoder: Encoder, card: ModelCard, asked: embeddings.EmbeddingsRequest, key: str
) -> web.StreamResponse:
    try:
        vectors = await encoder.encode(asked.texts, background=len(asked.texts) > FEW)
        tokens = sum(await encoder.count(asked.texts))
    except ModelError as error:
        _log.warning("embeddings for %s by %s: %s", key, card.reference, type(error).__name__)
        raise failed() from error
    meter().read += tokens
    _log.info("%d texts for %s by %s: %d tokens read", len(asked.texts), key, card.reference, tokens)
    return web.json_response(embeddings.answer(card.reference, vectors, tokens, as_base64=asked.base64))


def _named(name: str, cards: Sequence[ModelCard]) -> ModelCard:
    """The model of that name.

    Raises:
        ApiError: there is none; says what to ask for.
    """
    for card in cards:
        if name in (card.name, card.reference):
            return card
    others = " or ".join(repr(card.name) for card in cards)
    raise ApiError(
        f"There is no model '{name[:80]}' here{f': ask for {others}' if others else ''}",
        status=404,
        param="model",
        code="model_not_found",
    )


def _note(completion: Completion, last: Delta) -> None:
    if last.usage:
        read, written = last.usage.prompt_tokens, last.usage.generated_tokens
        said = "%s for %s by %s: %d tokens read, %d written"
        _log.info(said, completion.id, completion.key, completion.model, read, written)


async def _streamed(
    request: web.Request, completion: Completion, pieces: AsyncGenerator[Piece, None], include_usage: bool
) -> web.StreamResponse:
    """Server-sent events, one per piece."""
    response = web.StreamResponse(headers=_STREAM_HEADERS)
    await response.prepare(request)
    async with aclosing(pieces):
        try:
            await _send(response, completion.chunk({"role": "assistant", "content": ""}))
            async for piece in pieces:
                if piece.text:
                    await _send(response, completion.chunk({"content": piece.text}))
                if piece.reason:
                    await _send(response, completion.chunk({}, piece.reason))
                if piece.usage and include_usage:
                    await _send(response, completion.usage_chunk(piece.usage))
        except ApiError as error:
            await _send(response, {"error": error.error})
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def _send(response: web.StreamResponse, event: Json) -> None:
    await response.write(f"data: {json.dumps(event)}\n\n".encode())


async def _while_connected(
    request: web.Request, work: Coroutine[Any, Any, web.StreamResponse]
) -> web.StreamResponse:
    """Do the work, and give it up once the client is gone."""
    answering, leaving = asyncio.create_task(work), asyncio.create_task(_left(request))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        answering.cancel()
        leaving.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)
    if answering.cancelled():
        _log.info("a client of %s left before its answer was whole", request[KEY].name)
        return web.Response(status=NOBODY_READS)
    return answering.result()


async def _left(request: web.Request) -> None:
    # aiohttp tells nobody that a client left, unless it cancels every handler of the server.
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110 - as said
        await asyncio.sleep(GLANCE)
