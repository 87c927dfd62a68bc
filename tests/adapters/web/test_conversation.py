"""Visitors through a real socket: what they do is taken once, what they are told comes once and in order."""

import asyncio

import aiohttp
import jwt
import pytest

from adapters.web import ids
from bots.playground.widget.driver import PATIENCE, WidgetVisitor
from core.policy import Policy
from tests.adapters.web.conftest import SECRET, SITE, Service, Start


async def test_an_answer_grows_and_then_stands(start: Start) -> None:
    async with start("Once **upon** a time", held=True) as service, service.visitor() as visitor:
        await visitor.say("tell me")
        await visitor.wait_for(lambda: any(each["body"] for each in visitor.window.sights.values()))
        assert visitor.answers == []
        service.engine.hold.set()
        question, answer = await visitor.sees("Once upon a time")
        assert (question["by"], question["text"]) == ("visitor", "tell me")
        assert answer["body"] == [["p", {}, "Once ", ["strong", {}, "upon"], " a time"]]
        assert answer["judgeable"]
        await visitor.wait_for(lambda: not visitor.window.sights)


async def test_who_comes_back_finds_everything(service: Service, visitor: WidgetVisitor) -> None:
    await visitor.say("one")
    await visitor.sees("echo: one")
    async with service.visitor(token=visitor.token) as elsewhere:
        await elsewhere.sees("echo: one")
        await elsewhere.say("two")
        seen = await visitor.sees("echo: one", "echo: two")
        seen_elsewhere = await elsewhere.sees("echo: one", "echo: two")
        assert [each["id"] for each in seen] == [each["id"] for each in seen_elsewhere]


async def test_nobody_else_sees_it(service: Service, visitor: WidgetVisitor) -> None:
    await visitor.say("between us")
    await visitor.sees("echo: between us")
    async with service.visitor() as other:
        await other.say("hello")
        await other.sees("echo: hello")
    assert visitor.answers == ["echo: between us"]


async def test_what_comes_twice_is_taken_once(service: Service, visitor: WidgetVisitor) -> None:
    for _ in range(3):
        await visitor.do(type="say", id="0123456789abcdef", text="once")
        await visitor.acknowledged()
    await visitor.say("and then")
    await visitor.sees("echo: once", "echo: and then")
    assert len(service.engine.prompts) == 2


async def test_another_visitor_cannot_take_an_id_away(service: Service, visitor: WidgetVisitor) -> None:
    async with service.visitor() as other:
        await other.do(type="say", id="0123456789abcdef", text="first")
        await other.sees("echo: first")
    await visitor.do(type="say", id="0123456789abcdef", text="second")
    await visitor.sees("echo: second")


async def test_stop_leaves_what_was_written(start: Start) -> None:
    async with start("one two three four", held=True) as service, service.visitor() as visitor:
        await visitor.say("count")
        await visitor.wait_for(lambda: any(each["body"] for each in visitor.window.sights.values()))
        await visitor.stop()
        await visitor.wait_for(lambda: visitor.answers)
        assert visitor.answers[0].startswith("one two")
        assert "three" not in visitor.answers[0]


async def test_a_verdict_is_kept_and_seen_in_every_window(service: Service, visitor: WidgetVisitor) -> None:
    await visitor.say("rate me")
    turn = (await visitor.sees("echo: rate me"))[-1]["turn"]
    await visitor.rate(turn, "good")
    await visitor.acknowledged()
    async with service.visitor(token=visitor.token) as elsewhere:
        await elsewhere.wait_for(lambda: f"verdict-{turn}" in elsewhere.window.items)
    place = ids.conversation(SITE, ids.anonymous(visitor.token)).key
    async with asyncio.timeout(PATIENCE):
        while not await _verdicts(service, place, visitor.messages[-1]["id"]):
            await asyncio.sleep(0.01)
    assert await _verdicts(service, place, visitor.messages[-1]["id"]) == ("good",)


async def test_an_answer_is_rewritten_in_place(start: Start) -> None:
    async with start("first", "second") as service, service.visitor() as visitor:
        await visitor.say("again please")
        before = (await visitor.sees("first"))[-1]
        await visitor.do(type="command", name="again", post=before["id"])
        after = (await visitor.sees("second"))[-1]
        assert (after["id"], after["position"]) == (before["id"], before["position"])


