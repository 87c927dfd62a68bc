"""Policies that a trade expects, as YAML: `profile: healthcare` sets what a channel does not set itself."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

PROFILES = ("customer-service", "finance", "healthcare")


@cache
def profile(name: str) -> Mapping[str, object]:
    """The keys of a policy that a profile sets; none for the empty name.

    Raises:
        ValueError: there is no such profile.
    """
    if not name:
        return {}
    if name not in PROFILES:
        raise ValueError(f"there are the profiles {', '.join(PROFILES)}")
    text = resources.files("core.profiles").joinpath(f"{name}.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))
