"""What one window of the widget remembers and says, as the page does, without the connection."""

import secrets
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]


@dataclass(kw_only=True)
class Window:
    """Shows what it is told once and in order, and sends what was done until that is acknowledged."""

    token: str
    site: str
    """Origin of the host page."""
    language: str = "en"
    items: dict[str, Frame] = field(default_factory=dict)
    """The newest version of each message that stands there, by its id."""
    sights: dict[str, Frame] = field(default_factory=dict)
    """Answers in the making, by the id of the post."""
    welcome: Frame = field(default_factory=dict)
    after: int = 0
    """Number of the newest change seen."""
    outbox: dict[str, Frame] = field(default_factory=dict)
    """What was done and is not acknowledged, oldest first; a browser keeps it beyond the page."""
    awaited: str = ""
    """What was sent, and waits for its acknowledgement."""

    def hello(self) -> Frame:
        """The first frame of a connection."""
        return {
            "type": "hello",
            "token": self.token,
            "site": self.site,
            "language": self.language,
            "after": self.after,
        }

    def do(self, **frame: Any) -> str:
        """Keep something to be sent. Returns its id."""
        deed = {"id": secrets.token_hex(16), **frame}
        self.outbox[deed["id"]] = deed
        return str(deed["id"])

    def next(self) -> Frame | None:
        """What to send now; None while something waits for its acknowledgement."""
        if self.awaited or not self.outbox:
            return None
        self.awaited, deed = next(iter(self.outbox.items()))
        return deed

    def again(self) -> None:
        """Nothing that was sent before is waited for any more."""
        self.awaited = ""

    def hear(self, frame: Frame) -> None:
        """Take in what the service tells; `later` is for whoever can wait."""
        match frame["type"]:
            case "welcome":
                self._begin(frame)
            case "item" if frame["seq"] > self.after:
                self.after = frame["seq"]
                self.items[frame["id"]] = {**frame["item"], **frame}
                self.sights.pop(frame["id"], None)
            case "sight":
                self.sights[frame["post"]] = frame
            case "rest":
                self.sights.pop(frame["post"], None)
            case "ack" | "refused":
                self.outbox.pop(frame["id"], None)
                self.awaited = "" if self.awaited == frame["id"] else self.awaited

    @property
    def messages(self) -> list[Frame]:
        """What stands there, oldest first."""
        standing = [each for each in self.items.values() if each["by"] != "verdict" and not each.get("gone")]
        return sorted(standing, key=lambda each: int(each["position"]))

    @property
    def answers(self) -> list[str]:
        """The words of the assistant's finished answers."""
        return [each["plain"] for each in self.messages if each["by"] == "assistant"]

    def _begin(self, frame: Frame) -> None:
        if frame["after"] != self.after:
            self.after = 0
            self.items.clear()
        self.sights.clear()
        self.welcome = frame
        self.again()
