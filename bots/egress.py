"""Where the service may connect to, as its configuration says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies

from core.egress.wall import Allowed
from core.policy import Policies
from core.settings import SLACK_API, TELEGRAM_API, Settings

_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80, "nats": 4222, "tls": 4222, "postgresql": 5432}


def allowances(
    settings: Settings, policies: Policies, proxies: Mapping[str, str] | None = None
) -> Sequence[Allowed]:
    """Everything that a running service may connect to, but for the pages that documents come from.

    Args:
        settings: name the platforms.
        policies: name the hosts of flows.
        proxies: by scheme; those of the environment unless a test brings its own.
    """
    return [
        *_slack(settings),
        *_telegram(settings),
        *_sign_in(settings),
        *_traces(settings),
        *(_server(each, "FRONTDESK_NATS_URL") for each in settings.nats_servers),
        *_databases(settings),
        *_flows(policies),
        *(_server(f"//{place}", "`egress: hosts:` of frontdesk.yaml") for place in policies.egress.hosts),
        *_proxies(getproxies() if proxies is None else proxies),
    ]


def _slack(settings: Settings) -> Iterator[Allowed]:
    if not settings.slack_configured:
        return
    if settings.slack_api_url == SLACK_API:
        yield Allowed(host="slack.com", port=443, why="Slack's Web API")
        yield Allowed(host="*.slack.com", port=443, why="Slack's Socket Mode and files")
        return
    server = _server(settings.slack_api_url, "SLACK_API_URL")
    yield server
    if _is_name(server.host):
        yield replace(server, host=f"*.{server.host}", why="SLACK_API_URL: Socket Mode and files")


def _telegram(settings: Settings) -> Iterator[Allowed]:
    if not settings.telegram_configured:
        return
    if settings.telegram_api_url == TELEGRAM_API:
        yield Allowed(host="api.telegram.org", port=443, why="Telegram's Bot API and files")
    else:
        yield _server(settings.telegram_api_url, "TELEGRAM_API_URL")


def _sign_in(settings: Settings) -> Iterator[Allowed]:
    if settings.oidc_issuer is not None:
        yield _server(settings.oidc_issuer, "FRONTDESK_OIDC_ISSUER")


def _traces(settings: Settings) -> Iterator[Allowed]:
    if settings.otel_endpoint is not None:
        yield _server(settings.otel_endpoint, "FRONTDESK_OTEL_ENDPOINT")


def _databases(settings: Settings) -> Iterator[Allowed]:
    """Every server that the addresses name; a socket of this machine is no server."""
    urls = {"FRONTDESK_DATABASE_URL": settings.database_url, "FRONTDESK_KEYS_URL": settings.keys_url}
    for setting, url in urls.items():
        places = urlsplit(url.get_secret_value()).netloc.rpartition("@")[2] if url else ""
        for place in filter(None, places.split(",")):
            yield _server(f"postgresql://{place}", setting)


def _flows(policies: Policies) -> Iterator[Allowed]:
    if policies.flows.dry_run:
        return
    for action in policies.flows.actions:
        if action.request is not None:
            yield _server(action.request.url, f"the action {action.name} of flows")


def _proxies(proxies: Mapping[str, str]) -> Iterator[Allowed]:
    for scheme, address in proxies.items():
        if scheme in ("http", "https", "all"):
            yield _server(address if "//" in address else f"//{address}", f"the proxy for {scheme}")


def _server(address: str, why: str) -> Allowed:
    """One that an operator names, wherever it is."""
    parts = urlsplit(address)
    port = parts.port or _PORTS.get(parts.scheme)
    return Allowed(host=(parts.hostname or "").casefold(), port=port, private=True, why=why)


def _is_name(host: str) -> bool:
    """Whether there may be names below it."""
    try:
        ip_address(host)
    except ValueError:
        return "." in host
    return False
