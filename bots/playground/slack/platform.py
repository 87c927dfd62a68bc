"""The emulated platform: the world, its clock and the ways out of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bots.playground.changes import Changes
from bots.playground.slack import events
from bots.playground.slack.delivery import Kind
from bots.playground.slack.events import Event
from bots.playground.slack.forms import message_form, replies_of
from bots.playground.slack.ids import new_id
from bots.playground.slack.state import Channel, Message, Payload, Reaction, World

Deliver = Callable[[Kind, Payload], None]
"""Hands a payload to the deliveries."""


@dataclass(kw_only=True)
class Platform:
    """Everything that changes the world goes through here, so that watchers and the app hear of it."""

    world: World
    now: Callable[[], float]
    """Seconds since the epoch on the emulator's clock."""
    deliver: Deliver
    changes: Changes = field(default_factory=Changes)
    _last: int = 0

    def next_ts(self) -> str:
        """A timestamp no other message has, in Slack's form `seconds.microseconds`."""
        self._last = max(self._last + 1, int(self.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def emit(self, event: Event) -> None:
        """Send `event` to the app wherever it is installed and subscribed."""
        for installation in events.receivers(self.world, event):
            self.deliver("events_api", events.envelope(self.world, installation, event, self.now()))

    def post(self, message: Message) -> None:
        """Put a new message into its channel; the bot's own posts come back to it as events, too."""
        channel = self.world.channels[message.channel]
        channel.messages[message.ts] = message
        self._clear_status(message)
        self.show(message)
        mention = events.mentioned(self.world, message)
        if mention is not None:
            self.emit(mention)
        self.emit(events.posted(self.world, message))

    def _clear_status(self, message: Message) -> None:
        """A reply of the app ends the status, as assistant.threads.setStatus is documented."""
        key = (message.channel, message.thread_ts or message.ts)
        if message.app_id == self.world.app.id and key in self.world.statuses:
            del self.world.statuses[key]
            self.changes.publish("status", {"channel": key[0], "thread_ts": key[1], "status": ""})

    def show(self, message: Message) -> None:
        """Tell the watchers how a message looks now, without an event to the app."""
        form = message_form(self.world, message) | {"channel": message.channel, "markdown": message.markdown}
        self.changes.publish("message", form)

    def change(self, message: Message, before: Payload) -> None:
        """Announce an edit; `before` is the message's form before it."""
        self.show(message)
        self.emit(events.changed(self.world, message, before, self.next_ts()))

    def remove(self, message: Message) -> None:
        """Delete a message; the head of a thread leaves a tombstone, as in Slack."""
        channel = self.world.channels[message.channel]
        before = message_form(self.world, message)
        if replies_of(channel, message.ts):
            message.subtype, message.text, message.blocks = "tombstone", "This message was deleted.", []
            self.change(message, before)
            return
        del channel.messages[message.ts]
        self.changes.publish("message_removed", {"channel": channel.id, "ts": message.ts})
        self.emit(events.deleted(channel, before, self.next_ts()))

    def react(self, message: Message, user: str, name: str) -> bool:
        """Add a reaction; False when it is there already."""
        reaction = _reaction(message, name)
        if user in reaction.users:
            return False
        reaction.users.append(user)
        self._reacted(message, user, name, added=True)
        return True

    def unreact(self, message: Message, user: str, name: str) -> bool:
        """Take a reaction back; False when there is none."""
        reaction = next((each for each in message.reactions if each.name == name), None)
        if reaction is None or user not in reaction.users:
            return False
        reaction.users.remove(user)
        self._reacted(message, user, name, added=False)
        return True

    def _reacted(self, message: Message, user: str, name: str, *, added: bool) -> None:
        message.reactions = [each for each in message.reactions if each.users]
        self.show(message)
        channel = self.world.channels[message.channel]
        self.emit(events.reaction(message, channel, user, name, self.next_ts(), added=added))

    def join(self, channel: Channel, user: str) -> bool:
        """Add a member; False when they are in already."""
        if user in channel.members:
            return False
        channel.members.append(user)
        self._moved(channel, user, joined=True)
        return True

    def leave(self, channel: Channel, user: str) -> bool:
        """Remove a member; False when they are not in."""
        if user not in channel.members:
            return False
        channel.members.remove(user)
        self._moved(channel, user, joined=False)
        return True

    def _moved(self, channel: Channel, user: str, *, joined: bool) -> None:
        self.changes.publish("channel", {"channel": channel.id})
        team = self.world.users[user].team_id
        self.emit(events.membership(channel, user, team, self.next_ts(), joined=joined))
        if not joined and self.world.users[user].app_id == self.world.app.id:
            self.emit(events.left(channel, self.next_ts()))

    def direct(self, members: list[str]) -> tuple[Channel, bool]:
        """The direct conversation between exactly these users, and whether it existed before."""
        wanted = sorted(set(members))
        for channel in self.world.channels.values():
            if channel.kind in ("im", "mpim") and sorted(channel.members) == wanted:
                return channel, True
        channel = self._new_direct(wanted, members[0])
        self.world.channels[channel.id] = channel
        self.changes.publish("channel", {"channel": channel.id})
        return channel, False

    def _new_direct(self, members: list[str], creator: str) -> Channel:
        is_pair = len(members) <= 2
        return Channel(
            id=new_id("D" if is_pair else "G"),
            team_id=self.world.users[creator].team_id,
            name="" if is_pair else "mpdm-" + "--".join(self.world.users[each].name for each in members),
            kind="im" if is_pair else "mpim",
            created=int(self.now()),
            creator=creator,
            members=members,
        )


def _reaction(message: Message, name: str) -> Reaction:
    for each in message.reactions:
        if each.name == name:
            return each
    message.reactions.append(Reaction(name=name, users=[]))
    return message.reactions[-1]
