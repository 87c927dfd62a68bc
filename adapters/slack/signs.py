"""Signs of work: the line under the composer, and the session state that makes Slack show a Stop button."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.errands import Errands
from adapters.slack import limits
from adapters.slack.api import Api
from adapters.slack.errors import MISSING_FEATURE, SlackRefused
from adapters.slack.workspaces import Workspaces
from core import words
from core.delivery.pacing import Allowance
from core.errors import PlatformError
from core.message import Conversation, Post
from core.ports import Clock

SESSION, LINE = "agents.sessions.setStatus", "assistant.threads.setStatus"

log = logging.getLogger(__name__)


class Signs:
    """Courtesies: where Slack lacks the feature, or is too busy for them, they are left out."""

    def __init__(self, *, api: Api, workspaces: Workspaces, errands: Errands, clock: Clock) -> None:
        self._api = api
        self._workspaces = workspaces
        self._errands = errands
        self._budget = Allowance(limits.SIGNS, clock)
        self._missing: set[tuple[str, str, bool]] = set()
        self._at_work: dict[str, bool] = {}
        """Posts for which a session is marked as processing; True where the post stood there before."""

    async def raise_for(self, post: Post) -> None:
        """Show that the assistant is at work on `post`."""
        place = post.conversation
        if not place.thread or not self._budget.take(place.tenant):
            return
        started, _ = await asyncio.gather(
            self._session(place, "processing", post.recipient.id if post.recipient else None),
            self._line(place, words.thinking()),
        )
        if started:
            self._at_work[post.id] = bool(post.platform_id)

    async def name_work(self, post: Post, doing: str) -> None:
        """Say in the line at what the assistant is at work."""
        place = post.conversation
        if place.thread and self._budget.take(place.tenant):
            await self._line(place, words.at_work(doing))

    async def say(self, post: Post, notice: str) -> bool:
        """Put a notice into the line; False where there is no line, or no room for it."""
        place = post.conversation
        if not place.thread or not self._budget.take(place.tenant):
            return False
        return await self._line(place, words.saying(notice))  # Slack puts the app's name before it

    def lower_for(self, post: Post) -> None:
        """Take the signs down; nobody waits for it."""
        if post.id in self._at_work:
            self._errands.run(self._lower(post, stood_before=self._at_work.pop(post.id)))

    async def _lower(self, post: Post, *, stood_before: bool) -> None:
        await self._session(post.conversation, "active", None)
        # a new reply takes the line down by itself, an edit does not
        if stood_before or not post.platform_id:
            await self._line(post.conversation, "")

    async def _session(self, place: Conversation, status: str, initiator: str | None) -> bool:
        async def call(client: AsyncWebClient) -> AsyncSlackResponse:
            return await client.agents_sessions_setStatus(
                channel_id=place.channel,
                thread_ts=place.thread,
                status=status,
                initiator_user_id=initiator,
            )

        return await self._try(SESSION, place, call)

    async def _line(self, place: Conversation, text: str) -> bool:
        async def call(client: AsyncWebClient) -> AsyncSlackResponse:
            return await client.assistant_threads_setStatus(
                channel_id=place.channel, thread_ts=place.thread, status=text
            )

        return await self._try(LINE, place, call)

    async def _try(
        self,
        method: str,
        place: Conversation,
        call: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]],
    ) -> bool:
        feature = (place.tenant, method, place.direct)
        if feature in self._missing:
            return False
        try:
            workspace = await self._workspaces.get(place.tenant)
            async with self._api.calling(method, workspace) as client:
                await call(client)
        except SlackRefused as error:
            if error.code in MISSING_FEATURE:
                self._missing.add(feature)
            log.info("%s is left out in %s: %s", method, place.key, error.code)
            return False
        except PlatformError as error:
            log.info("%s failed in %s: %s", method, place.key, error)
            return False
        return True
