"""Telegram, put together: its way in, its receiver and its channel."""

import asyncio
import logging
import re
from contextlib import suppress

from aiohttp import web
from pydantic import SecretStr
from telegram import Bot, BotCommand

from adapters.acknowledgement import acknowledge
from adapters.body import read_body
from adapters.errands import Errands
from adapters.patience import persist
from adapters.telegram import gate
from adapters.telegram.api import Api
from adapters.telegram.business import Businesses
from adapters.telegram.desk import TelegramDesk
from adapters.telegram.egress import TelegramChannel
from adapters.telegram.errors import BadToken, MethodMissing
from adapters.telegram.files import TelegramFiles
from adapters.telegram.passage import PassageReader
from adapters.telegram.payload import KINDS
from adapters.telegram.polling import Poller
from adapters.telegram.receiver import Receiver
from adapters.telegram.signs import Signs
from adapters.telegram.uploads import Uploads
from adapters.telegram.wording import Us
from core import words
from core.delivery.pacing import Pacer
from core.desk.ports import Desk
from core.errors import (
    ConfigurationError,
    PlatformError,
    Refused,
    StoreError,
    UnreadableEvent,
)
from core.health import Health
from core.knowledge.access import ReadingRoom
from core.message import Platform
from core.policy import Policies
from core.ports import Cabinet, Channel, Clock, Files, Intake, Leases
from core.settings import Settings
from core.translation import LANGUAGES, spoken

PATH = "/telegram/webhook"
TOKEN = re.compile(r"[0-9]{1,18}:[A-Za-z0-9_-]{20,}")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")

log = logging.getLogger(__name__)


