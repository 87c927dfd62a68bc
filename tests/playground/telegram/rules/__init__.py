"""The rules of the Bot API that the emulator keeps, as a list to read."""

from tests.playground.telegram.rules import changing, rest, sending
from tests.playground.telegram.rules.rule import Rule

RULES: list[Rule] = [*sending.RULES, *changing.RULES, *rest.RULES]
