"""Settings from the environment or `.env`, read once, typed, secrets hidden in `repr`."""

import errno
import io
import os
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from dotenv.parser import parse_stream
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core import api_key
from core.api_key import ApiKey
from core.errors import ConfigurationError

SLACK_API = "https://slack.com/api/"
TELEGRAM_API = "https://api.telegram.org"
WIDGET_SECRET_LENGTH = 32
"""Characters: an HS256 key as long as its hash (RFC 7518, 3.2)."""
SECRET_LENGTH = 32
"""Characters of the secret that wraps the keys to what people wrote: too many to be guessed."""
CONSOLE_PASSWORD_LENGTH = 16
"""Characters below which the console's password could be guessed."""
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


class Settings(BaseSettings):
    """What an operator can set; `.env.example` explains each in a line or two."""

    # By alias only: by name, `home` would also read the environment's HOME, `host` its HOST.
    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_api_url: str = SLACK_API
    telegram_bot_token: SecretStr | None = None
    telegram_api_url: str = TELEGRAM_API
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    home: Path = Field(Path(".frontdesk"), validation_alias="FRONTDESK_HOME")
    host: str = Field("127.0.0.1", validation_alias="FRONTDESK_HOST")
    port: int = Field(8080, ge=0, le=65535, validation_alias="FRONTDESK_PORT")
    model: str = Field("active", validation_alias="FRONTDESK_MODEL")
    encoder: str = Field("minilm-l6-v2", validation_alias="FRONTDESK_ENCODER")
    reranker: str = Field("ms-marco-minilm-l12", validation_alias="FRONTDESK_RERANKER")
    speech: str = Field("whisper-base", validation_alias="FRONTDESK_SPEECH")
    model_memory_mb: int | None = Field(None, ge=1, validation_alias="FRONTDESK_MODEL_MEMORY_MB")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", validation_alias="FRONTDESK_DEVICE")
    log_format: Literal["text", "json"] = Field("text", validation_alias="FRONTDESK_LOG_FORMAT")
    api_keys: Annotated[tuple[ApiKey, ...], NoDecode] = Field((), validation_alias="FRONTDESK_API_KEYS")
    widget_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias="FRONTDESK_WIDGET_ORIGINS"
    )
    widget_secret: SecretStr | None = Field(None, validation_alias="FRONTDESK_WIDGET_SECRET")
    console_password: SecretStr | None = Field(None, validation_alias="FRONTDESK_CONSOLE_PASSWORD")
    otel_endpoint: str | None = Field(None, validation_alias="FRONTDESK_OTEL_ENDPOINT")
    oidc_issuer: str | None = Field(None, validation_alias="FRONTDESK_OIDC_ISSUER")
    oidc_client_id: str | None = Field(None, validation_alias="FRONTDESK_OIDC_CLIENT_ID")
    oidc_client_secret: SecretStr | None = Field(None, validation_alias="FRONTDESK_OIDC_CLIENT_SECRET")
    database_url: SecretStr | None = Field(None, validation_alias="FRONTDESK_DATABASE_URL")
    nats_url: SecretStr | None = Field(None, validation_alias="FRONTDESK_NATS_URL")
    nats_credentials: Path | None = Field(None, validation_alias="FRONTDESK_NATS_CREDENTIALS")
    worker_port: int | None = Field(None, ge=0, le=65535, validation_alias="FRONTDESK_WORKER_PORT")
    keys_url: SecretStr | None = Field(None, validation_alias="FRONTDESK_KEYS_URL")
    secret_key: SecretStr | None = Field(None, validation_alias="FRONTDESK_SECRET_KEY")

    @property
    def slack_configured(self) -> bool:
        return self.slack_bot_token is not None or self.slack_client_id is not None

    @property
    def telegram_configured(self) -> bool:
        return self.telegram_bot_token is not None

    @property
    def widget_configured(self) -> bool:
        return bool(self.widget_origins)

    @property
    def console_configured(self) -> bool:
        return self.console_password is not None or self.oidc_issuer is not None

    @property
    def nats_servers(self) -> tuple[str, ...]:
        """Addresses of NATS servers, with user and password where they stand there."""
        return _listed(self.nats_url.get_secret_value()) if self.nats_url else ()

    @property
    def serves_anything(self) -> bool:
        """False where nothing is set that people or programs could reach us by."""
        return bool(
            self.slack_configured or self.telegram_configured or self.widget_configured or self.api_keys
        )

    def apart(self, home: Path) -> "Settings":
        """The same, with all data in files of another folder, whatever databases cores share.

        Args:
            home: the folder; what is sealed there is sealed with the same secret.
        """
        return self.model_copy(update={"home": home, "database_url": None, "keys_url": None})

    @field_validator("api_keys", mode="before")
    @classmethod
    def _keys(cls, value: object) -> object:
        return api_key.listed(value) if isinstance(value, str) else value

    @field_validator("widget_origins", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return _listed(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        _check_console(self)
        _check_traces(self)
        _check_slack(self)
        _check_telegram(self)
        _check_widget(self)
        _check_nats(self)
        _check_database(self)
        _check_keys(self)
        if self.secret_key and len(self.secret_key.get_secret_value()) < SECRET_LENGTH:
            raise ValueError(
                f"FRONTDESK_SECRET_KEY is shorter than {SECRET_LENGTH} characters: take what "
                "`openssl rand -base64 33` prints"
            )
        return self


def _check_console(settings: Settings) -> None:
    password = settings.console_password
    if password and len(password.get_secret_value()) < CONSOLE_PASSWORD_LENGTH:
        raise ValueError(
            f"FRONTDESK_CONSOLE_PASSWORD has fewer than {CONSOLE_PASSWORD_LENGTH} characters. "
            "Make one with: openssl rand -hex 16"
        )
    issuer = urlsplit(settings.oidc_issuer or "")
    if settings.oidc_issuer is None:
        return
    if issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost"):
        raise ValueError("FRONTDESK_OIDC_ISSUER: write the sign-in service's address with https://")
    if settings.oidc_client_id is None or settings.oidc_client_secret is None:
        raise ValueError(
            "FRONTDESK_OIDC_CLIENT_ID and FRONTDESK_OIDC_CLIENT_SECRET are missing: FRONTDESK_OIDC_ISSUER "
            "needs them"
        )


def _check_traces(settings: Settings) -> None:
    if settings.otel_endpoint is not None and urlsplit(settings.otel_endpoint).scheme not in (
        "http",
        "https",
    ):
        raise ValueError(
            "FRONTDESK_OTEL_ENDPOINT: write the collector's address, as http://127.0.0.1:4318/v1/traces"
        )


def _check_slack(settings: Settings) -> None:
    if not settings.slack_configured:
        if settings.slack_app_token or settings.slack_signing_secret:
            raise ValueError("SLACK_BOT_TOKEN is missing: copy it from your Slack app, OAuth & Permissions")
        return
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        raise ValueError(
            "Slack needs one way in: set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)"
        )
    if settings.slack_client_id and settings.slack_client_secret is None:
        raise ValueError("SLACK_CLIENT_SECRET is missing: SLACK_CLIENT_ID needs it")


def _check_telegram(settings: Settings) -> None:
    if settings.telegram_webhook_url and settings.telegram_webhook_secret is None:
        raise ValueError("TELEGRAM_WEBHOOK_SECRET is missing: TELEGRAM_WEBHOOK_URL needs it")
    if settings.telegram_webhook_url and settings.telegram_bot_token is None:
        raise ValueError("TELEGRAM_BOT_TOKEN is missing: TELEGRAM_WEBHOOK_URL needs it")


def _check_widget(settings: Settings) -> None:
    for origin in settings.widget_origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"FRONTDESK_WIDGET_ORIGINS: {origin!r} is no origin: write https://www.example.org, "
                "with a port where there is one, and without a path"
            )
    if settings.widget_secret is None:
        return
    if not settings.widget_origins:
        raise ValueError("FRONTDESK_WIDGET_ORIGINS is missing: FRONTDESK_WIDGET_SECRET needs it")
    if len(settings.widget_secret.get_secret_value()) < WIDGET_SECRET_LENGTH:
        raise ValueError(
            f"FRONTDESK_WIDGET_SECRET has fewer than {WIDGET_SECRET_LENGTH} characters. "
            "Make one with: openssl rand -hex 32"
        )


def _check_nats(settings: Settings) -> None:
    for server in settings.nats_servers:
        _check_escaped("FRONTDESK_NATS_URL", SecretStr(server))
        parts = urlsplit(server)
        if parts.scheme not in ("nats", "tls") or not parts.hostname or not _has_port(parts):
            raise ValueError(
                "FRONTDESK_NATS_URL: write nats://HOST:4222, or tls://HOST:4222; several with commas between"
            )
    if settings.nats_credentials and not settings.nats_credentials.is_file():
        raise ValueError(
            f"FRONTDESK_NATS_CREDENTIALS: there is no file {settings.nats_credentials}. "
            "Write the path of the user's credentials, or leave it empty."
        )


def _has_port(parts: SplitResult) -> bool:
    """Whether its port is one, where it has any."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _listed(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


def _check_database(settings: Settings) -> None:
    url = settings.database_url
    _check_escaped("FRONTDESK_DATABASE_URL", url)
    if url and urlsplit(url.get_secret_value()).scheme not in ("postgres", "postgresql"):
        raise ValueError(
            "FRONTDESK_DATABASE_URL: write the address of a Postgres database, as "
            "postgresql://USER:PASSWORD@HOST:5432/DATABASE, or leave it empty for SQLite under FRONTDESK_HOME"
        )


def _check_escaped(setting: str, url: SecretStr | None) -> None:
    """Else a part of the password would be taken for the server's name, and shown."""
    if url and not _is_address(url.get_secret_value()):
        raise ValueError(
            f"{setting} is no address: write special characters of the password as %XX, an @ as %40 and a / "
            "as %2F"
        )


def _is_address(url: str) -> bool:
    """Whether it has its parts where they belong."""
    try:
        return url.count("@") == urlsplit(url).netloc.count("@") <= 1
    except ValueError:  # its words would show a part of it
        return False


def _check_keys(settings: Settings) -> None:
    url = settings.keys_url
    _check_escaped("FRONTDESK_KEYS_URL", url)
    if settings.database_url is None:
        if url is not None:
            raise ValueError(
                "FRONTDESK_DATABASE_URL is missing: FRONTDESK_KEYS_URL needs it. Without both, the keys are "
                "in a file under FRONTDESK_HOME"
            )
    elif url is None:
        if settings.secret_key is not None:
            raise ValueError(
                "FRONTDESK_KEYS_URL is missing: cores that share a database share the keys to it, too. Give "
                "them a Postgres database of their own, which is backed up apart; see docs/privacy.md"
            )
    elif urlsplit(url.get_secret_value()).scheme not in ("postgres", "postgresql"):
        raise ValueError(
            "FRONTDESK_KEYS_URL: write the address of a Postgres database, as "
            "postgresql://USER:PASSWORD@HOST:5432/DATABASE"
        )
    elif _database_at(url) == _database_at(settings.database_url):
        raise ValueError(
            "FRONTDESK_KEYS_URL names the database of the messages: one backup would hold both, and a key "
            "that is destroyed would live on in it. Give the keys a database of their own"
        )


def _database_at(url: SecretStr) -> tuple[str, str, str]:
    parts = urlsplit(url.get_secret_value())
    return parts.netloc.rpartition("@")[2], parts.path, parts.query


def environment_names() -> dict[str, str]:
    """What each field is called in the environment and in `.env`."""
    return {
        field: str(info.validation_alias or field).upper() for field, info in Settings.model_fields.items()
    }


def load(env_file: Path = Path(".env")) -> Settings:
    """Read the environment, and `env_file` below it where there is one.

    Raises:
        ConfigurationError: names the setting, or the line of the file, and the mend.
    """
    _check_env_file(env_file)
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]  # pydantic-settings' own argument
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentences(error))) from None


