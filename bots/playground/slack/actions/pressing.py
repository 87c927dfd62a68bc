"""Pressing buttons, Stop, slash commands."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from bots.playground.slack.actions.base import Action, Stage
from bots.playground.slack.delivery import Answer
from bots.playground.slack.errors import SlackError
from bots.playground.slack.events import Event
from bots.playground.slack.forms import message_form
from bots.playground.slack.ids import secret
from bots.playground.slack.methods.views import form_of
from bots.playground.slack.responses import answer, new_url
from bots.playground.slack.snapshot import is_at_work
from bots.playground.slack.state import Channel, Message, Payload, ResponseUrl


class Click(Action):
    """Press a button of a message, feedback buttons included."""

    action: Literal["click"]
    user: str
    channel: str
    ts: str
    action_id: str
    value: str = ""

    async def play(self, stage: Stage) -> Payload:
        channel = stage.visited(self.channel, self.user)
        message = stage.message(channel, self.ts, self.user)
        block, element = self._element(message)
        payload = _interaction(stage, channel, message, self.user)
        payload["actions"] = [
            {
                "type": element["type"],
                "action_id": self.action_id,
                "block_id": block.get("block_id", ""),
                "action_ts": stage.platform.next_ts(),
                **({"text": element["text"]} if "text" in element else {}),
                **({"value": self.value or element["value"]} if self.value or "value" in element else {}),
            }
        ]
        _check(await stage.deliveries.ask("interactive", payload), "the button did not work")
        return {}

    def _element(self, message: Message) -> tuple[Payload, Payload]:
        for block in message.blocks:
            for element in _elements(block):
                if element.get("action_id") == self.action_id and self._fits(element):
                    return block, element
        raise ValueError(f"message {self.ts} has no element {self.action_id} with this value")

    def _fits(self, element: Payload) -> bool:
        sides = [element.get("positive_button"), element.get("negative_button")]
        values = [each.get("value") for each in (element, *sides) if isinstance(each, dict)]
        return self.value in values or (not self.value and element.get("type") != "feedback_buttons")


def _elements(block: Payload) -> Iterator[Payload]:
    elements = block.get("elements")
    for each in [*(elements if isinstance(elements, list) else []), block.get("accessory")]:
        if isinstance(each, dict):
            yield each


def _interaction(stage: Stage, channel: Channel, message: Message, user: str) -> Payload:
    """The outer body of `block_actions` (docs.slack.dev/reference/interaction-payloads)."""
    person, app = stage.user(user), stage.world.app
    team = stage.world.teams[stage.installation(channel).team_id]
    is_ephemeral = message.visible_to is not None
    container: Payload = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
    }
    return {
        "type": "block_actions",
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": app.id,
        "token": app.verification_token,
        "container": container | ({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        "trigger_id": _trigger(stage, user),
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name},
        "message": message_form(stage.world, message),
        "state": {"values": {}},
        "response_url": new_url(stage.platform, channel.id, user, None if is_ephemeral else message.ts),
    }


def _trigger(stage: Stage, user: str) -> str:
    trigger = secret("")
    stage.world.triggers[trigger] = (user, stage.platform.now())
    return trigger


def _check(result: Answer, sentence: str) -> None:
    if result.failure:
        raise ValueError(f"{sentence}: {result.failure}")


class CloseModal(Action):
    """Close the window that the app has opened, and see the one below it, if any."""

    action: Literal["close_modal"]
    user: str

    async def play(self, stage: Stage) -> Payload:
        stack = stage.world.modals.get(stage.user(self.user).id)
        if not stack:
            raise ValueError("no window is open")
        stack.pop()
        stage.platform.changes.publish("modal", {"user": self.user, "view": None})
        return {}


class SubmitModal(Action):
    """Fill in the fields of the window that the app has opened, and press its button.

    docs.slack.dev/reference/interaction-payloads/view-interactions-payload
    """

    action: Literal["submit_modal"]
    user: str
    values: dict[str, str] = Field(default_factory=dict)
    """By the field's action id; what is not named stays as it is."""

    async def play(self, stage: Stage) -> Payload:
        person, world = stage.user(self.user), stage.world
        stack = world.modals.get(person.id)
        if not stack:
            raise ValueError("no window is open")
        view = world.views[stack[-1]]
        if "submit" not in view.body:
            raise ValueError("this window has nothing to submit")
        team = world.teams[view.team_id]
        payload: Payload = {
            "type": "view_submission",
            "team": {"id": team.id, "domain": team.domain},
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": person.team_id,
            },
            "api_app_id": world.app.id,
            "token": world.app.verification_token,
            "trigger_id": _trigger(stage, self.user),
            "view": form_of(stage.platform, view) | {"state": {"values": self._state(view.body)}},
            "response_urls": [],
            "is_enterprise_install": False,
            "enterprise": None,
        }
        result = await stage.deliveries.ask("interactive", payload)
        _check(result, "we had some trouble connecting")
        if result.body.get("response_action"):
            raise ValueError(f"this emulator closes windows only, and got {result.body['response_action']}")
        stack.pop()
        stage.platform.changes.publish("modal", {"user": self.user, "view": None})
        return {}

    def _state(self, body: Payload) -> Payload:
        values: Payload = {}
        blocks = body["blocks"]
        for block in blocks if isinstance(blocks, list) else []:
            element = block.get("element") if block.get("type") == "input" else None
            if isinstance(element, dict):
                action_id = str(element["action_id"])
                value = self.values.get(action_id, element.get("initial_value"))
                if not value and not block.get("optional"):
                    raise ValueError(f"{action_id}: please complete this required field")
                values[str(block["block_id"])] = {
                    action_id: {"type": element["type"], "value": value or None}
                }
        return values


