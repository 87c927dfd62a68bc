"""Cores and workers of neighbouring versions: each reads what the other sends.

What is written here in JSON is what versions that are out there send and need. A field that is new is not
added here: that it has a default is what these tests are for.
"""

import json
from contextlib import suppress
from typing import Any

import pytest

from core.engine.fleet import wire
from core.engine.fleet.broker import NobodyListens, connected
from core.engine.fleet.wire import packed, unpacked
from core.engine.types import Choice, Options, Prompt
from core.errors import ModelError
from tests.engine.fleet.conftest import Open, Work
from tests.engine.fleet.counting import CountingEngine
from tests.engine.fleet.server import Server

_PROMPT = '{"text":"5|","ids":[1],"model":"counting@1","fill_at":1,"shared":1}'
_OPTIONS = """
{"max_tokens":10,"temperature":0.5,"top_k":4,"top_p":0.5,"repetition_penalty":1.0,"stop":["x"],"background":true}
"""
_USAGE = '{"prompt_tokens":1,"generated_tokens":2,"first_token_seconds":0.5,"seconds":1.5}'
_LOAD = """
{"queued":1,"active":2,"capacity":3,"seconds_per_answer":1.5,"together":2,"next_seconds":0.5}
"""
_CARD = """
{"name":"n","version":"v","context_length":8,"quantisation":"int8","licence":"MIT","languages":["en"]}
"""
EARLIER: list[tuple[type[object], str]] = [
    (wire.Job, f'{{"id":"j","core":"c","prompt":{_PROMPT},"options":{_OPTIONS}}}'),
    (wire.FileJob, '{"id":"j","core":"c","kind":"hear","asked":"en","size":3}'),
    (wire.Part, '{"offset":7}'),
    (wire.Progress, '{"claim":1,"told":"0:10"}'),
    (wire.Claim, '{"worker":"w"}'),
    (wire.Granted, '{"claim":1,"begun":"so far"}'),
    (wire.Failure, '{"kind":"ModelError","message":"It failed"}'),
    (wire.Piece, f'{{"claim":1,"number":2,"text":"a","finish":"stop","usage":{_USAGE},"failure":null}}'),
    (wire.Piece, '{"claim":1,"number":2,"failure":{"kind":"ModelError","message":"It failed"}}'),
    (wire.Held, '{"claim":1}'),
    (wire.Stop, '{"job":"j","claim":1,"again":true}'),
    (
        wire.Preparation,
        '{"messages":[{"role":"user","text":"hi","shared":true}],"begun":"so","conversation":"k"}',
    ),
    (wire.Extension, f'{{"prompt":{_PROMPT},"begun":"so"}}'),
    (wire.Texts, '{"texts":["a"],"background":true}'),
    (wire.Choosing, f'{{"prompt":{_PROMPT},"options":["yes","no"]}}'),
    (
        wire.Advertisement,
        (
            f'{{"worker":"w","machine":"m","card":{_CARD},"models":["n@v"],"load":{_LOAD},"tokens_per_second":9.5,'
            f'"encoder":{{"card":{_CARD},"dimensions":384}},"does":["hear"],"writing":{{"c":1}},"leaving":true,'
            '"refused":"why"}'
        ),
    ),
    (wire.Desired, '{"active":"n@v","canary":{"reference":"n@w","share":0.5}}'),
    (Prompt, _PROMPT),
    (Choice, '{"options":["yes","no"],"probabilities":[0.5,0.5]}'),
]
each_message = pytest.mark.parametrize(
    ("kind", "earlier"), EARLIER, ids=[kind.__name__ for kind, _ in EARLIER]
)


@each_message
def test_what_an_earlier_version_sends_is_read_and_all_that_it_needs_is_sent(
    kind: type[object], earlier: str
) -> None:
    sent = json.loads(packed(unpacked(kind, earlier.encode())))
    assert _kept(json.loads(earlier), sent) == json.loads(earlier)


@each_message
def test_what_a_later_version_adds_is_overlooked(kind: type[object], earlier: str) -> None:
    later = json.dumps(_added_to(json.loads(earlier)))
    assert later != json.dumps(json.loads(earlier))
    assert unpacked(kind, later.encode()) == unpacked(kind, earlier.encode())


@pytest.mark.parametrize(
    ("kind", "oldest"),
    [
        (wire.Granted, '{"claim":1}'),
        (wire.Piece, '{"claim":1,"number":0}'),
        (wire.Texts, '{"texts":[]}'),
        (wire.Desired, '{"active":"n@v"}'),
        (Prompt, '{"text":"5|","ids":[1],"model":"counting@1"}'),
        (Options, "{}"),
        (
            wire.Advertisement,
            (
                '{"worker":"w","machine":"m","card":{"name":"n","version":"v","context_length":8},"models":[],'
                '"load":{"queued":0,"active":0,"capacity":1,"seconds_per_answer":1.0},"tokens_per_second":0.0}'
            ),
        ),
    ],
)
def test_what_was_added_since_the_oldest_version_may_be_missing(kind: type[object], oldest: str) -> None:
    unpacked(kind, oldest.encode())


async def test_a_question_that_a_worker_cannot_read_is_told_as_a_failure(
    core: Open, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def later(value: object) -> bytes:
        sent = packed(value)
        return sent.replace(b'"prompt"', b'"question"') if isinstance(value, wire.Job) else sent

    monkeypatch.setattr("core.engine.fleet.awaiting.packed", later)
    asked = Prompt(text="5|", ids=(1,), model="counting@1")
    async with work(CountingEngine()), core() as engine:
        with pytest.raises(ModelError, match=r"is no Job .* of neighbouring versions"):
            await anext(engine.stream(asked, Options()))


async def test_what_a_worker_does_not_know_yet_is_told_as_a_failure(nats: Server, work: Work) -> None:
    async with work(CountingEngine()) as worker, connected([nats.url], role="core") as core:
        while True:  # until it listens
            with suppress(NobodyListens):
                answer = await core.ask(wire.worker_subject(worker.id, "dance"), b"", 30.0)
                break
    assert answer.startswith(wire.FAILED)
    assert "older version" in unpacked(wire.Failure, answer.removeprefix(wire.FAILED)).message


def _added_to(value: Any) -> Any:
    """The same with something more in every object of a known kind."""
    if isinstance(value, list):
        return [_added_to(each) for each in value]
    if not isinstance(value, dict):
        return value
    fields = {name: each if name == "writing" else _added_to(each) for name, each in value.items()}
    return {**fields, "of_a_later_version": {"whatever": [1, None]}}


def _kept(earlier: Any, sent: Any) -> Any:
    """What is sent, less what the earlier version does not know."""
    if isinstance(earlier, dict) and isinstance(sent, dict):
        return {name: _kept(each, sent[name]) for name, each in earlier.items() if name in sent}
    if isinstance(earlier, list) and isinstance(sent, list) and len(earlier) == len(sent):
        return [_kept(*each) for each in zip(earlier, sent, strict=True)]
    return sent
