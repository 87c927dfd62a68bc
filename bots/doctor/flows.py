"""The flows: whether they can be read, what they call is there, and nothing leads nowhere."""

from collections.abc import Iterator, Sequence

from bots import flows as installed
from bots.doctor.configuration import POLICY_FILE
from bots.doctor.finding import Finding, broken, doubtful, fine
from core import policy
from core.dialogue.flows import checking
from core.dialogue.flows.actions import OperatorActions
from core.errors import ConfigurationError
from core.policy import Policies
from core.settings import Settings


def flows(_: Settings) -> Sequence[Finding]:
    """What is wrong with the flows; a broken frontdesk.yaml is another check's business."""
    try:
        policies = policy.load(POLICY_FILE)
    except ConfigurationError:
        return []
    try:
        return list(_of(policies))
    except ConfigurationError as error:
        return [broken(str(error), "See docs/flows.md; `frontdesk flow check` tells whether it is mended.")]


def _of(policies: Policies) -> Iterator[Finding]:
    versions = installed.load(policies)
    OperatorActions(policies.flows)
    if not versions:
        return
    count = len(versions)
    yield fine(f"{'One flow' if count == 1 else f'{count} flows'} can be begun: {', '.join(versions)}.")
    if policies.flows.dry_run:
        yield doubtful(
            "Flows do nothing for real: every action gives back its sample.",
            "Take `dry_run: true` out of `flows:` in frontdesk.yaml once people are to use them.",
        )
    for version in versions.values():
        for fault in checking.check(version):
            yield doubtful(f"{fault.file}, line {fault.line}: {fault.message}.", "See docs/flows.md.")
