"""Telegram: a token that it takes, and exactly one way in."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, urlsplit

import aiohttp
from telegram import User, WebhookInfo

from adapters.loopback import is_loopback
from adapters.telegram.adapter import PATH, SECRET, TOKEN
from adapters.telegram.api import Api
from adapters.telegram.errors import BadToken, Contested, MethodMissing
from adapters.telegram.polling import lease_of
from bots.doctor.finding import Finding, broken, doubtful, fine
from bots.doctor.tokens import kind_of, reveal
from bots.store import examined
from core.clock import SystemClock
from core.delivery.pacing import Pacer
from core.errors import PlatformError
from core.settings import TELEGRAM_API, Settings

PROBE_SECONDS = 5
"""How long we ask for updates: another poller asks again within that time, which ends our call."""
ANSWER_SECONDS = 10.0
PORTS = (443, 80, 88, 8443)
"""core.telegram.org/bots/api#setwebhook"""
MANY = 100
"""Updates in the queue that say nobody fetches them."""
RECENT = timedelta(hours=1)
_BOTFATHER = "Copy it from @BotFather: /mybots, API Token."
_NOT_BEHIND = (502, 503, 504)
"""What a proxy answers while nothing listens behind it."""


async def bot_token(settings: Settings) -> Sequence[Finding]:
    """Whether Telegram takes TELEGRAM_BOT_TOKEN, and what the bot may do."""
    token = reveal(settings.telegram_bot_token)
    if not token:
        return []
    if not TOKEN.fullmatch(token):
        return [broken(f"TELEGRAM_BOT_TOKEN holds {kind_of(token)}.", _BOTFATHER)]
    async with asking(settings) as (api, found):
        try:
            async with api.calling() as bot:
                me = await bot.get_me()
        except (BadToken, MethodMissing):
            mend = f"{_BOTFATHER} Check TELEGRAM_API_URL if you set it."
            found.append(broken("Telegram refuses TELEGRAM_BOT_TOKEN.", mend))
        else:
            found += _abilities(me)
    return found


def _abilities(me: User) -> Iterator[Finding]:
    yield fine(f"Telegram knows the bot as @{me.username}.")
    if me.can_join_groups is False:
        yield doubtful("Nobody can add the bot to a group.", "Allow it: @BotFather, /setjoingroups.")
    if not me.can_read_all_group_messages:
        yield fine("In groups it sees commands, mentions and replies to it (privacy mode).")


async def way_in(settings: Settings) -> Sequence[Finding]:
    """Whether updates come to us, and to nobody else.

    The probe of the queue has no offset, so that it confirms nothing; where our own service polls it is left
    out, since it would end that service's call.
    """
    if not TOKEN.fullmatch(reveal(settings.telegram_bot_token)):
        return []
    async with asking(settings) as (api, found):
        try:
            async with api.calling() as bot:
                info = await bot.get_webhook_info()
            if settings.telegram_webhook_url:
                found += [*_registered(info, settings.telegram_webhook_url), *_troubles(info)]
            elif info.url:
                found.append(_foreign_webhook(info))
            else:
                found += [await _polling(api, settings), *_waiting(info)]
        except (BadToken, MethodMissing):
            pass  # `bot_token` says so
    return found


def _registered(info: WebhookInfo, url: str) -> Iterator[Finding]:
    if info.url == url:
        yield fine(f"Telegram posts updates to {_shown(url)}.")
    else:
        there = f" but to {_shown(info.url)}" if info.url else ""
        yield doubtful(
            f"Telegram does not post updates to TELEGRAM_WEBHOOK_URL{there}.",
            "The next start of `frontdesk run` sets it; if it runs already, another program changed it.",
        )


def _troubles(info: WebhookInfo) -> Iterator[Finding]:
    if info.last_error_message and info.last_error_date:
        when = info.last_error_date
        sentence = f"At {when:%d %B, %H:%M} UTC Telegram could not deliver: {info.last_error_message}."
        mend = "See that the address is reachable from outside and the service runs."
        is_recent = datetime.now(UTC) - when < RECENT
        yield broken(sentence, mend) if is_recent and info.pending_update_count else doubtful(sentence, mend)
    yield from _waiting(info)


def _waiting(info: WebhookInfo) -> Iterator[Finding]:
    if info.pending_update_count >= MANY:
        yield doubtful(
            f"{info.pending_update_count} updates wait at Telegram, which keeps them for a day.",
            "Start `frontdesk run`: it answers them all.",
        )