class TelegramAdapter:
    """The assistant as one Telegram bot."""

    platform = Platform.TELEGRAM

    def __init__(
        self,
        *,
        settings: Settings,
        policies: Policies,
        intake: Intake,
        cabinet: Cabinet,
        leases: Leases,
        pacer: Pacer,
        clock: Clock,
        reading_room: ReadingRoom,
        files: Files,
    ) -> None:
        """`files`: those of every platform, to be shown here."""
        self._settings = settings
        self._language = policies.assistant.language
        self._intake = intake
        self._leases = leases
        self._clock = clock
        self._errands = Errands()
        self._secret = _text(settings.telegram_webhook_secret)
        self._api = Api(token=_text(settings.telegram_bot_token), root=settings.telegram_api_url, pacer=pacer)
        self._businesses = Businesses(api=self._api, cabinet=cabinet)
        self._passages = PassageReader(api=self._api, reading_room=reading_room)
        self._receiver: Receiver | None = None
        self._poller: Poller | None = None
        self._task: asyncio.Task[None] | None = None
        self._problem = "Telegram is not connected yet."
        self.files: Files = TelegramFiles(api=self._api)
        self.channel: Channel = TelegramChannel(
            api=self._api,
            signs=Signs(api=self._api, errands=self._errands, clock=clock),
            clock=clock,
            uploads=Uploads(api=self._api, files=files),
        )
        self.desk: Desk | None = None
        self._has_people = policies.desk is not None
        self._group = ""
        if policies.desk is not None and policies.desk.platform == self.platform:
            self._group = policies.desk.channel
            self.desk = TelegramDesk(api=self._api, group=self._group, clock=clock)

    def routes(self) -> list[web.RouteDef]:
        """What Telegram calls over HTTP, as far as it is configured."""
        return [web.post(PATH, self._webhook)] if self._settings.telegram_webhook_url else []

    async def start(self) -> None:
        """Learn who we are, and begin to receive; while Telegram cannot be reached, keep trying.

        Raises:
            ConfigurationError: the token, the webhook's address or its secret is malformed or refused.
        """
        _check(self._settings)
        try:
            await self._connect()
        except ConfigurationError:
            await self.stop()
            raise
        except PlatformError as error:
            self._complain(error)
        self._task = asyncio.create_task(self._run(), name="telegram")

    async def stop(self) -> None:
        """Take nothing in any more; answers under way can still be posted."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._poller is not None:
            await self._poller.stop()
        self._receiver = None
        self._problem = "Telegram is disconnected."
        await self._errands.close()
        await self._api.close()

    def health(self) -> Health:
        """Whether updates reach us."""
        if self._receiver is None:
            return Health(part="telegram", ok=False, detail=self._problem)
        if self._poller is not None:
            return self._poller.health
        return Health(part="telegram", ok=True, detail="Receiving through the webhook.")

    async def _run(self) -> None:
        """Connect, however long it takes, then poll, unless there is a webhook."""
        if self._receiver is None:
            await persist(self._connect, self._clock, self._complain)
        if self._poller is not None:
            await self._poller.run()

    def _complain(self, error: Exception) -> None:
        self._problem = f"{error} Trying again."
        log.warning("Telegram is not connected: %s", error)

    async def _connect(self) -> None:
        try:
            us = await self._introduce()
        except (BadToken, MethodMissing):
            raise ConfigurationError(
                "Telegram refused TELEGRAM_BOT_TOKEN: copy it from @BotFather, /mybots, API Token, "
                "and check TELEGRAM_API_URL if you set it."
            ) from None
        receiver = Receiver(
            api=self._api,
            us=us,
            intake=self._intake,
            businesses=self._businesses,
            passages=self._passages,
            errands=self._errands,
            clock=self._clock,
        )
        await self._open_way_in()
        if not self._settings.telegram_webhook_url:
            self._poller = Poller(api=self._api, receiver=receiver, leases=self._leases, clock=self._clock)
        self._receiver = receiver

    async def _introduce(self) -> Us:
        """Learn our name, and fill the menus."""
        async with self._api.calling() as bot:
            me = await bot.get_me()
        try:
            await self._fill_menu(self._language, None)
            for language in LANGUAGES:
                await self._fill_menu(language, language)
        except Refused as error:
            log.warning("the menu of commands was not filled: %s", error)
        return Us(id=me.id, username=me.username or "", desk=self._group)

    async def _fill_menu(self, language: str, shown_to: str | None) -> None:
        """The menu of commands (core.telegram.org/bots/features#commands); `start` comes by itself.

        Args:
            shown_to: the language of the people who see it; None for those whose own has no menu.
        """
        with spoken(language):
            commands = words.commands(with_people=self._has_people)
            menu = [BotCommand(name, f"{text[:1].upper()}{text[1:]}") for name, text in commands]
        async with self._api.calling() as bot:
            await bot.set_my_commands(menu, language_code=shown_to)

    async def _open_way_in(self) -> None:
        """Set the webhook, or remove it so that we can poll; what waits is kept either way."""
        url = self._settings.telegram_webhook_url
        try:
            async with self._api.calling() as bot:
                await (self._set_webhook(bot, url) if url else bot.delete_webhook(drop_pending_updates=False))
        except Refused as error:
            raise ConfigurationError(f"Telegram refused TELEGRAM_WEBHOOK_URL: {error}") from None

    async def _set_webhook(self, bot: Bot, url: str) -> None:
        await bot.set_webhook(
            url, allowed_updates=KINDS, secret_token=self._secret, drop_pending_updates=False
        )

    async def _webhook(self, request: web.Request) -> web.Response:
        """One update."""
        if not gate.has_secret(request, self._secret):
            raise web.HTTPForbidden
        if self._receiver is None:
            raise web.HTTPServiceUnavailable
        body = await read_body(request)
        try:
            await self._receiver.take(gate.parse(body))
        except UnreadableEvent as error:
            log.warning("an update of %d bytes is left out: %s", len(body), error)
            raise web.HTTPBadRequest from None
        except (StoreError, PlatformError) as error:
            log.warning("an update must be delivered again: %s", error)
            raise web.HTTPInternalServerError from None
        return await acknowledge(request, web.Response())


def _check(settings: Settings) -> None:
    if not TOKEN.fullmatch(_text(settings.telegram_bot_token)):
        raise ConfigurationError(
            "TELEGRAM_BOT_TOKEN must look like 123456789:AAE…: copy it from @BotFather, /mybots, API Token."
        )
    if settings.telegram_webhook_url and not SECRET.fullmatch(_text(settings.telegram_webhook_secret)):
        raise ConfigurationError(
            "TELEGRAM_WEBHOOK_SECRET must be 1 to 256 letters, digits, - or _: make one up at random."
        )


def _text(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
