"""`frontdesk backup` and `frontdesk restore`."""

import asyncio
import json
from pathlib import Path

import click

from bots import backup as saving
from core import settings
from core.errors import ConfigurationError
from core.settings import SECRET_LENGTH, Settings

_PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with the secret of the backup; else FRONTDESK_SECRET_KEY.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@_PASSPHRASE
@_JSON
def backup(folder: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Save all that is kept, while it serves.

    Writes an archive into FOLDER, encrypted and read once more, and beside it keys.backup, which each backup
    replaces: once somebody is erased, the next backup makes them unreadable in all older archives as well.
    Models that can be fetched again are left out, and so are .env and frontdesk.yaml. With Postgres the
    archive holds files alone: pg_dump saves the rest.
    """
    configured = settings.load()
    saved = asyncio.run(saving.save(configured, folder, _secrets(configured, passphrase_file)[0]))
    if as_json:
        keys = None if saved.keys is None else str(saved.keys)
        report = {"archive": str(saved.archive), "keys": keys, "bytes": saved.size}
        click.echo(json.dumps({**report, "models_left_out": saved.models}, indent=2))
        return
    click.echo(f"{saved.archive} is written and reads well ({saved.size // 1000} kB).")
    if saved.keys is None:
        click.echo("It holds files alone. The data and its keys are in Postgres: save them with pg_dump.")
    else:
        click.echo(f"{saved.keys} holds the keys to it and to older ones. Keep no older copy of it.")


@click.command()
@click.argument("archive", type=_FILE)
@click.option("--keys", type=_FILE, help="The newest keys.backup; else the one beside ARCHIVE.")
@_PASSPHRASE
@_JSON
def restore(archive: Path, keys: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Bring a backup into an empty FRONTDESK_HOME.

    Who was erased after ARCHIVE was made is erased again, as far as keys.backup knows. With Postgres it
    brings back files alone.
    """
    configured = settings.load()
    beside = None if configured.database_url else keys or archive.with_name(saving.KEYS)
    if beside and not beside.is_file():
        raise ConfigurationError(f"{beside} is missing: name the newest {saving.KEYS} with --keys.")
    done = asyncio.run(saving.restore(configured, archive, beside, _secrets(configured, passphrase_file)))
    if as_json:
        report = {"made_at": done.made_at, "erased_again": done.erased, "models_to_pull": done.models}
        click.echo(json.dumps(report, indent=2))
        return
    click.echo(f"{configured.home} is as it was at {done.made_at}; {done.erased} people were erased again.")
    for name in done.models:
        click.echo(f"To be fetched: frontdesk model pull {name}")


def _secrets(configured: Settings, passphrase_file: Path | None) -> list[str]:
    """With which files may be encrypted; the first is the one for new ones."""
    found = [passphrase_file.read_text(encoding="utf-8").strip()] if passphrase_file else []
    if found and len(found[0]) < SECRET_LENGTH:
        raise ConfigurationError(
            f"{passphrase_file} holds fewer than {SECRET_LENGTH} characters: take what "
            "`openssl rand -base64 33` prints"
        )
    if configured.secret_key is not None:
        found.append(configured.secret_key.get_secret_value())
    if not found:
        raise ConfigurationError(
            "A backup is always encrypted: set FRONTDESK_SECRET_KEY, or name a file that holds a secret "
            "with --passphrase-file."
        )
    return found
