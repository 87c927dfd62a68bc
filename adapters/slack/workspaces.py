"""Where the app is installed, and with which token it speaks there."""

import json
from dataclasses import asdict

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from adapters.slack.api import Api, Workspace, answer
from adapters.slack.errors import TOKEN_ERRORS, mapped
from core.errors import ConfigurationError, Gone, Unreachable
from core.ports import Cabinet


class Workspaces:
    """The workspace of SLACK_BOT_TOKEN, if there is one, and those that installed the app through OAuth."""

    def __init__(self, *, api: Api, cabinet: Cabinet) -> None:
        self._api = api
        self._cabinet = cabinet
        self._own: Workspace | None = None
        self._serves_all = False
        self._is_due = False
        """SLACK_BOT_TOKEN is set, and Slack has not told yet whose it is."""
        self._known: dict[str, Workspace] = {}

    async def open(self, token: str, *, alone: bool) -> None:
        """Learn who we are in the workspace of SLACK_BOT_TOKEN.

        Args:
            alone: no other workspace can install the app, so that whatever arrives is for this one, whichever
                workspace of the organisation (Enterprise Grid) or partner (Slack Connect) it names.

        Raises:
            ConfigurationError: Slack does not accept the token.
            Unreachable: Slack cannot be reached.
        """
        self._is_due = True
        self._own = await self._introduce(token)
        self._serves_all = alone
        self._is_due = False

    @property
    def own(self) -> Workspace | None:
        """That of SLACK_BOT_TOKEN, once it is known."""
        return self._own

    async def _introduce(self, token: str) -> Workspace:
        with mapped(repeatable=True):
            try:
                who = answer(await self._api.client(token).auth_test())
            except SlackApiError as error:
                raise_for_token("SLACK_BOT_TOKEN", "OAuth & Permissions", error)
                raise
        return Workspace(
            team=who.required("team_id"),
            user=who.required("user_id"),
            bot=who.required("bot_id"),
            token=token,
        )

    async def find(self, team: str, enterprise: str = "") -> Workspace | None:
        """Our installation in `team`.

        Args:
            enterprise: the organisation, where the app is installed for all of it.
        """
        if self._own is not None and (self._serves_all or team == self._own.team):
            return self._own
        return self._known.get(team) or await self._look_up(team, enterprise)

    async def get(self, team: str) -> Workspace:
        """Our installation in `team`.

        Raises:
            Gone: there is none.
            Unreachable: it cannot be known yet.
        """
        workspace = await self.find(team)
        if workspace is None and self._is_due:
            raise Unreachable("Slack is not connected yet.")
        if workspace is None:
            raise Gone("The app is not installed in this workspace.")
        return workspace

    async def install(self, workspace: Workspace, *, owner: str) -> None:
        """Keep an installation under `owner`: a workspace, or an organisation for all of its own."""
        await self._cabinet.put(_installation(owner), json.dumps(asdict(workspace)))
        self._known.clear()

    async def uninstall(self, team: str) -> None:
        """Forget the installation: its token is worthless."""
        await self._cabinet.remove(_installation(team))
        self._known.pop(team, None)

    async def _look_up(self, team: str, enterprise: str) -> Workspace | None:
        kept = await self._cabinet.get(_installation(team))
        if kept is None:
            kept = await self._of_organisation(team, enterprise)
        if kept is None:
            return None
        self._known[team] = Workspace(**{**json.loads(kept), "team": team})
        return self._known[team]

    async def _of_organisation(self, team: str, enterprise: str) -> str | None:
        """The link is kept, since an answer is sent long after its event and knows the workspace only."""
        if enterprise:
            await self._cabinet.put(_membership(team), enterprise)
        owner = enterprise or await self._cabinet.get(_membership(team))
        return await self._cabinet.get(_installation(owner)) if owner else None


class Authorize(AsyncAuthorize):
    """Tells slack_bolt who we are in the workspace an event came from."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        owner = (enterprise_id or "") if context.is_enterprise_install else ""
        workspace = await self._workspaces.find(team_id or owner, owner)
        if workspace is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=workspace.team,
            bot_user_id=workspace.user,
            bot_id=workspace.bot,
            bot_token=workspace.token,
        )


def raise_for_token(setting: str, page: str, error: SlackApiError) -> None:
    """Name the mend where Slack refused a token.

    Raises:
        ConfigurationError: it did.
    """
    code = str(error.response.get("error", ""))
    if code in TOKEN_ERRORS:
        raise ConfigurationError(
            f"{setting}: Slack says {code}. Copy it anew from your Slack app, {page}."
        ) from None


def _installation(owner: str) -> str:
    return f"slack:installation:{owner}"


def _membership(team: str) -> str:
    return f"slack:organisation-of:{team}"
