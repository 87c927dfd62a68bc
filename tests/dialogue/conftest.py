"""The pipelines that the tests of the language share."""

from tests.language.conftest import by_rules, pipeline

__all__ = ["by_rules", "pipeline"]
