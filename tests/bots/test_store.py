"""Where the data lies is a setting: the same service on a file or on a Postgres database."""

from pathlib import Path

import pytest

from bots import store as bots_store
from bots.doctor.machine import database
from bots.store import examined, looked_into, opened_store
from core.errors import ConfigurationError, StoreError
from core.learning import figures
from core.settings import Settings
from tests.samples import HERE, arrival, message


@pytest.fixture
def settings(postgres_url: str, tmp_path: Path) -> Settings:
    return Settings.model_validate({"FRONTDESK_HOME": tmp_path, "FRONTDESK_DATABASE_URL": postgres_url})


async def test_the_data_goes_where_the_setting_says_and_is_seen_from_outside(
    settings: Settings, tmp_path: Path
) -> None:
    async with opened_store(settings) as store:
        await store.inbox.accept(arrival(message("hello")))
        await store.leases.take("telegram:1")
        seen = examined(settings)
        assert seen and seen.heard == {"terminal"} and seen.leases == {"telegram:1"}
    async with opened_store(settings) as store:
        assert len(await store.inbox.waiting(HERE.key)) == 1
    assert not (tmp_path / "frontdesk.db").exists()
    (finding,) = database(settings)
    assert finding.sentence == "The Postgres database answers."
    assert set(looked_into(settings, figures.read)) == {"answers", "tickets", "gaps", "consents"}


async def test_a_server_that_does_not_answer_is_found(tmp_path: Path) -> None:
    url = "postgresql://frontdesk:hunter2@127.0.0.1:1/none"
    settings = Settings.model_validate({"FRONTDESK_HOME": tmp_path, "FRONTDESK_DATABASE_URL": url})
    (finding,) = database(settings)
    assert "Connection refused" in finding.sentence and "hunter2" not in repr(finding)
    with pytest.raises(StoreError, match="FRONTDESK_DATABASE_URL"):
        looked_into(settings, figures.read)


async def test_the_extra_that_is_missing_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bots_store, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"pip install --editable '\.\[postgres\]'"):
        async with opened_store(settings):
            pass