def _foreign_webhook(info: WebhookInfo) -> Finding:
    return doubtful(
        f"Telegram posts updates to a webhook at {_shown(info.url)}, but TELEGRAM_WEBHOOK_URL is empty.",
        "`frontdesk run` will remove that webhook and poll. If another program needs it, "
        "give that program a bot of its own.",
    )


async def _polling(api: Api, settings: Settings) -> Finding:
    examination = await asyncio.to_thread(examined, settings)
    if examination is not None and lease_of(api.bot_id) in examination.leases:
        return fine("This machine's own service polls Telegram.")
    wish = {"timeout": PROBE_SECONDS, "limit": 1}
    try:
        async with api.calling() as bot:
            await bot.do_api_request("GetUpdates", wish, read_timeout=PROBE_SECONDS + ANSWER_SECONDS)
    except Contested:
        return broken(
            "Another program polls Telegram with this token: each takes updates away from the other.",
            "Stop it. If you do not know it, have @BotFather /revoke the token.",
        )
    return fine("Nobody else polls Telegram with this token.")


async def webhook(settings: Settings) -> Sequence[Finding]:
    """Whether TELEGRAM_WEBHOOK_URL is one that Telegram takes, and leads to us."""
    url = settings.telegram_webhook_url
    if not url:
        return []
    if not SECRET.fullmatch(reveal(settings.telegram_webhook_secret)):
        mend = "Make one up at random: 1 to 256 letters, digits, - or _."
        return [broken("TELEGRAM_WEBHOOK_SECRET has characters that Telegram does not take.", mend)]
    try:
        parts = urlsplit(url)
        problem = _problem(url, is_real=settings.telegram_api_url == TELEGRAM_API)
    except ValueError:
        problem = "is no address"
    if problem:
        mend = f"Give it the form https://YOUR-HOST{PATH}, on port 443, 80, 88 or 8443."
        return [broken(f"TELEGRAM_WEBHOOK_URL {problem}.", mend)]
    return [*_path(parts), await _reach(url)]


def _problem(url: str, *, is_real: bool) -> str:
    """What Telegram would say; another server on this machine may post to this machine, in any way."""
    parts, port, local = urlsplit(url), urlsplit(url).port, is_loopback(url)
    if not parts.hostname:
        return "is no address"
    if local and is_real:
        return "leads to this machine alone, where Telegram cannot reach it"
    if not local and parts.scheme != "https":
        return "is not HTTPS"
    if not local and (port or 443) not in PORTS:
        return f"is on port {port}, to which Telegram does not post"
    return ""


def _path(parts: SplitResult) -> Iterator[Finding]:
    if parts.path != PATH:
        yield doubtful(
            f"TELEGRAM_WEBHOOK_URL ends in {parts.path or '/'}, the service listens on {PATH}.",
            "Let it end so, or have the proxy lead there.",
        )


async def _reach(url: str) -> Finding:
    """Ask as anybody could: our own answer to a GET is 405."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            status = answer.status
    except aiohttp.ClientConnectorCertificateError:
        return broken(
            "The certificate of TELEGRAM_WEBHOOK_URL is not trusted.",
            "Get one from an authority that everybody trusts, such as Let's Encrypt.",
        )
    except (aiohttp.ClientError, TimeoutError, OSError):
        return broken(
            "TELEGRAM_WEBHOOK_URL cannot be reached from here.",
            "Start `frontdesk run`, and see that the name, the firewall and the proxy lead to it.",
        )
    if status == 405:
        return fine("TELEGRAM_WEBHOOK_URL leads to the service.")
    if status in _NOT_BEHIND:
        return doubtful(
            "A proxy answers at TELEGRAM_WEBHOOK_URL, with nothing behind it.", "Start `frontdesk run`."
        )
    return broken(
        f"Something else answers at TELEGRAM_WEBHOOK_URL (status {status}).",
        f"Lead POST requests from there to {PATH} of the service, without a redirect.",
    )


def _shown(url: str) -> str:
    """Where it leads; its path may hold a secret."""
    return urlsplit(url).hostname or "an unknown address"


@asynccontextmanager
async def asking(settings: Settings) -> AsyncIterator[tuple[Api, list[Finding]]]:
    """A client to ask with, and the list to write into; where Telegram is out of reach it says so."""
    found: list[Finding] = []
    token = reveal(settings.telegram_bot_token)
    api = Api(token=token, root=settings.telegram_api_url, pacer=Pacer(SystemClock()))
    try:
        yield api, found
    except PlatformError as error:
        found.append(broken(str(error), "Check the network, and TELEGRAM_API_URL if you set it."))
    finally:
        await api.close()
