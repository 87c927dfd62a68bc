"""How often Telegram lets us call (core.telegram.org/bots/faq, "My bot is hitting limits")."""

from core.delivery.pacing import Rate
from core.message import Conversation

OVERALL, CHAT, GROUP = Rate(30, 1.0), Rate(1, 1.0), Rate(20, 60.0)
BURST = Rate(5, 5.0)
"""New posts and edits together; Telegram puts up with "short bursts" and does not say how short."""
GROUP_PREVIEWS, PRIVATE_PREVIEWS = Rate(15, 60.0), Rate(3, 5.0)
"""How much of a chat's room growing text may use up, so that finished answers do not queue behind it."""
DRAFT_SECONDS, EDIT_SECONDS = 0.7, 3.1
"""Between two previews: of a draft, which counts for nothing but the overall rate, and of an edited post."""


def overall_key(tenant: str) -> str:
    """The pacing key of everything a bot does."""
    return f"telegram:{tenant.partition('/')[0]}"


def chat_key(conversation: Conversation) -> str:
    """The pacing key of a chat; topics share it."""
    return f"{overall_key(conversation.tenant)}:{conversation.channel}"


def signs(conversation: Conversation) -> dict[str, Rate]:
    """What drafts and chat actions count under."""
    return {overall_key(conversation.tenant): OVERALL}


def edits(conversation: Conversation) -> dict[str, Rate]:
    """What a change to a post counts under."""
    chat = chat_key(conversation)
    group = {} if conversation.direct else {f"{chat}:minute": GROUP}
    return {f"{chat}:burst": BURST} | group | signs(conversation)


def posts(conversation: Conversation) -> dict[str, Rate]:
    """What a new post counts under."""
    return {chat_key(conversation): CHAT} | edits(conversation)
