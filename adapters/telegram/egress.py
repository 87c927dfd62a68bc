"""What leaves for Telegram: fills `core.ports.Channel`.

A visible post begins as a placeholder and is edited from then on. In private chats the growing text is shown
as a draft, and the placeholder is put up when the answer is ready.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from adapters.markdown import JOINER, clean
from adapters.telegram import limits, render
from adapters.telegram.api import Api
from adapters.telegram.posts import PLACEHOLDER, Posts, answer_buttons, stop_button
from adapters.telegram.render import TelegramText
from adapters.telegram.signs import THINKING, Signs
from adapters.telegram.topics import Topics
from adapters.telegram.uploads import Uploads
from core import words
from core.delivery.pacing import Allowance
from core.errors import Gone, Moved, Refused, Vanished
from core.message import Conversation, LyingFile, Post, Reply
from core.ports import Clock

log = logging.getLogger(__name__)


class TelegramChannel:
    """The posts of the assistant in Telegram."""

    def __init__(self, *, api: Api, signs: Signs, clock: Clock, uploads: Uploads) -> None:
        self._uploads = uploads
        self._topics = Topics(api=api)
        self._posts = Posts(api=api)
        self._signs = signs
        self._group_previews = Allowance(limits.GROUP_PREVIEWS, clock)
        self._private_previews = Allowance(limits.PRIVATE_PREVIEWS, clock)

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Cut an answer into parts of one Telegram message each; its sources get one where they need it."""
        *parts, last = [Reply(text=part) for part in render.split(reply.text)]
        if render.fits(last.text, reply.citations):
            return [*parts, replace(reply, text=last.text)]
        return [*parts, last, replace(reply, text="")]

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        """Put up a placeholder; returns its `message_id`. A bare one, since nobody could find it again.

        What opens a thread begins a topic instead, and a voice note is sent whole: nothing can be made one.

        Raises:
            Uncertain: it may stand there.
        """
        if post.opens:
            return await self._topics.open(post, reply)
        if reply is not None and reply.file is not None and reply.file.spoken:
            return await self._speak(post, reply.file)
        platform_id = await self._posts.put_up(post)
        self._signs.lower_for(post)
        return platform_id

    async def settle(self, post: Post, reply: Reply) -> None:
        """Make the post show exactly `reply`; safe to repeat."""
        self._signs.lower_for(post)
        if post.opens:
            await self._topics.settle(post, reply)
            return
        if reply.file is not None:
            if not reply.file.spoken:
                await self._show_file(post, reply.file)
            return
        shown = _calling(_visible(render.layout(reply.text, reply.citations)), reply.mentions)
        await self._posts.change(post, shown, answer_buttons(post, reply))
        if reply.pinned:
            await self._topics.pin(post)

    async def _speak(self, post: Post, file: LyingFile) -> str:
        """Send a voice note; in place of one that cannot be had, say so. Returns its `message_id`."""
        try:
            return await self._uploads.speak(post, file)
        except (Gone, Moved):
            raise
        except Refused as error:
            log.info("the voice note of post %s could not be sent: %s", post.id, error)
            return await self._posts.put_up(post, render.layout(words.voice_lost(), ()))

    async def _show_file(self, post: Post, file: LyingFile) -> None:
        """Put the file into the post; in place of one that cannot be had, say so."""
        try:
            await self._uploads.put_into(post, file)
        except (Vanished, Gone, Moved):
            raise
        except Refused as error:
            log.info("the file of post %s could not be brought: %s", post.id, error)
            lost = render.layout(words.file_lost(clean(file.attachment.name or file.attachment.kind)), ())
            await self._posts.change(post, lost, None)

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        """Bots cannot read what they wrote: a placeholder whose id was lost stays behind.

        Raises:
            Refused: it is no placeholder but a voice note, which nobody is to hear twice.
        """
        if reply is not None and reply.file is not None and reply.file.spoken:
            raise Refused("Whether the voice note arrived cannot be seen; it is not sent twice.")
        return None

    async def withdraw(self, post: Post) -> None:
        """Delete the post; that it is gone already is success."""
        self._signs.lower_for(post)
        await self._posts.delete(post)

    def drafts(self, conversation: Conversation) -> bool:
        """True in private chats, as long as the server has drafts."""
        return self._signs.drafts(conversation)

    def cadence(self, conversation: Conversation) -> float:
        """Seconds between two previews."""
        return limits.DRAFT_SECONDS if self.drafts(conversation) else limits.EDIT_SECONDS

    async def working(self, post: Post, doing: str = "") -> None:
        """Show "Thinking…", or at what, or the typing line, and keep it up; nobody waits for it."""
        self._signs.raise_for(post, render.preview(f"{doing[:1].upper()}{doing[1:]}…") if doing else THINKING)

    async def hold(self, post: Post, notice: str) -> bool:
        """Say it in a draft; it lasts for half a minute."""
        if post.platform_id or not self.drafts(post.conversation):
            return False
        self._signs.lower_for(post)
        await self._signs.draft(post, render.preview(notice))
        return True

    async def show(self, post: Post, text: str) -> None:
        """Show the answer so far, as a draft or in the placed post.

        An edit that the chat has no room for is left out: another follows.
        """
        self._signs.lower_for(post)
        growing = render.preview(text)
        if not _is_visible(growing):
            return
        if not post.platform_id:
            await self._signs.draft(post, growing)
        elif self._has_room(post.conversation):
            await self._posts.change(post, growing, None if post.conversation.direct else stop_button())

    async def rest(self, post: Post) -> None:
        """Take the sign of work down."""
        self._signs.lower_for(post)

    def _has_room(self, place: Conversation) -> bool:
        previews = self._private_previews if place.direct else self._group_previews
        return previews.take(limits.chat_key(place))


def _calling(text: TelegramText, names: Sequence[str]) -> TelegramText:
    """With names below it that Telegram links by itself, so that those who bear them are told."""
    return replace(text, text="\n\n".join((text.text, " ".join(names)))) if names else text


def _visible(text: TelegramText) -> TelegramText:
    """Telegram takes no message without a visible character."""
    return text if _is_visible(text) else PLACEHOLDER


def _is_visible(text: TelegramText) -> bool:
    return bool(text.text.replace(JOINER, "").strip())
