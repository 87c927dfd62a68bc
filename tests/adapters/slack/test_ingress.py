"""Reading what Slack sends, from stored samples."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.ingress import enterprise, read, read_slash, tenant
from adapters.slack.payload import Payload
from adapters.slack.wording import readable
from core.errors import UnreadableEvent
from core.message import EVENT, Addressing, Deletion, Departure, Edit, Message, Rating, Stop
from tests.adapters.slack.payloads import CHANNEL, DIRECT, TEAM, US, names, raw, sample


def read_message(name: str, **event: object) -> Message:
    arrival = read(sample(name, **event), US)
    assert arrival is not None
    assert isinstance(arrival.event, Message)
    return arrival.event


def key_of(name: str) -> str:
    arrival = read(Payload(raw(name)), US)
    assert arrival is not None
    return arrival.key


def test_direct_message_begins_a_conversation_of_its_own() -> None:
    message = read_message("message_im")
    assert message.addressed is Addressing.DIRECT
    assert message.text == "What is an espresso?"
    assert message.conversation.key == f"slack:{TEAM}:{DIRECT}:1763971200.000100"
    assert message.conversation.direct
    assert message.sender.id == "U2147483697"
    assert message.sent_at == datetime(2025, 11, 24, 8, 0, 0, 100, UTC)


def test_reply_in_a_direct_message_stays_in_its_thread() -> None:
    assert read_message("message_im_thread").conversation == read_message("message_im").conversation


def test_mention_is_taken_out_of_the_text() -> None:
    message = read_message("app_mention")
    assert message.addressed is Addressing.MENTION
    assert message.text == "is it everything a river should be?"
    assert not message.conversation.direct


def test_the_twins_of_a_mention_say_the_same_under_one_key() -> None:
    assert key_of("app_mention") == key_of("message_mention_twin")
    assert read_message("app_mention") == read_message("message_mention_twin")


def test_a_post_in_a_shared_channel_has_one_key_in_every_workspace() -> None:
    assert key_of("connect_message") == key_of("connect_message_next_door")


def test_a_sender_from_another_organisation_keeps_their_own_workspace() -> None:
    message = read_message("connect_message")
    assert message.conversation.tenant == TEAM
    assert message.sender.tenant == "T0NEXTDOOR"


def test_an_installation_for_a_whole_organisation_still_names_the_workspace() -> None:
    body = Payload(raw("grid_mention"))
    assert tenant(body) == TEAM
    assert enterprise(body) == "E0ORG00001"
    assert read_message("grid_mention").sender.tenant == TEAM


def test_an_installation_for_one_workspace_names_no_organisation() -> None:
    assert enterprise(Payload(raw("message_im"))) == ""


@pytest.mark.parametrize(
    "name", ["message_channel", "bot_message", "channel_join", "our_own_update", "message_unfurled"]
)
def test_what_is_not_meant_for_us_is_left_alone(name: str) -> None:
    assert read(Payload(raw(name)), US) is None


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B0OTHER"},
        {"user": US},
        {"user": "USLACKBOT"},
        {"subtype": "channel_topic"},
        {"subtype": "bot_message", "bot_id": "B0OTHER"},
    ],
)
def test_bots_ourselves_and_notices_are_never_answered(event: dict[str, object]) -> None:
    assert read(sample("message_im", **event), US) is None


def test_thread_without_mention_is_left_to_the_intake() -> None:
    message = read_message("message_thread")
    assert message.addressed is Addressing.THREAD
    assert message.text == "and <tea> & biscuits (https://example.org/a)?"


def test_command_in_a_thread() -> None:
    message = read_message("message_command")
    assert (message.command, message.text) == ("again", "shorter, please")


@pytest.mark.parametrize(
    ("text", "command", "rest"),
    [
        ("!help", "help", ""),
        ("!STOP", "stop", ""),
        ("!me", "me", ""),
        ("!menu of the day", "", "!menu of the day"),
        ("! help", "", "! help"),
        ("say !help", "", "say !help"),
    ],
)
def test_commands(text: str, command: str, rest: str) -> None:
    message = read_message("message_im", text=text)
    assert (message.command, message.text) == (command, rest)


def test_files_come_as_attachments_unless_they_are_gone() -> None:
    message = read_message("file_share")
    assert [(each.kind, each.name, each.size) for each in message.attachments] == [
        ("document", "menu.pdf", 53841),
        ("image", "photo.png", 812),
    ]


def test_edit_has_a_key_of_its_own() -> None:
    arrival = read(Payload(raw("message_changed")), US)
    assert arrival is not None
    assert isinstance(arrival.event, Edit)
    assert arrival.event.message.id == "1763971200.000100"
    assert arrival.event.message.text == "What is a double espresso?"
    assert arrival.event.conversation == read_message("message_im").conversation
    assert arrival.key == f"{key_of('message_im')}:edit:1763971215.000000"


def test_an_edit_that_takes_the_mention_away_is_still_told() -> None:
    after = {**raw("message_mention_twin")["event"], "text": "never mind", "edited": {"ts": "1763971399.0"}}
    before = raw("message_mention_twin")["event"]
    body = sample("message_changed", message=after, previous_message=before, channel=CHANNEL)
    arrival = read(body, US)
    assert arrival is not None
    assert isinstance(arrival.event, Edit)
    assert arrival.event.message.text == "never mind"


def test_deletion() -> None:
    arrival = read(Payload(raw("message_deleted")), US)
    assert arrival is not None
    assert arrival.event == Deletion(
        conversation=read_message("message_im_thread").conversation, message_id="1763971260.000200"
    )
    assert arrival.key == f"{key_of('message_im_thread')}:deleted"


def test_deleting_a_question_that_has_an_answer_is_a_deletion_too() -> None:
    arrival = read(Payload(raw("message_tombstone")), US)
    assert arrival is not None
    assert arrival.event == Deletion(
        conversation=read_message("app_mention").conversation, message_id="1763971300.000300"
    )


def test_deletion_of_what_was_never_meant_for_us_is_left_alone() -> None:
    before = raw("message_channel")["event"]
    body = sample("message_deleted", previous_message=before, channel=CHANNEL, deleted_ts=before["ts"])
    assert read(body, US) is None


def test_stop_button() -> None:
    arrival = read(Payload(raw("agent_session_stopped")), US)
    assert arrival is not None
    assert isinstance(arrival.event, Stop)
    assert arrival.event.conversation == read_message("message_im").conversation


@pytest.mark.parametrize(("name", "verdict"), [("reaction_added", "good"), ("reaction_removed", "none")])
def test_reactions_judge_our_posts(name: str, verdict: str) -> None:
    arrival = read(Payload(raw(name)), US)
    assert arrival is not None
    assert isinstance(arrival.event, Rating)
    assert (arrival.event.verdict, arrival.event.post_id) == (verdict, "1763971301.000100")


@pytest.mark.parametrize("event", [{"reaction": "tada"}, {"item_user": "U0ELSE"}, {"user": US}])
def test_other_reactions_are_left_alone(event: dict[str, object]) -> None:
    assert read(sample("reaction_added", **event), US) is None


def test_feedback_button() -> None:
    arrival = read(Payload(raw("feedback")), US)
    assert arrival is not None
    assert isinstance(arrival.event, Rating)
    assert (arrival.event.verdict, arrival.event.turn_id) == ("bad", "turn-7")
    assert arrival.event.conversation == read_message("message_im").conversation


def test_two_people_may_press_the_same_button() -> None:
    body = raw("feedback")
    body["user"] = {**body["user"], "id": "U0OTHER"}
    other = read(Payload(body), US)
    assert other is not None
    assert other.key != key_of("feedback")


def test_regenerate_button_is_a_command() -> None:
    message = read_message("regenerate")
    assert message.command == "again"
    assert message.reply_to == "1763971201.000100"
    assert message.conversation == read_message("message_im").conversation


@pytest.mark.parametrize("name", ["member_left_channel", "app_uninstalled", "tokens_revoked"])
def test_departure(name: str) -> None:
    arrival = read(Payload(raw(name)), US)
    assert arrival is not None
    assert isinstance(arrival.event, Departure)
    assert arrival.event.conversation.tenant == TEAM


def test_somebody_else_leaves() -> None:
    arrival = read(sample("member_left_channel", user="U061F7AUR"), US)
    assert arrival is not None
    assert isinstance(arrival.event, Departure)
    assert arrival.event.person is not None
    assert arrival.event.person.id == "U061F7AUR"


@pytest.mark.parametrize(
    ("text", "command", "rest"),
    [
        ("what is in a payload?", "", "what is in a payload?"),
        ("", "help", ""),
        ("help", "help", ""),
        ("again shorter", "again", "shorter"),
        ("stop", "stop", ""),
    ],
)
def test_slash_command(text: str, command: str, rest: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    arrival = read_slash(Payload({**raw("slash"), "text": text}), DIRECT, now)
    assert isinstance(arrival.event, Message)
    assert (arrival.event.command, arrival.event.text) == (command, rest)
    assert arrival.event.addressed is Addressing.COMMAND
    assert arrival.event.conversation.channel == DIRECT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hi <@U1|ana> and <@U2>", "hi @ana and @U2"),
        ("see <#C1|general> or <#C2>", "see #general or #C2"),
        ("<!here> <!subteam^S1|@cooks> <!channel|@channel>", "@here @cooks @channel"),
        ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
        ("<https://example.org> <https://example.org|https://example.org>", "https://example.org " * 2),
        ("<mailto:ana@example.org|ana@example.org>", "ana@example.org"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("a < b", "a < b"),
        ("🙂", "🙂"),
        ("שלום", "שלום"),
    ],
)
def test_notation_becomes_what_a_person_saw(text: str, shown: str) -> None:
    assert readable(text) == shown.strip()


def test_a_bare_mention_is_an_empty_message() -> None:
    assert read_message("app_mention", text=f" <@{US}> ").text == ""


def test_long_text_passes_whole_and_strange_characters_do_not() -> None:
    assert len(read_message("message_im", text="x" * 100_000).text) == 100_000
    assert read_message("message_im", text="a\0b\ud800c").text == "ab?c"


def test_what_is_kept_can_be_stored_anywhere() -> None:
    arrival = read(sample("message_im", text="a\0b\ud800c"), US)
    assert arrival is not None
    assert "\0" not in arrival.raw
    arrival.raw.encode()
    assert "XXYYZZ" not in arrival.raw
    assert EVENT.validate_json(EVENT.dump_json(arrival.event)) == arrival.event


@pytest.mark.parametrize(
    "event",
    [{"ts": None}, {"ts": "soon"}, {"ts": 5}, {"user": []}, {"text": {}}, {"files": "no"}, {"channel": None}],
)
def test_what_slack_never_documents_is_unreadable(event: dict[str, object]) -> None:
    with pytest.raises(UnreadableEvent):
        read(sample("message_im", **event), US)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(name=st.sampled_from(names()), data=st.data())
def test_no_mutation_of_a_sample_surprises_the_reader(name: str, data: st.DataObject) -> None:
    body = raw(name)
    target = body
    while data.draw(st.booleans()):
        inner = [value for value in target.values() if isinstance(value, dict) and value]
        if not inner:
            break
        target = data.draw(st.sampled_from(inner))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_json)
    with suppress(UnreadableEvent):
        read(Payload(body), US)
