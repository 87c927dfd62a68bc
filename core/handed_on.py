"""Pages that are handed on: one HTML file each, in one style, that asks nothing of anybody."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


def render(template: str, values: dict[str, object]) -> str:
    """A page.

    Args:
        template: its path under `core`; it includes `report.css`.
        values: what it shows, by name; escaped, as people's data sets and models named them.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("core", ""),
        undefined=StrictUndefined,
        autoescape=select_autoescape(default=True),
    )
