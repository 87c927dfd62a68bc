"""The example flows, played as dialogues; actions, and what begins a flow."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.delivery.responder import Answer
from core.dialogue.flows import library, rehearsal
from core.dialogue.flows.actions import OperatorActions, SampleActions
from core.dialogue.flows.route import FlowRoute
from core.dialogue.flows.sorting import ModelSorter, NoSorter
from core.dialogue.flows.starting import Starter
from core.dialogue.flows.state import Pending
from core.engine.structured import Judge
from core.errors import ConfigurationError
from core.language.analysis import LanguagePipeline
from core.policy import ActionEntry, FlowsSection, Policy, RequestEntry
from core.ports import Clock
from core.store.ports import Flows
from core.testing import ScriptedEngine
from tests.dialogue.test_flows import EXAMPLES

ABROAD = Path(__file__).parent / "flows"
"""Flows in German and Spanish."""
TALKS = rehearsal.files(EXAMPLES)
VERSIONS = library.load(EXAMPLES)


@pytest.mark.parametrize("path", [*TALKS, *rehearsal.files(ABROAD)], ids=lambda path: path.name)
async def test_the_dialogues_go_as_they_should(path: Path, by_rules: LanguagePipeline) -> None:
    versions = library.load(path.parent)

    def make_route(store: Flows, actions: SampleActions, clock: Clock) -> FlowRoute:
        return FlowRoute(
            versions=versions,
            store=store,
            pipeline=by_rules,
            starter=Starter(versions),
            sorter=NoSorter(),
            actions=actions,
            clock=clock,
        )

    async def aside(text: str) -> Answer:
        return Answer(text=f"aside: {text}", route="chat")

    played = await rehearsal.play(path, make_route, FlowsSection(), Policy(), aside)
    faults = {each.name: each.faults for each in played if each.faults}
    assert faults == {}


def test_there_are_fifty_dialogues() -> None:
    assert sum(len(rehearsal.load(path).dialogues) for path in TALKS) >= 50


async def test_a_dialogue_that_does_not_go_as_it_should_is_found_out(
    tmp_path: Path, by_rules: LanguagePipeline
) -> None:
    path = tmp_path / "wrong.test.yaml"
    path.write_text(
        "dialogues:\n- name: wrong\n  turns:\n"
        "  - {says: /sick, sees: [a cake], slots: {first: 2026-01-01}, flow: none, done: [send_notice]}\n"
        "  - {presses: Cake}\n"
    )

    def make_route(store: Flows, actions: SampleActions, clock: Clock) -> FlowRoute:
        return FlowRoute(VERSIONS, store, by_rules, Starter(VERSIONS), NoSorter(), actions, clock)

    async def aside(text: str) -> Answer:
        return Answer(text=text, route="chat")

    (played,) = await rehearsal.play(path, make_route, FlowsSection(), Policy(), aside)
    assert len(played.faults) == 5


def pending(**given: str) -> Pending:
    return Pending(step=0, action="act", given=given, digest="d")


def section(url: str = "", function: str = "", hosts: tuple[str, ...] = (), **more: object) -> FlowsSection:
    request = {"url": url, "headers": {"Authorization": "Bearer ${FLOW_SECRET}"}} if url else None
    entry = {
        "name": "act",
        "function": function,
        "request": request,
        "timeout_seconds": 0.5,
        "sample": {"n": 1},
    }
    return FlowsSection.model_validate({"actions": [entry], "hosts": hosts, **more})


async def test_a_function_is_called_and_what_it_gives_back_is_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def act(name):\n    return {'said': name.upper(), 'list': [1]}\n\n"
        "async def later(name):\n    return {'said': name}\n"
    )
    actions = OperatorActions(section(function="mine.py:act"), tmp_path)
    assert (await actions.do(pending(name="ann"), "k")).back == {"said": "ANN"}
    actions = OperatorActions(section(function="mine.py:later"), tmp_path)
    assert (await actions.do(pending(name="ann"), "k")).back == {"said": "ann"}


async def test_an_action_that_fails_or_hangs_is_no_action_and_the_log_keeps_its_words_to_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mine.py").write_text(
        "import asyncio\n\ndef act(name):\n    raise ValueError(name)\n\nasync def hang(name):\n"
        "    await asyncio.sleep(60)\n"
    )
    with caplog.at_level(logging.DEBUG):
        for function in ("mine.py:act", "mine.py:hang"):
            actions = OperatorActions(section(function=function), tmp_path)
            assert not (await actions.do(pending(name="private"), "k")).ok
    assert "private" not in caplog.text


async def test_a_dry_run_does_nothing_and_gives_back_the_sample(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit\n")
    actions = OperatorActions(section(function="mine.py:act", dry_run=True), tmp_path)
    assert (await actions.do(pending(), "k")).back == {"n": 1}


async def test_a_dry_run_needs_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOW_SECRET", raising=False)
    dry = section(url="https://shop.example/x", hosts=("shop.example",), dry_run=True)
    assert (await OperatorActions(dry).do(pending(), "k")).back == {"n": 1}


@pytest.mark.parametrize("function", ["nowhere:act", "mine.py:other", "mine.py:VALUE", "missing.py:act"])
def test_a_function_that_is_not_there_is_found_out_at_the_start(tmp_path: Path, function: str) -> None:
    (tmp_path / "mine.py").write_text("VALUE = 1\n")
    with pytest.raises(ConfigurationError, match="The action act"):
        OperatorActions(section(function=function), tmp_path)


@pytest.fixture
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, list[web.Request], list[object]]]:
    """A server that keeps what it is asked; its address is plain HTTP, which only tests may reach."""
    requests: list[web.Request] = []
    bodies: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        requests.append(request)
        bodies.append(await request.json() if request.can_read_body else None)
        if request.path.endswith("away"):
            raise web.HTTPFound("/elsewhere")
        if request.path.endswith("huge"):
            return web.json_response({"x": "y" * 100_000})
        return web.json_response({"number": 7, "deep": {"x": 1}})

    monkeypatch.setenv("FLOW_SECRET", "s3cret")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/"), requests, bodies


def plain(url: str) -> FlowsSection:
    """What the file cannot say: a request without TLS."""
    entry = RequestEntry.model_construct(
        url=url, method="POST", headers={"Authorization": "Bearer ${FLOW_SECRET}"}
    )
    action = ActionEntry.model_construct(
        name="act", function="", request=entry, timeout_seconds=5.0, sample={}
    )
    return FlowsSection.model_construct(dry_run=False, hosts=(), actions=(action,))


async def test_a_request_carries_its_values_its_secret_and_its_key(
    shop: tuple[str, list[web.Request], list[object]],
) -> None:
    url, requests, bodies = shop
    actions = OperatorActions(plain(f"{url}/orders/{{order}}"))
    result = await actions.do(pending(order="../a b", reason="size"), "run-3-d")
    assert (result.ok, dict(result.back)) == (True, {"number": 7})
    (request,) = requests
    assert request.raw_path == "/orders/..%2Fa%20b"
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.headers["Idempotency-Key"] == "run-3-d"
    assert bodies == [{"reason": "size"}]


@pytest.mark.parametrize("path", ["away", "huge"])
async def test_requests_follow_nobody_and_read_no_flood(
    shop: tuple[str, list[web.Request], list[object]], path: str
) -> None:
    url, requests, _ = shop
    assert not (await OperatorActions(plain(f"{url}/{path}")).do(pending(), "k")).ok
    assert len(requests) == 1


def test_a_secret_that_is_missing_is_found_out_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="needs FLOW_SECRET"):
        OperatorActions(section(url="https://shop.example/x", hosts=("shop.example",)))


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://shop.example/x", ()),
        ("http://shop.example/x", ("shop.example",)),
        ("https://{host}/x", ("shop.example",)),
        ("https://me@shop.example/x", ("shop.example",)),
    ],
)
def test_requests_go_over_https_to_hosts_that_are_allowed(url: str, hosts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"hosts|pattern"):
        section(url=url, hosts=hosts)


async def test_a_model_sorts_an_answer_only_where_it_is_sure() -> None:
    engine = ScriptedEngine()
    engine.chosen.append("Damaged")
    slot = VERSIONS["order_return"].flow.slots["reason"]
    engine.chosen.extend(["Wrong size"] * 3)  # what it says of texts that say nothing
    assert await ModelSorter(Judge(engine)).option(slot, "the zip came off") == "damaged"


async def test_the_model_may_choose_the_flow_of_a_sentence_that_is_only_near() -> None:
    engine = ScriptedEngine()
    near = "a room for dinner"
    for chosen, begins in (
        ("Book a meeting room", True),
        ("Something else", False),
        ("Return an order", False),
    ):
        engine.chosen += [chosen, "Something else", "Something else", "Something else"]  # the neutral ones
        found = await Starter(VERSIONS, judge=Judge(engine)).find(near)
        assert found is not None and (found.flow, found.begins) == ("meeting_room", begins)
    unasked = await Starter(VERSIONS).find(near)
    assert unasked is not None and not unasked.begins


async def test_a_question_is_answered_and_the_flow_only_offered() -> None:
    starter = Starter(VERSIONS)
    begun = await starter.find("please start a return for me")
    asked = await starter.find("can you start a return for me?")
    assert begun is not None and (begun.flow, begun.begins) == ("order_return", True)
    assert asked is not None and (asked.flow, asked.begins) == ("order_return", False)
    assert await starter.find("what a nice day") is None
    assert starter.named("!return") == starter.named("Return an order") == "order_return"
    assert (await starter.find(""), await starter.find("x" * 1000)) == (None, None)
