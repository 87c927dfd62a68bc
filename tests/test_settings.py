"""Settings: typed, complete, and clear about what is wrong."""

from pathlib import Path

import pytest
from dotenv import dotenv_values

from core import settings
from core.errors import ConfigurationError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.environment_names().values():
        monkeypatch.delenv(name, raising=False)


def _load(tmp_path: Path, text: str) -> settings.Settings:
    file = tmp_path / ".env"
    file.write_text(text, encoding="utf-8")
    return settings.load(file)


def test_nothing_set_is_a_playground(tmp_path: Path) -> None:
    loaded = settings.load(tmp_path / "absent")
    assert not loaded.slack_configured
    assert not loaded.telegram_configured
    assert loaded.host == "127.0.0.1"


def test_a_whole_file(tmp_path: Path) -> None:
    loaded = _load(
        tmp_path,
        "SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\nTELEGRAM_BOT_TOKEN=1:a\nFRONTDESK_PORT=9000\n",
    )
    assert loaded.slack_configured and loaded.telegram_configured
    assert loaded.port == 9000


def test_secrets_hide(tmp_path: Path) -> None:
    loaded = _load(
        tmp_path,
        "SLACK_BOT_TOKEN=xoxb-secret\nSLACK_APP_TOKEN=xapp-secret\n"
        "FRONTDESK_DATABASE_URL=postgresql://a:secret@db/x\n",
    )
    assert "secret" not in repr(loaded).replace("slack_signing_secret", "").replace(
        "client_secret", ""
    ).replace("webhook_secret", "").replace("secret_key", "").replace("widget_secret", "")


_SHARED = "FRONTDESK_DATABASE_URL=postgresql://a:secret@db/x\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("SLACK_BOT_TOKEN=xoxb-1\n", "SLACK_APP_TOKEN"),
        ("SLACK_APP_TOKEN=xapp-1\n", "SLACK_BOT_TOKEN"),
        ("SLACK_CLIENT_ID=1\nSLACK_SIGNING_SECRET=s\n", "SLACK_CLIENT_SECRET"),
        ("TELEGRAM_BOT_TOKEN=1:a\nTELEGRAM_WEBHOOK_URL=https://a.example\n", "TELEGRAM_WEBHOOK_SECRET"),
        ("FRONTDESK_PORT=eighty\n", "FRONTDESK_PORT"),
        ("FRONTDESK_PORT=70000\n", "FRONTDESK_PORT"),
        ("FRONTDESK_DEVICE=abacus\n", "FRONTDESK_DEVICE"),
        ("FRONTDESK_DATABASE_URL=postgresql://desk:hunter@2@db.example/frontdesk\n", "%40"),
        ("FRONTDESK_DATABASE_URL=mysql://db.example/frontdesk\n", "FRONTDESK_DATABASE_URL.* SQLite"),
        ("FRONTDESK_NATS_URL=queue.example:4222\n", "FRONTDESK_NATS_URL: write nats://"),
        ("FRONTDESK_NATS_URL=nats://one,http://two\n", "FRONTDESK_NATS_URL: write nats://"),
        ("FRONTDESK_NATS_URL=nats://one:4222x\n", "FRONTDESK_NATS_URL: write nats://"),
        ("FRONTDESK_NATS_CREDENTIALS=/not/there\n", "FRONTDESK_NATS_CREDENTIALS: there is no file"),
        ("FRONTDESK_KEYS_URL=postgresql://db/keys\n", "FRONTDESK_DATABASE_URL is missing"),
        (f"{_SHARED}FRONTDESK_SECRET_KEY={'s' * 40}\n", "FRONTDESK_KEYS_URL is missing"),
        (f"{_SHARED}FRONTDESK_KEYS_URL=mysql://db/keys\n", "FRONTDESK_KEYS_URL: write"),
        (f"{_SHARED}FRONTDESK_KEYS_URL=postgresql://b:pw@db/x\n", "FRONTDESK_KEYS_URL names the database"),
        ("FRONTDESK_SECRET_KEY=abc\n", "FRONTDESK_SECRET_KEY is shorter than 32"),
        ("FRONTDESK_HOME=x\nSLACK_BOT_TOK", "line 2"),
        ("FRONTDESK_HOME\n", "line 1"),
        ('SLACK_BOT_TOKEN="xoxb-1\n', "line 1"),
    ],
)
def test_half_written_files_are_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        _load(tmp_path, text)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        settings.load(file)


@pytest.mark.parametrize("password", ["pa4x/ss", "4222/ss", "pa?ss", "pa#ss", "pa[ss"])
@pytest.mark.parametrize("setting", ["FRONTDESK_NATS_URL=nats", "FRONTDESK_DATABASE_URL=postgresql"])
def test_a_password_that_breaks_an_address_is_not_shown(tmp_path: Path, setting: str, password: str) -> None:
    with pytest.raises(ConfigurationError, match=r"is no address.*%2F") as caught:
        _load(tmp_path, f"{setting}://user:{password}@host:4222\n")
    assert password.partition("/")[0] not in str(caught.value)


def test_an_error_never_shows_a_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _load(tmp_path, "SLACK_BOT_TOKEN=xoxb-very-secret\n")
    assert "very-secret" not in str(caught.value)


EXAMPLE = Path(__file__).parents[1] / ".env.example"


def test_the_example_names_every_setting_and_nothing_else() -> None:
    assert sorted(dotenv_values(EXAMPLE)) == sorted(settings.environment_names().values())


def test_the_example_explains_every_setting() -> None:
    blocks = [block for block in EXAMPLE.read_text(encoding="utf-8").split("\n\n") if "=" in block]
    assert not [block for block in blocks if not block.startswith("# ")]


def test_the_example_as_it_is_sets_nothing_but_the_defaults(tmp_path: Path) -> None:
    assert settings.load(EXAMPLE) == settings.load(tmp_path / "absent")
