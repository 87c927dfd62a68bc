"""How people say yes, no, that they give up, correct, skip or ask something: English, German and Spanish.

A slot's options, cues and patterns are the flow's own; these words belong to every flow.
"""

import re

from core.language.wordlist import any_of

_THING = r"(?:it|this|that|(?:the|my) [\w -]{1,30})"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


YES = _words("""
    yes yeah yep yup sure ok okay correct right exactly confirm confirmed
    ja jawohl genau richtig stimmt passt klar gern gerne natürlich
    sí si claro vale correcto exacto confirmo perfecto
""")
NO = _words("no nope nah not nein nicht falsch wrong incorrect incorrecto negative negativo")
"""Beginnings of a short answer that is a yes or a no."""
DECLINES = _any(
    r"\b(?:do not|don['’]?t|please not|rather not)\b",
    r"\b(?:lieber|besser|bitte) nicht\b",
    r"\b(?:mejor|todavía) no\b",
)
AGREES = _any(
    r"\b(?:do|send|book|file|submit|confirm) (?:it|that|so)\b",
    r"\b(?:go ahead|sounds good|that['’]?s (?:right|fine|it))\b",
    r"\b(?:in ordnung|(?:passt|stimmt) so|mach(?:en sie)? (?:es|das)(?: so)?)\b",
    r"\b(?:de acuerdo|está bien|adelante|h[aá]gal[oa])\b",
)
GIVES_UP = _any(
    r"\W*+(?:(?:no|ok|okay|please|sorry|actually|oh|well),? )*"
    rf"(?:(?:please )?(?:cancel|stop|abort|quit|exit|leave|drop)(?: {_THING})?"
    rf"|never ?mind(?: {_THING})?|forget(?: about)? {_THING}"
    r"|(?:i(?:'ve|’ve| have)? )?changed my mind"
    r"|i (?:do not|don['’]?t) want (?:it|this|that|to)(?: [\w ]{1,30})?"
    r"),?(?: (?:please|anymore|any more|thanks|thank you))*\W*",
    r"\W*+(?:(?:nein|ach|bitte|ok|okay|sorry|entschuldigung),? )*"
    r"(?:(?:alles )?(?:abbrechen|stopp?|aufhören|beenden)|brich (?:es |das )?ab|brechen sie (?:es |das )?ab"
    r"|vergiss (?:es|das)|vergessen sie (?:es|das)|lass (?:es|das|mal)(?: sein| gut sein)?"
    r"|lassen (?:sie|wir) (?:es|das)(?: sein)?|(?:lieber )?doch nicht"
    r"|(?:ich habe )?(?:es )?mir (?:es )?anders überlegt|ich habe es mir anders überlegt"
    r"|ich (?:will|möchte) (?:es |das |doch )*nicht(?: mehr)?"
    r"),?(?: (?:bitte|danke))*\W*",
    r"\W*+(?:(?:no|ay|ah|por favor|perdón),? )*"
    r"(?:cancelar|canc[eé]l[ae](?:lo|la)?|parar|salir|déj[ae]lo|olvíd[ae]lo"
    r"|(?:he cambiado|cambié) de (?:opinión|idea)|ya no (?:lo |la )?quiero(?: [\w ]{1,30})?|mejor no"
    r"),?(?: (?:por favor|gracias))*\W*",
)
SKIPS = _any(
    r"\W*+(?:skip(?: (?:it|this|that))?|none|nothing|no|n/a|not needed|rather not)\W*",
    r"\W*+(?:überspringen|auslassen|keine?[nrs]?|nichts|nein|nicht nötig|lieber nicht)\W*",
    r"\W*+(?:saltar|omitir|ningun[oa]|nada|no hace falta|mejor no)\W*",
)
CORRECTS = any_of(
    (
        *("no", "nope", "sorry", "actually", "i mean", "i meant", "meant", "instead", "rather", "wait"),
        *("correction", "oops", "wrong", "not", "make it", "make that", "change", "changed", "update"),
        *("move it", "move that"),
        *("nein", "doch", "lieber", "besser", "stattdessen", "sondern", "eigentlich", "ich meinte"),
        *("meinte", "moment", "korrektur", "falsch", "nicht", "änder", "ändern", "ändere", "geändert"),
        *("entschuldigung", "verzeihung"),
        *(
            "perdón",
            "mejor",
            "quise decir",
            "quería decir",
            "digo",
            "en realidad",
            "en vez",
            "sino",
            "espera",
        ),
        *("espere", "corrección", "cambia", "cambie", "cambio", "cambiar", "me equivoqué", "equivocado"),
        *("equivocada",),
    )
)
EXCEPT = _any(
    r"\bnot\s+(?:(?:on|at|for|the)\s+)?$",
    r"\bnicht\s+(?:(?:am|um|für|der|die|das|den)\s+)?$",
    r"\bno\s+(?:(?:el|la|los|las|a las|para el|para)\s+)?$",
)
"""Before a value that is not meant."""
ASKS = _any(
    r"\s*+(?:and |but |also |by the way,? |btw,? )?"
    r"(?:who|what|when|where|which|how|why|is|are|was|were|do|does|did|can|could|may|tell me)\b(?:\s+\S+){2}",
    r"\s*+(?:und |aber |auch |übrigens,? )?"
    r"(?:wer|was|wann|wo|wohin|welche[rsnm]?|wie|warum|wieso|ist|sind|kann|könne?n?|darf|gibt es|haben sie)\b"
    r"(?:\s+\S+){2}",
    r"\s*+(?:y |pero |por cierto,? )?"
    r"¿?(?:quién|qué|cuándo|dónde|cuál|cómo|cuánt[oa]s?|por qué|puedo|pueden?|tienen)\b(?:\s+\S+){2}",
)
GOES_ON = (
    "go on",
    "continue",
    "resume",
    "weiter",
    "fortsetzen",
    "fortfahren",
    "continuar",
    "seguir",
    "sigamos",
)
DROPS = ("drop", "verwerfen", "aufgeben", "abandonar")
"""Beginnings of an answer to whether a flow is to go on."""
FILLERS = _words("""
    a an the it is its it's i'm im i on at for from until till to by and please yes no sorry actually
    make that meant mean instead not but of would be we are my me will can could do let's lets change
    changed with there about around ok okay well um uh hmm rather in this next wait thanks thank you oh
    nope was should day date time number correction oops wrong update move better say so then hm s m
    am um für von bis zu ab und bitte ja nein doch lieber besser stattdessen sondern nicht der die das den
    dem ein eine einen es ist soll sein wäre mache machen sie wir ich meine meinte tag datum uhrzeit zeit
    uhr nummer danke entschuldigung eigentlich moment falsch ändern ändere
    sí el la los las lo de del a para y por favor mejor perdón quise quería decir digo que sea es era día
    fecha hora número gracias en realidad cambia cambie cambiar sino espera espere
""")
"""Words that say nothing beside a correction."""
NAMED = re.compile(
    r"^\W*(?:(?:it'?s|i'?m|i am|this is|my name is|name is|for|with|ask for"
    r"|ich bin|ich heiße|mein name ist|das ist|für|mit"
    r"|me llamo|soy|mi nombre es|es|para|con)\s+)?"
    r"(?P<name>[^\W\d_][\w'.-]*(?:\s+[^\W\d_][\w'.-]*){0,3})\W*$",
    re.IGNORECASE,
)
"""A name, as people give it who were asked for one."""
_ORDINALS = (
    _words("first ersten erste erster erstes primero primera primer"),
    _words("second zweiten zweite zweiter zweites segundo segunda"),
    _words("third dritten dritte dritter drittes tercero tercera tercer"),
    _words("fourth vierten vierte vierter viertes cuarto cuarta"),
    _words("fifth fünften fünfte fünfter fünftes quinto quinta"),
    _words("sixth sechsten sechste sechster sechstes sexto sexta"),
    _words("seventh siebten siebte siebter siebtes séptimo séptima"),
    _words("eighth achten achte achter achtes octavo octava"),
    _words("ninth neunten neunte neunter neuntes noveno novena"),
    _words("tenth zehnten zehnte zehnter zehntes décimo décima"),
)
_NUMBERED = re.compile(r"\W*+(?:(?:number|option|nummer|número|opción)\s++)?+(\d{1,2})\W*+", re.IGNORECASE)
_ORDINAL = re.compile(
    r"\W*+(?:(?:the|der|die|das|den|el|la|los|las)\s++)?([^\W\d_]++)(?:\s++(?:one|option|opción))?\W*+",
    re.IGNORECASE,
)


def place(text: str) -> int | None:
    """The place in a list, from 0, that a text names and nothing else."""
    if number := _NUMBERED.fullmatch(text):
        return int(number[1]) - 1 if int(number[1]) else None
    if not (named := _ORDINAL.fullmatch(text)):
        return None
    return next((at for at, words in enumerate(_ORDINALS) if named[1].casefold() in words), None)
