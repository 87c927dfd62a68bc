"""What every action of a person has in common."""

from pydantic import BaseModel, ConfigDict

from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import Chat, Message, Payload


class Action(BaseModel):
    """Something that happens in the world; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def play(self, platform: Platform) -> Payload:
        """Let it happen; returns what the caller may want to know.

        Raises:
            LookupError: someone or something named does not exist.
            ValueError: the platform's own apps would not offer it.
        """
        raise NotImplementedError


class ChatAction(Action):
    """An action in a chat, or in a chat of a business account."""

    chat: int
    business: str = ""

    def place(self, platform: Platform) -> Chat:
        """The chat it happens in."""
        return platform.find_chat(self.chat, self.business)

    def message(self, platform: Platform, message_id: int) -> Message:
        """A message of that chat."""
        found = self.place(platform).messages.get(message_id)
        if found is None:
            raise LookupError(f"there is no message {message_id}")
        return found
