"""The flows of this installation."""

from collections.abc import Mapping
from pathlib import Path

from core.dialogue.flows import library
from core.dialogue.flows.library import Version
from core.errors import ConfigurationError
from core.policy import Policies, Policy


def load(policies: Policies, folder: Path = Path()) -> Mapping[str, Version]:
    """The flows in the folder that frontdesk.yaml names, by name.

    Args:
        folder: where frontdesk.yaml is.

    Raises:
        ConfigurationError: a flow is wrong, or one that a policy names is missing.
    """
    section = policies.flows
    versions = library.load(folder / section.folder, {action.name for action in section.actions})
    named = [policies.assistant, *(Policy.model_validate(each.policy) for each in policies.channels)]
    missing = {name for policy in named for name in policy.flows or ()} - {*versions}
    if missing:
        raise ConfigurationError(
            f"A policy names the flow {min(missing)!r}, which is not in {folder / section.folder}."
        )
    return versions
