"""The web widget: which sites may show it, and what they sign with."""

from collections.abc import Sequence

from adapters.loopback import is_loopback
from bots.doctor.finding import Finding, doubtful, fine
from core.settings import Settings


async def widget(settings: Settings) -> Sequence[Finding]:
    """Whether browsers will let the widget work."""
    if not settings.widget_configured:
        return []
    plain = [each for each in settings.widget_origins if each.startswith("http://") and not is_loopback(each)]
    findings = [
        doubtful(
            f"Pages of {origin} come without TLS: whoever is on the way can read the chat.",
            "Serve the site over HTTPS, and name it so in FRONTDESK_WIDGET_ORIGINS.",
        )
        for origin in plain
    ]
    if findings:
        return findings
    count = len(settings.widget_origins)
    known = "customers are known by signed tokens" if settings.widget_secret else "everybody is anonymous"
    return [fine(f"{'One site' if count == 1 else f'{count} sites'} may show the widget; {known}.")]
