"""The documentation as a site: `make site`. Sphinx reads the Markdown that is read in the repository, too."""

import re
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]

project = "Frontdesk"
extensions = ["myst_parser"]
root_doc = "docs/site/index"
include_patterns = ["*.md", "docs/**"]
exclude_patterns = [".*", "adapters", "bots", "build", "core", "examples", "site", "tests"]
myst_heading_anchors = 3
"""Headings can be linked to as in the repository."""
nitpicky = True
suppress_warnings = ["myst.header"]  # a page of figures begins below the first level
html_theme = "furo"
html_title = "Frontdesk"
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False

_FOLDER = re.compile(r"\[([^\]]+)\]\(((?:\.\./)*[\w./-]+)\)")


def setup(app: Sphinx) -> None:
    """Links to folders of the repository lead nowhere on a site: they become the folder's name."""
    app.connect("source-read", _name_folders)


def _name_folders(app: Sphinx, document: str, source: list[str]) -> None:
    here = (ROOT / document).parent

    def named(match: re.Match[str]) -> str:
        path = (here / match[2]).resolve()
        return f"{match[1]} (`{path.relative_to(ROOT)}`)" if path.is_dir() else match[0]

    source[0] = _FOLDER.sub(named, source[0])
