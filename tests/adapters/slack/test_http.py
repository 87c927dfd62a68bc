"""The HTTP door: whatever is thrown at it, it answers as it should."""

import asyncio
import json
import random
import time
import zlib
from itertools import product
from urllib.parse import urlencode

import pytest

from adapters.body import MAX_BYTES
from adapters.slack.adapter import SlackAdapter
from core.errors import StoreError
from core.message import Addressing, Message
from core.testing import FakeClock
from tests.adapters.fuzz import Knock, damaged, mutated, noise, storm
from tests.adapters.slack.conftest import JSON, Door, MakeAdapter, MemoryIntake
from tests.adapters.slack.payloads import names, raw
from tests.adapters.slack.scripted import ScriptedSlack
from tests.trust.page import Note

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STALE = (301, -301, 10**9)
"""Seconds by which a request is too old."""
STRANGE_TIMES = ("", "abc", "inf", "nan", "1e9", "-1", "٣", "1" * 5000, "1 ", "0x10")
WRONG = ("", "v0=", "v0=" + "0" * 64, "v1=abc", "ünïcode")
"""Signatures."""
REPLAYS = 10
SLOW, MEANWHILE = 200, 100
"""Connections that do not go on, and events that arrive meanwhile."""


async def test_event_is_committed_and_acknowledged(door: Door, intake: MemoryIntake) -> None:
    answer = await door.send_event(raw("message_im"))
    assert answer.status == 200
    assert len(intake.arrivals) == 1


async def test_event_that_could_not_be_stored_is_not_acknowledged(door: Door, intake: MemoryIntake) -> None:
    intake.failures.append(StoreError())
    assert (await door.send_event(raw("message_im"))).status == 500
    retry = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_error"}
    assert (await door.send_event(raw("message_im"), retry)).status == 200
    assert len(intake.arrivals) == 1


async def test_twins_and_repeats_are_one_message(door: Door, intake: MemoryIntake) -> None:
    for name in ("app_mention", "message_mention_twin", "app_mention"):
        assert (await door.send_event(raw(name))).status == 200
    assert len(intake.arrivals) == 1


async def test_our_own_posts_are_ignored(door: Door, intake: MemoryIntake) -> None:
    assert (await door.send_event(raw("our_own_update"))).status == 200
    body = raw("message_im")
    body["event"] |= {"user": "U0LAN0Z89", "bot_id": "B0LAN0Z90"}
    assert (await door.send_event(body)).status == 200
    assert intake.arrivals == []


async def test_address_is_verified(door: Door) -> None:
    answer = await door.send_event({"type": "url_verification", "challenge": "3eZbrw1aBm", "token": "x"})
    assert answer.status == 200
    assert "3eZbrw1aBm" in await answer.text()


async def test_buttons_come_as_a_form(door: Door, intake: MemoryIntake) -> None:
    body = urlencode({"payload": json.dumps(raw("feedback"))}).encode()
    answer = await door.send(body, FORM)
    assert answer.status == 200
    assert len(intake.arrivals) == 1


async def test_slash_command_is_answered_in_the_direct_messages(door: Door, intake: MemoryIntake) -> None:
    answer = await door.send(urlencode(raw("slash")).encode(), FORM)
    assert answer.status == 200
    assert (await answer.json())["response_type"] == "ephemeral"
    message = intake.arrivals[0].event
    assert isinstance(message, Message)
    assert message.addressed is Addressing.COMMAND
    assert message.text == "what is in a payload?"
    assert message.conversation.channel == "D024BE91L"


async def test_slash_command_without_direct_messages_says_so(
    door: Door, intake: MemoryIntake, slack: ScriptedSlack
) -> None:
    slack.refuse("conversations.open", "user_disabled")
    answer = await door.send(urlencode(raw("slash")).encode())
    assert answer.status == 200
    assert "could not" in (await answer.json())["text"]
    assert intake.arrivals == []


async def test_stale_signature_is_refused(door: Door, record_property: Note) -> None:
    for age in STALE:
        assert (await door.send(b"{}", age=age)).status == 401
    record_property("F2", f"Slack: {len(STALE)} signatures of other times, all refused")


@pytest.mark.parametrize("age", [299, -299])
async def test_signature_within_the_window_counts(door: Door, age: float) -> None:
    assert (await door.send(json.dumps(raw("message_im")).encode(), JSON, age=age)).status == 200


async def test_wrong_signatures_are_unauthorised(door: Door, clock: FakeClock, record_property: Note) -> None:
    """At impossible times, and at the right one."""
    tried = list(product([*STRANGE_TIMES, str(int(clock.now().timestamp()))], WRONG))
    for timestamp, signature in tried:
        headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
        answer = await door.client.post("/slack/events", data=b"{}", headers=headers)
        assert answer.status == 401
    record_property("F2", f"Slack: {len(tried)} wrong signatures, all refused")


async def test_unsigned_bytes_are_unauthorised_whatever_they_are(door: Door, intake: MemoryIntake) -> None:
    dice = random.Random(7)
    bodies = [
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 30_000,
        json.dumps(raw("message_im")).encode(),
        b"0" * 900_000,
    ]
    bodies += [dice.randbytes(dice.randrange(200)) for _ in range(300)]
    for body in bodies:
        assert (await door.client.post("/slack/events", data=body)).status == 401
    assert intake.arrivals == []


