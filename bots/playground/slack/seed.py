"""The workspace a newcomer finds: a company, four people, a partner company, and the app installed."""

from typing import Any

import yaml

from adapters.slack.manifest import SCOPES, manifest
from bots.playground.slack.ids import new_id, secret
from bots.playground.slack.state import App, Channel, ChannelKind, Installation, Team, User, World

TEAM = "T0ACME"
PARTNER = "T0NORTHWIND"
BOT_USER = "U0FRONTDESK"
BOT_TOKEN = "xoxb-playground-acme"  # noqa: S105  # opens nothing but this emulator
APP_TOKEN = "xapp-1-A0FRONTDESK-playground"  # noqa: S105  # the same
SIGNING_SECRET = "playground-signing-secret"  # noqa: S105  # the same
GENERAL, HELP, PRIVATE, SHARED = "C0GENERAL", "C0HELP", "C0LEADS", "C0NORTHWIND"
ANA, BEN, CHIARA, DAVID, NORA = "U0ANA", "U0BEN", "U0CHIARA", "U0DAVID", "U0NORA"

_MANIFEST: dict[str, Any] = yaml.safe_load(manifest())
EVENTS: list[str] = _MANIFEST["settings"]["event_subscriptions"]["bot_events"]
COMMANDS: list[str] = [each["command"] for each in _MANIFEST["features"]["slash_commands"]]


def seed(now: float) -> World:
    """A fresh world.

    Args:
        now: seconds since the epoch, when the channels count as created.
    """
    world = World(app=_app())
    world.teams = {
        TEAM: Team(id=TEAM, name="Acme Bakery", domain="acme-bakery"),
        PARTNER: Team(id=PARTNER, name="Northwind Flour", domain="northwind-flour"),
    }
    for user in _people():
        world.users[user.id] = user
    install(world, TEAM, ANA, bot_user=BOT_USER, token=BOT_TOKEN)
    people = [ANA, BEN, CHIARA, DAVID]
    for channel in (
        _channel(GENERAL, "general", "channel", [*people, BOT_USER], now),
        _channel(HELP, "help", "channel", [*people, BOT_USER], now),
        _channel(PRIVATE, "leads", "group", [ANA, BEN], now),
        _channel(SHARED, "acme-northwind", "channel", [ANA, CHIARA, NORA, BOT_USER], now),
    ):
        world.channels[channel.id] = channel
    world.channels[SHARED].shared_with = [PARTNER]
    return world


def install(
    world: World,
    team_id: str,
    installer: str,
    *,
    bot_user: str | None = None,
    token: str | None = None,
    scopes: list[str] | None = None,
    is_enterprise: bool = False,
) -> Installation:
    """Install the app in a workspace: its bot user appears, and a bot token exists.

    Installing again keeps the bot user and hands out a new token with the scopes asked for.
    """
    before = world.installations.get(team_id)
    user_id = bot_user or (before.bot_user if before else new_id("U"))
    bot_id = before.bot_id if before else new_id("B")
    world.users[user_id] = User(
        id=user_id,
        team_id=team_id,
        name="frontdesk",
        real_name=world.app.name,
        bot_id=bot_id,
        app_id=world.app.id,
    )
    world.installations[team_id] = Installation(
        team_id=team_id,
        bot_user=user_id,
        bot_id=bot_id,
        token=token or secret("xoxb-"),
        scopes=scopes if scopes is not None else list(world.app.scopes),
        installer=installer,
        is_enterprise=is_enterprise,
    )
    return world.installations[team_id]


def _app() -> App:
    return App(
        id="A0FRONTDESK",
        name="Frontdesk",
        client_id="1000000000.2000000000",
        client_secret="playground-client-secret",  # noqa: S106  # opens nothing but this emulator
        signing_secret=SIGNING_SECRET,
        app_token=APP_TOKEN,
        verification_token="playground-verification-token",  # noqa: S106  # the same
        scopes=list(SCOPES),
        events=list(EVENTS),
        commands=list(COMMANDS),
    )


def _people() -> list[User]:
    return [
        User(id=ANA, team_id=TEAM, name="ana", real_name="Ana Souza", is_admin=True),
        User(id=BEN, team_id=TEAM, name="ben", real_name="Ben Okafor", tz="Africa/Lagos"),
        User(id=CHIARA, team_id=TEAM, name="chiara", real_name="Chiara Rossi", locale="it-IT"),
        User(id=DAVID, team_id=TEAM, name="david", real_name="David Lindqvist", locale="sv-SE"),
        User(id=NORA, team_id=PARTNER, name="nora", real_name="Nora Novak", is_admin=True),
        User(
            id="U0DEPLOYBOT",
            team_id=TEAM,
            name="deploybot",
            real_name="Deploy Bot",
            bot_id="B0DEPLOYBOT",
            app_id="A0DEPLOYBOT",
        ),
    ]


def _channel(id: str, name: str, kind: ChannelKind, members: list[str], now: float) -> Channel:
    return Channel(
        id=id, team_id=TEAM, name=name, kind=kind, created=int(now), creator=ANA, members=list(members)
    )
