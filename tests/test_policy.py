"""`frontdesk.yaml`: one policy, what differs per channel, and errors that name the line."""

from pathlib import Path

import pytest

from core import policy
from core.errors import ConfigurationError
from core.message import Conversation, Platform


def _load(tmp_path: Path, text: str) -> policy.Policies:
    file = tmp_path / "frontdesk.yaml"
    file.write_text(text, encoding="utf-8")
    return policy.load(file)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert policy.load(tmp_path / "absent") == policy.Policies()


def test_the_last_matching_channel_wins(tmp_path: Path) -> None:
    policies = _load(
        tmp_path,
        """
assistant:
  name: Ada
channels:
  - match: "slack:*"
    policy: {follow_threads: false, max_tokens: 100}
  - match: "slack:T1:C1"
    policy: {max_tokens: 50}
""",
    )
    slack = policies.for_conversation(
        Conversation(platform=Platform.SLACK, tenant="T1", channel="C1", thread="9")
    )
    assert (slack.name, slack.follow_threads, slack.max_tokens) == ("Ada", False, 50)
    telegram = policies.for_conversation(Conversation(platform=Platform.TELEGRAM, tenant="1", channel="2"))
    assert telegram.follow_threads
    assert "named Ada" in telegram.system_prompt


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("assistant:\n  name: Ada\n  mood: sunny\n", "line 3: assistant.mood"),
        ("assistant:\n  max_tokens: 0\n", "line 2: assistant.max_tokens"),
        ("channels:\n  - match: x\n    policy: {}\n  - policy: {}\n", "line 4: channels.1.match"),
        ("channels:\n  - match: x\n    policy: {overlap: maybe}\n", "line 3: channels.0.policy.overlap"),
        ("channels:\n  - match: x\n    policy: {sources: 3}\n", "line 3: channels.0.policy.sources"),
        ("assistant:\n  answers: maybe\n", "line 2: assistant.answers"),
        ("assistant: [\n", "line 2"),
        ("knowledge:\n  sources:\n    - {name: x}\n", "line 3: knowledge.sources.0.location"),
        ("- a\n- b\n", "line 1: no `assistant:` or `channels:`, see frontdesk.example.yaml"),
    ],
)
def test_mistakes_name_file_and_line(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=r"frontdesk\.yaml") as caught:
        _load(tmp_path, text)
    assert named in str(caught.value)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "frontdesk.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        policy.load(file)


def test_documents_and_their_teams_are_read(tmp_path: Path) -> None:
    policies = _load(
        tmp_path,
        """
knowledge:
  teams: {people: ["slack:T1:C1"]}
  sources: [{name: rules, location: rules, audience: [people], watch: false}]
  intranet: ["*.internal"]
""",
    )
    (source,) = policies.knowledge.sources
    assert (source.name, source.audience, source.watch) == ("rules", ("people",), False)


def test_the_documents_that_the_example_shows_are_in_order(tmp_path: Path) -> None:
    example = (Path(__file__).parents[1] / "frontdesk.example.yaml").read_text(encoding="utf-8")
    shown = example.partition("# knowledge:\n")[2].partition("\n\n")[0]
    text = "knowledge:\n" + "\n".join(
        line.removeprefix("# ").removeprefix("#") for line in shown.splitlines()
    )
    assert [source.name for source in _load(tmp_path, text).knowledge.sources] == ["handbook", "prices"]
