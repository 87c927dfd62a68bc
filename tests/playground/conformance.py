"""Lists what the conformance suite checks, from the suite itself: `python -m tests.playground.conformance`.

It writes docs/conformance.md; with --check it only says whether that page is as it should be.
"""

import contextlib
import io
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.playground.slack.test_refusals import Refusal
from tests.playground.telegram.rules.rule import Rule

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "conformance.md"
COMMAND = "python -m tests.playground.conformance"
PLATFORMS = {"slack": "Slack", "telegram": "Telegram"}
NO_RULES = {"test_assistant", "test_process"}
"""Modules about the assistant and the process, not about the platform."""
REFUSALS = ("test_refusals", "test_rules", "test_careless")
INTRODUCTION = f"""\
Every line is a rule that the conformance suite in `tests/playground` checks; this page is written from it by
`{COMMAND}`. Where a rule rests on documentation alone, the emulator's code
beside it names the page."""


@dataclass
class Collector:
    """A pytest plugin that keeps what was collected."""

    items: list[pytest.Function]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.items.extend(each for each in items if isinstance(each, pytest.Function))


def collected() -> list[pytest.Function]:
    """The tests of both platforms, in their order."""
    collector = Collector([])
    folders = [str(HERE / platform) for platform in PLATFORMS]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main(["--collect-only", "-qq", *folders], plugins=[collector])
    if status != pytest.ExitCode.OK:
        raise SystemExit(said.getvalue())
    return [each for each in collector.items if each.path.stem not in NO_RULES]


def chapters(tests: list[pytest.Function]) -> dict[str, list[str]]:
    """What is checked, by what the modules are about; refusals first."""
    found: dict[str, Counter[str]] = {}
    for test in sorted(tests, key=lambda test: test.path.stem not in REFUSALS):
        title = (test.module.__doc__ or test.module.__name__).partition("\n")[0].rstrip(".")
        found.setdefault(title, Counter())[_rule(test)] += 1
    return {
        title: [f"{rule} ({cases} cases)" if cases > 1 else rule for rule, cases in each.items()]
        for title, each in found.items()
    }


def _rule(test: pytest.Function) -> str:
    call = getattr(test, "callspec", None)
    rule = call.params.get("rule") if call is not None else None
    if isinstance(rule, Refusal):
        return f"`{rule.method}`, {rule.name}: `{rule.error}`"
    if isinstance(rule, Rule):
        return f"`{rule.method}`, {rule.name}: {rule.status} `{rule.says}`"
    words = test.originalname.removeprefix("test_").replace("_", " ")
    return words[0].upper() + words[1:]


def page() -> str:
    """The page, whole."""
    tests = collected()
    checked = {
        platform: chapters([each for each in tests if each.path.parent.name == platform])
        for platform in PLATFORMS
    }
    counts = {platform: sum(map(len, each.values())) for platform, each in checked.items()}
    parts = [
        "# What the emulators do as the platforms do",
        f"Slack: {counts['slack']} rules. Telegram: {counts['telegram']} rules.",
        INTRODUCTION,
    ]
    for platform, name in PLATFORMS.items():
        parts.append(f"## {name}")
        for title, sentences in checked[platform].items():
            parts += [f"### {title}", "\n".join(f"- {each}" for each in sentences)]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page, or check it."""
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        raise SystemExit(f"{PAGE.name} is not what the suite checks: run `{COMMAND}`")


if __name__ == "__main__":
    main()