NONSENSE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"[" * 30_000,
    b'{"a":' * 30_000,
    b'{"a":' * 65 + b"1" + b"}" * 65,
    b"payload=",
    b"payload=%7B",
    b"payload=[]",
    b"&".join(b"a=1" for _ in range(1000)),
    b'{"type": 5}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"event": 5, "type": "event_callback"}',
    b'{"authorizations": 3}',
]


@pytest.mark.parametrize("body", NONSENSE)
async def test_signed_nonsense_is_a_bad_request(door: Door, body: bytes) -> None:
    assert (await door.send(body)).status == 400


async def test_signed_body_that_is_too_large(door: Door, record_property: Note) -> None:
    assert (await door.send(b"x" * (MAX_BYTES + 1))).status == 413
    record_property("F3", f"{MAX_BYTES + 1:,} bytes: refused")


async def test_body_that_is_not_compressed_as_it_says(door: Door) -> None:
    assert (await door.send(b"no deflate", {"Content-Encoding": "deflate"})).status == 400


async def test_compressed_body_cannot_grow_without_end(door: Door, record_property: Note) -> None:
    bomb = zlib.compress(b"0" * 50_000_000)
    assert (await door.send(bomb, {"Content-Encoding": "deflate"})).status in (400, 413)
    record_property("F3", f"50,000,000 bytes in {len(bomb):,}: refused")


async def test_a_storm_of_malformed_requests_never_breaks_the_server(
    door: Door, intake: MemoryIntake, record_property: Note
) -> None:
    samples = [raw(name) for name in names()]
    port = door.client.port
    assert port is not None

    def throw(dice: random.Random) -> Knock:
        kind = dice.choice(["noise", "unsigned", "forged", "mutated", "mutated", "mutated", "damaged"])
        event = json.dumps(dice.choice(samples)).encode()
        if kind == "mutated":
            body = json.dumps(mutated(dice.choice(samples), dice)).encode()
            return Knock(body=body, headers=JSON | door.signature(body), allowed=(200, 400))
        if kind == "damaged":
            body = damaged(event, dice)
            return Knock(body=body, headers=JSON | door.signature(body), allowed=(200, 400))
        if kind == "forged":
            strange = {"X-Slack-Signature": dice.choice(["", "v0=", "v0=" + "0" * 64, "\xfc", "v0=\xff"])}
            return Knock(body=event, headers=JSON | door.signature(event) | strange, allowed=(401,))
        body = noise(dice) if kind == "noise" else event
        if dice.random() < 0.3:
            return Knock(body=body, headers=door.signature(body), allowed=(200, 400))
        return Knock(body=body, headers={}, allowed=(401,))

    record_property("F1", await storm(port, "/slack/events", throw))
    assert (await door.send_event(raw("message_im"))).status == 200
    keys = [each.key for each in intake.arrivals]
    assert len(keys) == len(set(keys))


async def test_a_request_replayed_within_the_window_is_committed_once(
    door: Door, intake: MemoryIntake, record_property: Note
) -> None:
    body = json.dumps(raw("message_im")).encode()
    for _ in range(REPLAYS):
        assert (await door.send(body, JSON, age=200)).status == 200
    assert len(intake.arrivals) == 1
    record_property("F2", f"Slack: {REPLAYS} replays of one request, 1 arrival")


async def test_integers_of_twenty_digits_and_a_depth_of_sixty_are_read(door: Door) -> None:
    deep: object = 10**19
    for _ in range(60):
        deep = {"a": deep}
    assert (await door.send_event(raw("message_im") | {"more": deep})).status == 200


async def test_slow_connections_hold_nobody_up_and_are_ended(
    door: Door, intake: MemoryIntake, monkeypatch: pytest.MonkeyPatch, record_property: Note
) -> None:
    headers = "".join(f"{name}: {value}\r\n" for name, value in door.signature(b"{}").items())
    begun = f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n{headers}\r\n{{".encode()
    slow = [await _begun(door, begun) for _ in range(SLOW)]
    seconds = list[float]()
    for number in range(MEANWHILE):
        event = raw("message_im") | {"event_id": f"Ev{number}"}
        event["event"] |= {"ts": f"1700000000.{number:06}"}
        started = time.perf_counter()
        assert (await door.send_event(event)).status == 200
        seconds.append(time.perf_counter() - started)
    assert len(intake.arrivals) == MEANWHILE
    monkeypatch.setattr("adapters.body.MAX_SECONDS", 0.01)
    reader, writer = await _begun(door, begun)
    assert b" 408 " in await reader.readline()
    for _, each in (*slow, (reader, writer)):
        each.close()
    late = 1000 * sorted(seconds)[int(MEANWHILE * 0.95)]
    record_property(
        "F3",
        f"{MEANWHILE} events beside {SLOW} slow connections: p95 of the answer {late:.0f} ms (wanted: 500)",
    )


async def _begun(door: Door, content: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which no more comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.client.port)
    writer.write(content)
    await writer.drain()
    return reader, writer


async def test_files_of_a_form_are_no_event(door: Door) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="payload"; filename="a"\r\n\r\n{}\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await door.send(body, kind)).status == 400


async def test_unknown_but_signed_events_are_acknowledged(door: Door, intake: MemoryIntake) -> None:
    body = raw("message_im") | {"event": {"type": "emoji_changed"}}
    assert (await door.send_event(body)).status == 200
    assert intake.arrivals == []


async def test_before_the_start_nothing_is_acknowledged(make_adapter: MakeAdapter, clock: FakeClock) -> None:
    adapter: SlackAdapter = make_adapter()
    assert not adapter.health().ok
    assert [route.path for route in adapter.routes()] == ["/slack/events"]