def make_home(settings: Settings) -> None:
    """Make sure that FRONTDESK_HOME is a folder we can write into.

    Raises:
        ConfigurationError: it is not; says why.
    """
    reason = ""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
    if not reason and not os.access(settings.home, os.W_OK | os.X_OK):
        reason = os.strerror(errno.EACCES)
    if reason:
        raise ConfigurationError(
            f"FRONTDESK_HOME ({settings.home}) cannot be written: {reason}. "
            "Give this user the folder, or set FRONTDESK_HOME to one that it may write."
        )


def _check_env_file(path: Path) -> None:
    """A line that the reader would skip with a mere warning is a setting that silently does nothing."""
    if not path.is_file():
        return
    try:
        bindings = list(parse_stream(io.StringIO(path.read_text(encoding="utf-8"))))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text: write it anew from .env.example") from None
    for binding in bindings:
        if binding.error or (binding.key and binding.value is None):
            raise ConfigurationError(
                f"{path}, line {binding.original.line}: not of the form NAME=value. "
                "Complete the line or put a # before it."
            )


def _sentences(error: ValidationError) -> list[str]:
    sentences = []
    for fault in error.errors(include_input=False, include_url=False):
        name = str(fault["loc"][0]).upper() if fault["loc"] else ""
        message = fault["msg"].removeprefix("Value error, ")
        sentences.append(f"{name}: {message}" if name else message)
    return sentences
