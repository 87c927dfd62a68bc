"""Installing the app in further workspaces (docs.slack.dev/authentication/installing-with-oauth)."""

import logging
import secrets
from datetime import datetime, timedelta
from urllib.parse import urljoin

from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.slack.api import SDK_LOGGER, Api, Workspace
from adapters.slack.manifest import SCOPES
from adapters.slack.workspaces import Workspaces
from core.ports import Cabinet, Clock

STATE_LIFETIME = timedelta(minutes=10)


class Installations(AsyncInstallationStore):
    """Keeps what slack_bolt's flow obtains; only the bot's token, since we ask people for none of theirs."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    @property
    def logger(self) -> logging.Logger:
        return SDK_LOGGER

    async def async_save(self, installation: Installation) -> None:
        """Keep an installation; returns only after commit."""
        whole_organisation = installation.is_enterprise_install
        owner = installation.enterprise_id if whole_organisation else installation.team_id
        workspace = Workspace(
            team=installation.team_id or "",
            user=installation.bot_user_id or "",
            bot=installation.bot_id or "",
            token=installation.bot_token or "",
        )
        await self._workspaces.install(workspace, owner=owner or "")


class States(AsyncOAuthStateStore):
    """One-use proofs that the person who comes back from Slack is the one we sent there."""

    def __init__(self, *, cabinet: Cabinet, clock: Clock) -> None:
        self._cabinet = cabinet
        self._clock = clock

    @property
    def logger(self) -> logging.Logger:
        return SDK_LOGGER

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """A new state, valid for ten minutes."""
        state = secrets.token_urlsafe(32)
        await self._cabinet.put(_name(state), (self._clock.now() + STATE_LIFETIME).isoformat())
        return state

    async def async_consume(self, state: str) -> bool:
        """True for a state that we issued, that is still valid, and that nobody has used."""
        kept = await self._cabinet.get(_name(state))
        removed = await self._cabinet.remove(_name(state))
        return kept is not None and removed and datetime.fromisoformat(kept) > self._clock.now()


def _name(state: str) -> str:
    return f"slack:state:{state}"


def flow(
    *, client_id: str, client_secret: str, api: Api, workspaces: Workspaces, cabinet: Cabinet, clock: Clock
) -> AsyncOAuthFlow:
    """slack_bolt's installation flow, resting on our own storage."""
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=SCOPES,
        user_scopes=[],
        authorization_url=urljoin(api.base_url, "/oauth/v2/authorize"),
        installation_store=Installations(workspaces),
        state_store=States(cabinet=cabinet, clock=clock),
        state_expiration_seconds=int(STATE_LIFETIME.total_seconds()),
    )
    return AsyncOAuthFlow(client=api.client(), logger=SDK_LOGGER, settings=settings)
