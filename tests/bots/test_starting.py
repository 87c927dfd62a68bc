"""A start tells whether the configuration is another than the last time."""

import logging
import shutil
from pathlib import Path

import pytest

from bots.service import open_core
from bots.starting import note_start
from core.policy import Policies
from core.privacy.audit import Action
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.docs.pages import ROOT


async def _started(home: Path, **more: object) -> list[str]:
    """The configurations so far, oldest first."""
    settings = Settings.model_validate({"FRONTDESK_HOME": home, **more})
    async with open_core(settings, Policies(), ScriptedEngine()) as core:
        await note_start(core)
        found = await core.store.audit.records(9, action=Action.CHANGE)
        return [each.entry.subject for each in reversed(found)]


async def test_each_change_of_settings_policy_and_flows_is_one_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.INFO, "bots.starting")
    home = tmp_path / "home"
    assert len(await _started(home)) == 1
    assert len(await _started(home)) == 1
    assert len(await _started(home, FRONTDESK_PORT=9090)) == 2
    (tmp_path / "frontdesk.yaml").write_text("assistant: {}\n", encoding="utf-8")
    assert len(await _started(home, FRONTDESK_PORT=9090)) == 3
    (tmp_path / "flows").mkdir()
    shutil.copy(ROOT / "tests" / "dialogue" / "flows" / "termin.test.yaml", tmp_path / "flows")
    told = await _started(home, FRONTDESK_PORT=9090)
    assert len(set(told)) == 4 and all(each.startswith("configuration:") for each in told)
    heads = [each.getMessage() for each in caplog.records if each.name == "bots.starting"]
    assert heads[-1].startswith("the audit trail stands at 4-")
