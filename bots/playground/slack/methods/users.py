"""users.*, bots.info and team.info (docs.slack.dev/reference/methods/users.info)."""

from bots.playground.slack.errors import SlackError
from bots.playground.slack.forms import bot_form, team_form, user_form
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.state import Payload, User


def info(call: Call) -> Payload:
    """users.info."""
    return {"user": _form(call, call.user())}


def list_all(call: Call) -> Payload:
    """users.list."""
    team = call.installation.team_id
    members = [_form(call, each) for each in call.world.users.values() if each.team_id == team]
    page = call.page(members, default=1000, most=1000)
    return {"members": page.items, "cache_ts": int(call.platform.now()), "response_metadata": page.metadata}


def _form(call: Call, user: User) -> Payload:
    installation = call.installation
    with_email = "users:read.email" in installation.scopes
    form = user_form(user, viewer_team=installation.team_id, with_email=with_email)
    enterprise = call.world.teams[user.team_id].enterprise_id
    if enterprise:
        form["enterprise_user"] = {
            "id": f"W{user.id[1:]}",
            "enterprise_id": enterprise,
            "teams": [user.team_id],
        }
    return form


def bot_info(call: Call) -> Payload:
    """bots.info."""
    bot_id = call.arguments.text("bot") or call.installation.bot_id
    if not any(each.bot_id == bot_id for each in call.world.users.values()):
        raise SlackError("bot_not_found")
    return {"bot": bot_form(call.world, bot_id, call.installation.team_id)}


def team_info(call: Call) -> Payload:
    """team.info."""
    team = call.world.teams.get(call.arguments.text("team") or call.installation.team_id)
    if team is None:
        raise SlackError("team_not_found")
    return {"team": team_form(team)}


METHODS = (
    Method(name="users.info", run=info, scope="users:read", tier=4),
    Method(name="users.list", run=list_all, scope="users:read", tier=2),
    Method(name="bots.info", run=bot_info, scope="users:read"),
    Method(name="team.info", run=team_info, scope="team:read"),
)
