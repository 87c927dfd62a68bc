"""Words that say nothing of what is asked about."""

from collections.abc import Iterator

from core.language.analysis import Analysis, Token

_STOP = """
    a an the this that these those it its they them their he him his she her we us our you your i me my
    mine and or but if then than as of in on at by for with from to into onto over about per via there
    here be am is are was were been being do does did done have has had will would shall should can could
    may might must what who whom whose which when where why how much many long often far old soon so such
    too very also just please thanks thank hi hello hey want need like know tell let get give show say ask
    find not no n't 's 're 've 'll 'm 'd yes ok okay any some every each all more most other another one
    ones way thing something anything again still really ich du sie er es wir ihr der die das ein eine
    einen einem den dem des und oder aber ist sind war wie was wer wo wann warum welche welcher mit von zu
    für auf im am bei nach aus kann können muss möchte bitte mein meine meinem nicht
"""
STOP = frozenset(_STOP.split())
_CONTENT = frozenset(("NOUN", "PROPN", "VERB", "ADJ", "NUM", "X", ""))


def content(analysis: Analysis) -> Iterator[Token]:
    """The tokens that carry what is asked about."""
    for token in analysis.tokens:
        word = token.text.casefold()
        if token.part in _CONTENT and not {word, token.lemma} & STOP and any(map(str.isalnum, word)):
            yield token
