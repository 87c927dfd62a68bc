"""From slack_bolt to the intake: what arrives is committed before Slack is told "received"."""

import logging
import re

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.errands import Errands
from adapters.slack.api import SDK_LOGGER, Api, answer
from adapters.slack.editor import DraftEditor
from adapters.slack.home import Home
from adapters.slack.ingress import (
    enterprise,
    read,
    read_draft,
    read_editing,
    read_opening,
    read_slash,
    tenant,
)
from adapters.slack.passage import PassageWindow
from adapters.slack.payload import Payload
from adapters.slack.workspaces import Authorize, Workspaces
from core import words
from core.errors import PlatformError, UnreadableEvent
from core.message import Arrival, Message
from core.ports import Clock, Intake

_ID = re.compile(r"\w{1,40}", re.ASCII)

log = logging.getLogger(__name__)


class Receiver:
    """Takes events, buttons and slash commands from slack_bolt, whichever way they came."""

    def __init__(
        self,
        *,
        api: Api,
        workspaces: Workspaces,
        intake: Intake,
        home: Home,
        window: PassageWindow,
        editor: DraftEditor | None,
        errands: Errands,
        clock: Clock,
        flow: AsyncOAuthFlow | None,
    ) -> None:
        self._api = api
        self._workspaces = workspaces
        self._intake = intake
        self._home = home
        self._window = window
        self._editor = editor
        self._errands = errands
        self._clock = clock
        self._direct_channels: dict[tuple[str, str], str] = {}
        """Our direct messages with each person who used the slash command: they never change."""
        self.app = AsyncApp(
            logger=SDK_LOGGER,
            name="frontdesk",
            client=api.client(),
            authorize=Authorize(workspaces),  # type: ignore[arg-type]  # typed without the None it documents
            oauth_flow=flow,
            # Raw bytes were verified before anything parsed them; Socket Mode has nothing to verify.
            request_verification_enabled=False,
            ignoring_self_events_enabled=True,
            attaching_conversation_kwargs_enabled=False,
        )
        self.app.use(self.take)

    async def dispatch(self, payload: Payload) -> BoltResponse:
        """Hand a verified HTTP body to slack_bolt.

        It goes the way of Socket Mode, as an object: slack_bolt's own parser loses slash commands that
        contain the word "payload".
        """
        request = AsyncBoltRequest(body=dict(payload.values), mode="socket_mode")
        return await self.app.async_dispatch(request)

    async def take(self, body: dict[str, object]) -> BoltResponse:
        """The one middleware behind slack_bolt's own. There are no listeners: they run after the answer.

        A StoreError passes through: slack_bolt then answers 500, or nothing in Socket Mode, and Slack
        delivers again.
        """
        payload = Payload(body)
        try:
            return await self._take(payload)
        except UnreadableEvent as error:
            log.warning("event %s set aside: %s", _named(body.get("event_id")), error)
            return _received()

    async def _take(self, payload: Payload) -> BoltResponse:
        if payload.text("command"):
            return await self._take_slash(payload)
        if opening := read_opening(payload):
            self._errands.run(self._window.open(opening.passage, opening.conversation, opening.trigger))
            return _received()
        if self._editor and (editing := read_editing(payload)):
            self._errands.run(self._editor.open(editing))
            return _received()
        arrival = read_draft(payload, self._clock.now()) or read(payload, await self._our_user(payload))
        if arrival is not None:
            await self._intake.accept(arrival)
            self._name_chat(arrival)
        await self._look_around(payload)
        return _received()

    async def _our_user(self, payload: Payload) -> str:
        """Our user id in the workspace an event came from; "" where the app has just been removed."""
        workspace = await self._workspaces.find(tenant(payload), enterprise(payload))
        return "" if workspace is None else workspace.user

    async def _take_slash(self, form: Payload) -> BoltResponse:
        try:
            channel = await self._direct_channel(form)
        except PlatformError as error:
            log.warning("no direct messages with user %s: %s", form.text("user_id"), error)
            return _received(words.no_direct_messages())
        await self._intake.accept(read_slash(form, channel, self._clock.now()))
        return _received(words.answer_in_direct_messages())

    async def _direct_channel(self, form: Payload) -> str:
        person = (tenant(form), form.required("user_id"))
        if person not in self._direct_channels:
            workspace = await self._workspaces.get(person[0])
            async with self._api.calling("conversations.open", workspace) as client:
                opened = answer(await client.conversations_open(users=person[1]))
            self._direct_channels[person] = opened.part("channel").required("id")
        return self._direct_channels[person]

    def _name_chat(self, arrival: Arrival) -> None:
        """A chat with the app is called after the message that began it."""
        message = arrival.event
        if not isinstance(message, Message) or message.command or not message.text:
            return
        if message.conversation.direct and message.conversation.thread == message.id:
            self._errands.run(self._home.title(message))

    async def _look_around(self, payload: Payload) -> None:
        """Events that concern the app rather than a conversation."""
        event = payload.part("event")
        kind = event.text("type")
        if kind == "app_home_opened":
            self._errands.run(self._home.opened(tenant(payload), event))
        elif kind == "assistant_thread_started":
            thread = event.part("assistant_thread")
            self._errands.run(self._home.thread_started(tenant(payload), thread))
        elif kind == "app_uninstalled":
            await self._workspaces.uninstall(enterprise(payload) or tenant(payload))


def _named(event: object) -> str:
    """An event's id for the log; what is no id is not written there."""
    return event if isinstance(event, str) and _ID.fullmatch(event) else "?"


def _received(text: str = "") -> BoltResponse:
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text} if text else "")