class Slash(Action):
    """Type a slash command."""

    action: Literal["slash"]
    user: str
    channel: str
    command: str
    text: str = ""

    async def play(self, stage: Stage) -> Payload:
        channel = stage.visited(self.channel, self.user)
        if self.command not in stage.world.app.commands:
            raise ValueError(f"{self.command} is not a valid command")
        result = await stage.deliveries.ask("slash_commands", self._payload(stage, channel))
        _check(result, f"{self.command} failed with the error dispatch_failed")
        if result.body:
            self._answered(stage, channel, result.body)
        return {}

    def _payload(self, stage: Stage, channel: Channel) -> Payload:
        person, app = stage.user(self.user), stage.world.app
        team = stage.world.teams[stage.installation(channel).team_id]
        return {
            "token": app.verification_token,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.kind == "im" else channel.name,
            "user_id": person.id,
            "user_name": person.name,
            "command": self.command,
            "text": self.text,
            "api_app_id": app.id,
            "is_enterprise_install": "false",
            "response_url": new_url(stage.platform, channel.id, self.user, None),
            "trigger_id": _trigger(stage, self.user),
        }

    def _answered(self, stage: Stage, channel: Channel, body: Payload) -> None:
        target = ResponseUrl(
            channel=channel.id, user=self.user, opened_at=stage.platform.now(), message_ts=None
        )
        try:
            answer(stage.platform, target, body)
        except SlackError as error:
            raise ValueError(f"{self.command} failed with the error {error.code}") from error


class Stop(Action):
    """Press Stop while the app is at work (docs.slack.dev/reference/events/agent_session_stopped)."""

    action: Literal["stop"]
    user: str
    channel: str
    thread_ts: str | None = None

    async def play(self, stage: Stage) -> Payload:
        channel = stage.visited(self.channel, self.user)
        streams = self._halted(channel)
        if not streams and not is_at_work(stage.world.sessions.get((channel.id, self.thread_ts))):
            raise ValueError("nothing is at work here that could be stopped")
        body: Payload = {
            "type": "agent_session_stopped",
            "channel": channel.id,
            "thread_ts": self.thread_ts,
            "user": self.user,
            "streaming_message_ts": [each.ts for each in streams],
            "event_ts": stage.platform.next_ts(),
        }
        for each in streams:
            stage.platform.show(each)
        stage.platform.emit(Event(body=body, channel=channel))
        return {}

    def _halted(self, channel: Channel) -> list[Message]:
        """The streams of this thread, which nobody can append to any more."""
        halted = []
        for message in channel.messages.values():
            stream = message.stream
            if stream is not None and stream.is_open and message.thread_ts == self.thread_ts:
                stream.is_open, stream.is_stopped_by_user = False, True
                halted.append(message)
        return halted