async def test_commands_are_understood(service: Service, visitor: WidgetVisitor) -> None:
    await visitor.say("/help")
    await visitor.wait_for(lambda: visitor.answers)
    assert "start afresh" in visitor.answers[0]
    assert not visitor.messages[-1]["judgeable"]


async def test_the_greeting_and_the_suggestions_are_the_policys(start: Start) -> None:
    policy = Policy(name="Linde", greeting="Good *day*", suggestions=("Are you open?",))
    async with start(policy=policy) as service, service.visitor() as visitor:
        await visitor.wait_for(lambda: visitor.window.welcome)
        assert visitor.window.welcome["name"] == "Linde"
        assert visitor.window.welcome["greeting"] == [["p", {}, "Good ", ["em", {}, "day"]]]
        assert visitor.window.welcome["suggestions"] == ["Are you open?"]


async def test_a_signed_token_names_the_customer(service: Service) -> None:
    until = int(service.core.clock.now().timestamp()) + 600
    claims = {"sub": "customer-7", "name": "Mina  Park", "language": "de", "exp": until}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    async with service.visitor(token=token) as visitor:
        await visitor.say("hello")
        await visitor.sees("echo: hello")
        known = await service.core.store.people.knowledge("web:www.example.org:u-customer-7")
        assert known.messages == 1


@pytest.mark.parametrize(
    ("claims", "key", "reason"),
    [
        ({"sub": "customer-7", "exp": 1}, SECRET, "expired"),
        ({"sub": "customer-7", "exp": 32503680000}, "another-secret-that-is-long-enough-as-well", "identity"),
        ({"sub": "customer-7"}, SECRET, "identity"),
        ({"exp": 32503680000}, SECRET, "identity"),
        ({"sub": "mina@example.org", "exp": 32503680000}, SECRET, "identity"),
    ],
)
async def test_a_token_that_is_worth_nothing_lets_nobody_in(
    service: Service, claims: dict[str, object], key: str, reason: str
) -> None:
    async with service.visitor(token=jwt.encode(claims, key, algorithm="HS256")) as visitor:
        await visitor.wait_for(lambda: visitor.frames)
        assert visitor.frames[0] == {"type": "unwelcome", "reason": reason}


async def test_an_unsigned_token_lets_nobody_in(service: Service) -> None:
    token = jwt.encode({"sub": "customer-7", "exp": 32503680000}, "", algorithm="none")
    async with service.visitor(token=token) as visitor:
        await visitor.wait_for(lambda: visitor.frames)
        assert visitor.frames[0]["reason"] == "identity"


async def test_other_sites_are_not_let_in(service: Service) -> None:
    async with service.visitor(site="https://evil.example") as visitor:
        await visitor.wait_for(lambda: visitor.frames)
        assert visitor.frames[0]["reason"] == "site"


@pytest.mark.parametrize("origin", ["https://evil.example", SITE, ""])
async def test_a_socket_of_another_page_is_refused(service: Service, origin: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(f"{service.url}/widget/socket", headers={"Origin": origin})
    assert refusal.value.status == 403


async def test_a_flood_is_slowed_down_and_nothing_of_it_is_lost(start: Start) -> None:
    async with (
        start(policy=Policy(settle_seconds=0, person_budget=0)) as service,
        service.visitor() as visitor,
    ):
        for _ in range(31):
            await visitor.stop()
        await visitor.wait_for(lambda: visitor.frames and visitor.frames[-1]["type"] == "later")
        assert 0 < visitor.frames[-1]["seconds"] <= 60


@pytest.mark.parametrize(
    "frame",
    [
        "no json",
        "[]",
        '{"type": "say"}',
        '{"type": "say", "id": "0123456789abcdef", "text": "x", "files": [], "evil": 1}',
        '{"type": "say", "id": "../../etc", "text": "x"}',
        '{"type": "command", "id": "0123456789abcdef", "name": "desk:take", "post": ""}',
    ],
)
async def test_what_is_no_frame_ends_the_connection(
    service: Service, visitor: WidgetVisitor, frame: str
) -> None:
    await visitor.wait_for(lambda: visitor.window.welcome)
    socket = visitor._socket
    assert socket is not None
    await socket.send_str(frame)
    await visitor.wait_for(lambda: socket.closed)
    assert socket.close_code == 4400


async def _verdicts(service: Service, place: str, post: str) -> tuple[str, ...]:
    record = await service.core.store.history.record(place, post)
    return record.verdicts if record else ()
