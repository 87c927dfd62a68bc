"""Words by what they do to a claim: deny it, turn it round, or claim nothing. English, but for denials."""

from collections.abc import Mapping, Set

_NEGATIONS = {
    "en": "not n't n’t no never neither nor none nobody nothing nowhere without cannot cant dont unable"
    " impossible except excluding",
    "de": "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder",
    "fr": "pas jamais aucun aucune rien personne sans ni",
    "es": "no nunca jamás ningún ninguno ninguna nada nadie sin ni",
    "it": "non mai nessun nessuno nessuna niente nulla senza né",
    "nl": "niet geen nooit niemand niets zonder",
    "pt": "não nunca jamais nenhum nenhuma nada ninguém sem nem",
}
NEGATIONS: Mapping[str, Set[str]] = {code: frozenset(words.split()) for code, words in _NEGATIONS.items()}
"""By language."""
ANY_NEGATION: Set[str] = frozenset(word for words in NEGATIONS.values() for word in words)
"""For languages that are not listed."""
DENYING: Set[str] = frozenset(("prohibit", "forbid", "ban", "exclude"))
"""Verbs with which a passage may deny what the answer denies in other words."""
NEGATIVE_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non")

_OPPOSITES = """
    accept/reject,refuse,decline allow,permit,enable/forbid,prohibit,disallow,ban,block,prevent,disable
    include/exclude,omit before/after above,over/below,under free/paid,charge open/close,shut
    increase,rise,grow,raise/decrease,fall,drop,decline,reduce,shrink,lower
    minimum,least,min/maximum,most,max more/less,few always/never,sometimes
    all,every,each/none,most,some,many,few,several,half early/late first/last public/private
    internal/external inside/outside win/lose buy,purchase/sell north,northern/south,southern
    east,eastern/west,western upper/lower high/low large,big/small,little long/short old/young,new
    true/false same/different start,begin/end,finish,stop with/without add/remove
    required,mandatory,compulsory,must/optional,voluntary male/female man/woman import/export left/right
    positive/negative legal/illegal possible/impossible available/unavailable active/inactive
    automatic,automatically/manual,manually fast,quick/slow cheap/expensive hot/cold success/failure
    succeed/fail online/offline encrypt/decrypt majority/minority married/single import/export
    weekday/weekend synchronous/asynchronous ancestor/descendant parent/child winner/loser victory/defeat
    support/oppose agree/disagree upgrade/downgrade install/uninstall
"""
_EXCLUSIVE = (
    "second minute hour day week month quarter year decade",
    "daily weekly monthly yearly",
    "daily weekly monthly annual",
    "spring summer autumn winter",
)


def _opposites() -> Mapping[str, Set[str]]:
    found: dict[str, set[str]] = {}
    for pair in _OPPOSITES.split():
        left, right = (side.split(",") for side in pair.split("/"))
        for word in left:
            found.setdefault(word, set()).update(right)
        for word in right:
            found.setdefault(word, set()).update(left)
    for words in map(str.split, _EXCLUSIVE):
        for word in words:
            found.setdefault(word, set()).update(set(words) - {word})
    return found


OPPOSITES = _opposites()
"""What each word excludes. Spans of time exclude each other: "a year" is not "a month"."""
RESTRICTIONS: Mapping[str, Set[str]] = {
    "only": frozenset(("only", "solely", "exclusively", "just")),
    "always": frozenset(("always", "every", "all", "each", "must")),
    "unless": frozenset(("unless", "except", "if", "without")),
    "except": frozenset(("unless", "except", "but", "exclude", "excluding")),
    "guarantee": frozenset(("guarantee", "guaranteed")),
    "guaranteed": frozenset(("guarantee", "guaranteed")),
}
"""Words that sharpen a claim, and those in a passage that bear them out."""
SYNONYMS = (
    ("buy", "purchase", "order"),
    ("cost", "price", "fee"),
    ("begin", "start", "commence"),
    ("end", "finish", "stop", "conclude"),
    ("use", "employ", "utilize", "utilise"),
    ("help", "assist", "aid"),
    ("allow", "permit", "let", "able", "possible"),
    ("need", "require", "necessary", "must", "requirement"),
    ("get", "receive", "obtain"),
    ("big", "large"),
    ("approximately", "about", "around", "roughly"),
    ("contain", "include", "comprise", "have"),
    ("show", "display"),
    ("delete", "remove", "erase"),
    ("make", "create", "produce", "build"),
    ("choose", "select", "pick"),
    ("also", "additionally", "moreover"),
    ("call", "name", "know"),
    ("return", "bring"),
    ("send", "ship", "deliver"),
    ("change", "modify", "alter"),
    ("keep", "store", "retain", "save"),
    ("reply", "answer", "respond"),
    ("firm", "company", "business"),
    ("annual", "yearly"),
    ("film", "movie"),
)
"""Lemmas that may stand for each other. Few, and none that could turn a claim round."""
CANONICAL: Mapping[str, str] = {word: group[0] for group in SYNONYMS for word in group}
_FUNCTION = """
    a an the this that these those it its they them their theirs he him his she her hers we us our ours
    you your yours i me my mine who whom whose which what when where why how there here be am is are was
    were been being do does did done have has had having will would shall should can could may might must
    and or but if then than as of in on at by for with from to into onto upon over about through during
    after before since until while because so such too very also just both either own same other another
    some any each every all more most much many few up down out off again further once s 's ’s t 're 've
    'll 'd 'm na per via within along among across around against between however therefore thus hence
    although though whereas yet still even ever already one ones itself themselves himself herself
    yourself whether like well instead rather moreover additionally not no n't go back never neither nor
    none nobody nothing nowhere without cannot non except excluding
"""
FUNCTION: Set[str] = frozenset(_FUNCTION.split())
"""Words that carry no content of their own when support is measured; negations are looked at apart."""
_COURTESY = """
    hope help let know question further glad happy welcome thank thanks sorry find found answer document
    source say follow following ask need please hello hi hey sure course feel free contact human colleague
    reach anything else assist assistance information above below detail look see read want like more good
    day great fine kind regard understand apologize apologise inconvenience short summary unfortunately
    here according
"""
COURTESY: Set[str] = frozenset(_COURTESY.split())
"""Sentences of nothing but these claim nothing about the world."""
ASSENT: Set[str] = frozenset(("yes", "no", "yeah", "yep", "nope", "correct", "right", "exactly", "true"))
_HEDGES = "accord document far short see source say state mention note passage article page short"
HEDGES: Set[str] = frozenset(_HEDGES.split())
"""Words that present a claim ("According to the document, …"); a passage need not have them."""
