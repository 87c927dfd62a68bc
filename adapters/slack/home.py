"""What a person sees of the assistant before and around a conversation: prompts, home tab and titles."""

import logging

from adapters.slack.api import Api, Workspace
from adapters.slack.errors import SlackRefused
from adapters.slack.payload import Payload
from adapters.slack.workspaces import Workspaces
from core import words
from core.errors import PlatformError
from core.message import Conversation, Message, Platform
from core.policy import Policies, Policy
from core.translation import spoken

TITLE_LENGTH = 60

log = logging.getLogger(__name__)


class Home:
    """Small courtesies: each may fail without harm to an answer."""

    def __init__(self, *, api: Api, workspaces: Workspaces, policies: Policies) -> None:
        self._api = api
        self._workspaces = workspaces
        self._policies = policies

    async def opened(self, team: str, event: Payload) -> None:
        """A person opened a tab of the app (event `app_home_opened`)."""
        channel, user = event.text("channel"), event.required("user")
        try:
            workspace = await self._workspaces.get(team)
            if event.text("tab") == "messages":
                await self._suggest(workspace, channel, "")
            else:
                await self._publish(workspace, user)
        except PlatformError as error:
            log.warning("Slack took no home for user %s in %s: %s", user, team, error)

    async def thread_started(self, team: str, thread: Payload) -> None:
        """A person opened a new chat in an app that still has the older assistant view."""
        channel = thread.required("channel_id")
        try:
            await self._suggest(await self._workspaces.get(team), channel, thread.text("thread_ts"))
        except PlatformError as error:
            log.warning("Slack took no prompts for channel %s in %s: %s", channel, team, error)

    async def title(self, message: Message) -> None:
        """Name a new chat after its first question."""
        conversation = message.conversation
        title = " ".join(message.text.split())[:TITLE_LENGTH]
        try:
            await self._rename(await self._workspaces.get(conversation.tenant), conversation, title)
        except PlatformError as error:
            log.info("Slack took no title for %s: %s", conversation.key, error)

    async def _rename(self, workspace: Workspace, place: Conversation, title: str) -> None:
        try:
            async with self._api.calling("agents.sessions.rename", workspace) as client:
                await client.agents_sessions_rename(
                    channel_id=place.channel, thread_ts=place.thread, title=title
                )
        except SlackRefused:  # no session yet, or an app with the older assistant view
            async with self._api.calling("assistant.threads.setTitle", workspace) as client:
                await client.assistant_threads_setTitle(
                    channel_id=place.channel, thread_ts=place.thread, title=title
                )

    async def _suggest(self, workspace: Workspace, channel: str, thread: str) -> None:
        policy = self._policy(workspace.team, channel)
        prompts = [{"title": text, "message": text} for text in policy.suggestions]
        if not prompts:
            return
        async with self._api.calling("assistant.threads.setSuggestedPrompts", workspace) as client:
            await client.assistant_threads_setSuggestedPrompts(
                # With a thread the call fails silently where the app has the agent view.
                channel_id=channel,
                thread_ts=thread or None,
                prompts=prompts,
            )

    async def _publish(self, workspace: Workspace, user: str) -> None:
        view = home_view(self._policy(workspace.team, ""))
        async with self._api.calling("views.publish", workspace) as client:
            await client.views_publish(user_id=user, view=view)

    def _policy(self, team: str, channel: str) -> Policy:
        place = Conversation(platform=Platform.SLACK, tenant=team, channel=channel, direct=True)
        return self._policies.for_conversation(place)


def home_view(policy: Policy) -> dict[str, object]:
    """The home tab: who answers, what it can do, and what happens to what people write."""
    with spoken(policy.language):
        abilities = (words.where_to_write(), words.commands_everywhere(), words.buttons_tell_us())
        greeting, privacy = policy.greeting or words.greeting(), words.privacy()
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": policy.name[:150]}},
            _section(greeting[:3000]),
            _section("\n".join(f"• {each}" for each in abilities)),
            {"type": "context", "elements": [{"type": "mrkdwn", "text": privacy}]},
        ],
    }


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
