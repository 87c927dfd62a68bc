"""The world a newcomer finds: a bot, three people, a group and a forum."""

from bots.playground.telegram.state import SUPERGROUPS, Chat, Message, Topic, User, World

TOKEN = "424242:AAFrontdeskPlaygroundTokenForTests01"  # noqa: S105 - opens nothing but this emulator
MINA, JONAS, AYA = 1001, 1002, 1003
GROUP = -2001
FORUM = SUPERGROUPS - 2002
ORDERS, RETURNS = 11, 12
"""Topics of the forum."""


def seed(token: str = TOKEN) -> World:
    """A world in which the bot of this token is known to everybody."""
    bot = User(id=int(token.partition(":")[0]), first_name="Frontdesk", username="frontdesk_bot", is_bot=True)
    people = [
        User(id=MINA, first_name="Mina", username="mina_k"),
        User(id=JONAS, first_name="Jonas", username="jonas_w", language_code="de"),
        User(id=AYA, first_name="Aya", username="aya_ruiz", language_code="es"),
    ]
    world = World(token=token, bot=bot, users={each.id: each for each in [bot, *people]})
    members = [bot.id, *(each.id for each in people)]
    for person in people:
        world.chats[person.id] = private_chat(world, person.id)
    world.chats[GROUP] = Chat(id=GROUP, type="group", title="Lunch", members=list(members), admins=[MINA])
    world.chats[FORUM] = _forum(members, admins=[MINA, bot.id])
    return world


def private_chat(world: World, person: int) -> Chat:
    """The chat of a person with the bot, before its first message."""
    return Chat(id=person, type="private", members=[person, world.bot.id], started=False)


def _forum(members: list[int], admins: list[int]) -> Chat:
    forum = Chat(
        id=FORUM,
        type="supergroup",
        title="Support",
        members=list(members),
        admins=admins,
        standing="administrator",
        is_forum=True,
        last_id=RETURNS,
    )
    for number, name in ((ORDERS, "Orders"), (RETURNS, "Returns")):
        topic = Topic(id=number, name=name)
        forum.topics[number] = topic
        service = {"forum_topic_created": {"name": name, "icon_color": topic.color}}
        forum.messages[number] = Message(id=number, sender=MINA, date=1, thread=number, service=service)
    return forum
