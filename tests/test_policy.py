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
