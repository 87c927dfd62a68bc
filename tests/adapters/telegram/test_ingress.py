"""What updates mean for us."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiogram.types import Update as Documented
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.ingress import read
from adapters.telegram.payload import BusinessConnection, read_update
from adapters.telegram.wording import Us
from core.errors import UnreadableEvent
from core.message import Addressing, Arrival, Deletion, Departure, Edit, Event, Message, Rating, Relay, Stop

SAMPLES = Path(__file__).parents[2] / "payloads" / "telegram"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
US = Us(id=424242, username="frontdesk_bot")
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def sample(name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return values


def arrivals(values: object) -> tuple[Arrival, ...]:
    update, raw = read_update(values)
    connection = sample("business_connection")["business_connection"]
    business = BusinessConnection.model_validate_json(json.dumps(connection))
    return read(update, raw, US, now=NOW, business=business)


def event(name: str) -> Event | None:
    found = arrivals(sample(name))
    assert len(found) <= 1
    return found[0].event if found else None


def message(name: str) -> Message:
    found = event(name)
    assert isinstance(found, Message)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_as_telegram_documents(name: str) -> None:
    Documented.model_validate(sample(name))


def test_a_private_message() -> None:
    (arrival,) = arrivals(sample("private"))
    found = message("private")
    assert arrival.key == f"telegram:424242:{sample('private')['update_id']}"
    assert json.loads(arrival.raw) == sample("private")
    assert found.text == "When does the canteen open?"
    assert found.addressed is Addressing.DIRECT
    assert found.conversation.key == "telegram:424242:1001:"
    assert found.conversation.direct
    assert (found.sender.id, found.sender.name, found.sender.language) == ("1001", "Mina Okoye", "de")
    assert found.sent_at == datetime.fromtimestamp(1795500000, UTC)


@pytest.mark.parametrize(
    ("name", "addressed", "text"),
    [
        ("group_mention", Addressing.MENTION, "🍲 what is for lunch?"),
        ("group_text_mention", Addressing.MENTION, "what is for lunch?"),
        ("group_photo", Addressing.MENTION, "what is this?"),
        ("topic_mention", Addressing.MENTION, "where is my order?"),
        ("group_reply", Addressing.REPLY, "And on Sundays?"),
        ("anonymous_admin", Addressing.MENTION, "is the kitchen open?"),
        ("sticker", Addressing.DIRECT, "🍕"),
        ("location", Addressing.DIRECT, ""),
    ],
)
def test_how_messages_address_us(name: str, addressed: Addressing, text: str) -> None:
    found = message(name)
    assert (found.addressed, found.text, found.command) == (addressed, text, "")


@pytest.mark.parametrize(
    ("name", "command", "text"),
    [
        ("start", "start", "order-42"),
        ("unknown_command", "weather", "Oslo"),
        ("group_command", "help", "me please"),
        ("group_bare_command", "new", ""),
    ],
)
def test_commands(name: str, command: str, text: str) -> None:
    found = message(name)
    assert (found.addressed, found.command, found.text) == (Addressing.COMMAND, command, text)


@pytest.mark.parametrize(
    "name",
    [
        "added",
        "bot_message",
        "business_connection",
        "button_foreign",
        "channel_forward",
        "group_chatter",
        "group_joined",
        "group_other_bot",
        "group_strange_command",
        "migration",
        "reaction_heart",
        "topic_chatter",
    ],
)
def test_what_is_not_for_us_is_left_alone(name: str) -> None:
    assert arrivals(sample(name)) == ()


def test_topics_are_conversations_of_their_own() -> None:
    assert message("topic_mention").conversation.key == "telegram:424242:-1002002:11"
    assert message("private_topic").conversation.key == "telegram:424242:1001:77"


def test_a_thread_id_outside_a_forum_names_no_topic() -> None:
    assert message("group_thread_without_topic").conversation.thread == ""


def test_what_a_message_answers_comes_along() -> None:
    assert (message("private_quote").reply_to, message("private_quote").quote) == ("400", "opens at 11:30")
    assert message("group_reply").quote == "The canteen opens at 11:30."


def test_anonymous_admins_appear_as_their_group() -> None:
    assert message("anonymous_admin").sender.id == "-2001"


@pytest.mark.parametrize(
    ("name", "kind", "file"),
    [
        ("group_photo", "image", "large"),
        ("voice", "audio", "v1"),
        ("video_note", "video", "n1"),
        ("animation", "video", "a1"),
        ("document", "document", "d1"),
    ],
)
def test_attachments(name: str, kind: str, file: str) -> None:
    (attachment,) = message(name).attachments
    assert (attachment.kind, attachment.id) == (kind, file)


def test_a_document_keeps_its_name_type_and_size() -> None:
    (attachment,) = message("document").attachments
    assert (attachment.name, attachment.media_type, attachment.size) == ("menu.pdf", "application/pdf", 20480)


def test_messages_of_an_album_share_its_id() -> None:
    assert message("album").group == "13800"


def test_an_edit_carries_the_message_as_it_is_now() -> None:
    found = event("edited")
    assert isinstance(found, Edit)
    assert (found.message.id, found.message.text) == ("501", "When does the canteen close?")


def test_feedback_buttons() -> None:
    good, bad = event("button_good"), event("button_old_post")
    assert isinstance(good, Rating)
    assert isinstance(bad, Rating)
    assert (good.verdict, good.turn_id, good.person.id) == ("good", "5f0c9a4e", "1001")
    assert (bad.verdict, bad.turn_id) == ("bad", "5f0c9a4e")


def test_the_again_button_is_a_command() -> None:
    found = message("button_again")
    assert (found.command, found.reply_to, found.sent_at) == ("again", "400", NOW)


def test_the_stop_button_stops_its_topic() -> None:
    found = event("button_stop")
    assert isinstance(found, Stop)
    assert found.conversation.key == "telegram:424242:-1002002:11"


def test_stopping_a_draft_stops_its_chat_and_topic() -> None:
    found = event("stopped")
    assert isinstance(found, Stop)
    assert (found.conversation.key, found.person.id) == ("telegram:424242:1001:77", "1001")


@pytest.mark.parametrize(("name", "verdict"), [("reaction_bad", "bad"), ("reaction_taken_back", "none")])
def test_thumbs_are_ratings(name: str, verdict: str) -> None:
    found = event(name)
    assert isinstance(found, Rating)
    assert (found.post_id, found.verdict) == ("400", verdict)


@pytest.mark.parametrize(("name", "channel"), [("blocked", "1001"), ("removed", "-2001")])
def test_departures(name: str, channel: str) -> None:
    found = event(name)
    assert isinstance(found, Departure)
    assert found.conversation.channel == channel


def test_a_person_who_leaves_a_group() -> None:
    left = sample("group_chatter")
    del left["message"]["text"]
    left["message"]["left_chat_member"] = {"id": 1001, "is_bot": False, "first_name": "Mina"}
    (found,) = arrivals(left)
    assert isinstance(found.event, Departure)
    assert found.event.person is not None
    assert (found.event.person.id, found.event.conversation.thread) == ("1001", "")


def test_a_business_has_its_own_tenant() -> None:
    assert message("business_message").conversation.key == "telegram:424242/bc1:1001:"
    assert isinstance(event("business_edited"), Edit)


def test_deletions_in_a_business_have_a_key_each() -> None:
    found = arrivals(sample("business_deleted"))
    assert [each.event.message_id for each in found if isinstance(each.event, Deletion)] == ["501", "502"]
    assert len({each.key for each in found}) == 2


@pytest.mark.parametrize("rights", [{}, {"rights": {"can_reply": False}}, {"is_enabled": False}])
def test_without_the_right_to_reply_a_business_message_is_not_for_us(rights: dict[str, object]) -> None:
    values = {"id": "bc1", "user": {"id": 1500, "is_bot": False, "first_name": "Paolo"}, "is_enabled": True}
    business = BusinessConnection.model_validate_json(json.dumps(values | rights))
    update, raw = read_update(sample("business_message"))
    assert read(update, raw, US, now=NOW, business=business) == ()


def test_characters_that_no_text_should_hold_are_taken_out() -> None:
    values = sample("private")
    values["message"]["text"] = "a\x00b\ud800c"
    values["message"]["from"]["first_name"] = "Mi\x00na"
    (arrival,) = arrivals(values)
    assert isinstance(arrival.event, Message)
    assert "\x00" not in arrival.event.text
    assert arrival.event.text.startswith("a")
    assert arrival.event.sender.name == "Mina Okoye"
    arrival.raw.encode()
    arrival.event.text.encode()


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        {"update_id": "7"},
        {"update_id": True},
        {"update_id": 7, "message": {}},
        {"update_id": 7, "message": {"message_id": 1, "date": -1, "chat": {"id": 1, "type": "private"}}},
        {"update_id": 7, "message": {"message_id": 1, "date": 10**30, "chat": {"id": 1, "type": "private"}}},
    ],
)
def test_malformed_updates_are_named_as_such(values: object) -> None:
    with pytest.raises(UnreadableEvent):
        arrivals(values)


def test_nesting_is_bounded() -> None:
    deep: dict[str, object] = {}
    for _ in range(70):
        deep = {"reply_to_message": deep}
    with pytest.raises(UnreadableEvent):
        read_update({"update_id": 7, "message": deep})


def test_errors_hold_no_words_of_people() -> None:
    values = sample("private")
    values["message"]["text"] = ["my secret"]
    with pytest.raises(UnreadableEvent) as caught:
        arrivals(values)
    assert "secret" not in str(caught.value)


ENTITIES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["mention", "bot_command", "text_mention", "bold"]),
        "offset": st.integers(0, 40),
        "length": st.integers(0, 40),
    }
)


@given(text=st.text(max_size=40), entities=st.lists(ENTITIES, max_size=4))
def test_no_entity_leads_astray(text: str, entities: list[dict[str, object]]) -> None:
    values = sample("private")
    values["message"] |= {"text": text, "entities": entities}
    for arrival in arrivals(values):
        assert isinstance(arrival.event, Message)
        arrival.event.text.encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(name=st.sampled_from(NAMES), choice=st.randoms(use_true_random=False), value=JSON)
def test_a_changed_update_is_read_or_refused(name: str, choice: Any, value: object) -> None:
    values = sample(name)
    node: Any = values
    while True:
        key = choice.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if not (isinstance(node[key], dict | list) and node[key]) or choice.random() < 0.3:
            node[key] = value
            break
        node = node[key]
    with contextlib.suppress(UnreadableEvent):
        arrivals(values)


def test_what_the_owner_of_a_business_writes_is_heard_and_not_answered() -> None:
    found = event("business_owner")
    assert isinstance(found, Relay)
    assert (found.kind, found.heard) == ("message", True)
    assert found.text == sample("business_owner")["business_message"]["text"]


@pytest.mark.parametrize(
    "more", [{"is_from_offline": True}, {"sender_business_bot": {"id": 7, "is_bot": True, "first_name": "B"}}]
)
def test_what_is_sent_in_the_owners_name_by_itself_means_nothing(more: dict[str, Any]) -> None:
    values = sample("business_owner")
    values["business_message"] |= more
    assert arrivals(values) == ()


def test_in_the_agents_group_all_of_a_topic_is_for_us_and_nothing_beside_it() -> None:
    def addressed(name: str) -> list[Addressing]:
        update, raw = read_update(sample(name))
        us = Us(id=US.id, username=US.username, desk="-1002002")
        found = read(update, raw, us, now=NOW)
        return [each.event.addressed for each in found if isinstance(each.event, Message)]

    assert addressed("topic_chatter") == [Addressing.THREAD]
    assert addressed("group_chatter") == []
