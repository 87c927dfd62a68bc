"""Pages: templates that escape whatever they are given, and headers that let a page do next to nothing."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from importlib.resources import files
from urllib.parse import quote

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

_STATIC = files("bots.console") / "static"
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def environment() -> Environment:
    """The templates."""
    made = Environment(
        loader=PackageLoader("bots.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = _moment
    made.filters["number"] = lambda value: f"{value:,}"
    made.filters["share"] = lambda value: f"{value:.0%}"
    made.filters["quoted"] = lambda text: quote(text, safe="")
    return made


def page(templates: Environment, name: str, values: Mapping[str, object], status: int = 200) -> web.Response:
    """A page of the template `name`; never kept by browsers and proxies."""
    return web.Response(
        text=templates.get_template(name).render(values),
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers=HEADERS | {"Cache-Control": "no-store"},
    )


def static_files() -> Callable[[web.Request], Awaitable[web.Response]]:
    """Serves the style sheet and the scripts; they are read once, as they are few."""
    bodies = {each.name: each.read_bytes() for each in _STATIC.iterdir()}

    async def serve(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in bodies:
            raise web.HTTPNotFound
        media_type = _TYPES[name.rpartition(".")[2]]
        headers = HEADERS | {"Cache-Control": "no-cache"}
        return web.Response(body=bodies[name], content_type=media_type, charset="utf-8", headers=headers)

    return serve


def _moment(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M}" if when else "–"
