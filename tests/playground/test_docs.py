"""The page about the playground names all there is."""

from pathlib import Path
from typing import get_args

import pytest
from aiohttp import web

from bots.playground.faults import FaultKind
from bots.playground.slack import actions as slack_actions
from bots.playground.slack.app import build_app as build_slack
from bots.playground.telegram import actions as telegram_actions
from bots.playground.telegram.app import build_app as build_telegram

PAGE = (Path(__file__).parents[2] / "docs" / "playground.md").read_text(encoding="utf-8")


def test_every_fault_is_explained() -> None:
    assert [kind for kind in FaultKind if f"| `{kind}` |" not in PAGE] == []


@pytest.mark.parametrize("doing", [slack_actions.Doing, telegram_actions.Doing], ids=["slack", "telegram"])
def test_every_action_is_named(doing: object) -> None:
    names = [name for each in get_args(doing) for name in get_args(each.model_fields["action"].annotation)]
    assert len(names) > 10
    assert [name for name in names if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("app", [build_slack(), build_telegram()], ids=["slack", "telegram"])
def test_every_route_of_the_control_api_is_described(app: web.Application) -> None:
    paths = [resource.canonical for resource in app.router.resources()]
    control = [path.replace("{id}", "ID") for path in paths if path.startswith("/_control/")]
    assert len(control) > 8
    assert [path for path in control if path not in PAGE] == []
