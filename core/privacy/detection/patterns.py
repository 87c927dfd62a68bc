"""Personal data that is told by its form, and by a check digit where there is one. Every pattern is linear:
its repetitions are bounded, or begin where nothing of the kind stands before them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from core.privacy.detection.checksums import (
    iban_length,
    is_card,
    is_dni,
    is_iban,
    is_nhs_number,
    is_nino,
    is_pension_number,
    is_ssn,
    is_tax_id,
)
from core.privacy.detection.finding import Finding, Kind
from core.privacy.detection.phones import find_phones
from core.privacy.detection.secrets import find_secrets

_GROUP = re.compile(r"(?<!\d)\d{1,19}(?!\d)")
_MOST_GROUPS = 8
"""Into which people cut a number."""
_EMAIL = re.compile(
    r"(?<![\w.+'-])[\w.+'-]{1,64}"
    r"(?:@|\s?[(\[{]\s?(?:at|arroba)\s?[)\]}]\s?)"
    r"[\w-]{1,63}(?:(?:\.|\s?[(\[{]\s?(?:dot|punkt|punto)\s?[)\]}]\s?)[\w-]{1,63}){1,5}",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@./])@[A-Za-z_][\w-]{1,39}")
_IBAN = re.compile(r"(?<!\w)(?=[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9])")
_IP4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{3,39}(?![\w:])")
_VERSION = re.compile(r"\b(?:v|version|release|build)[ :]{0,2}$", re.IGNORECASE)
_DNI = re.compile(r"(?<![\w-])(?:[XYZxyz][ -]?\d{7}|\d{8}|\d{2}\.\d{3}\.\d{3})[ -]?[A-Za-z](?!\w)")
_NINO = re.compile(r"(?<!\w)[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d](?!\w)")
_PENSION = re.compile(r"(?<!\w)\d{2} ?\d{6} ?[A-Za-z] ?\d{3}(?!\w)")
_SSN_NAMED = re.compile(r"\b(?:ssn|social security)\b", re.IGNORECASE)
_TAX_NAMED = re.compile(r"steuer|\btin\b|\bidnr|\bid-nr|identifikationsnummer", re.IGNORECASE)
_NHS_NAMED = re.compile(r"\bnhs\b", re.IGNORECASE)
_NEAR = 40
"""Characters before a number in which its name is looked for."""
_GERMAN_STREET = re.compile(
    r"(?<!\w)(?:(?:Am|An der|An den|Im|In der|Auf der|Auf dem|Zum|Zur|Unter den|Alte|Alter|Neue|Neuer) )?"
    r"[A-ZÄÖÜ][\wäöüß.-]{1,40}"
    r"(?:[ -](?:Straße|Strasse|Str\.|Allee|Platz|Weg|Ring|Damm|Gasse|Ufer|Chaussee|Markt)"
    r"|(?<=straße)|(?<=strasse)|(?<=str\.)|(?<=allee)|(?<=platz)|(?<=weg)|(?<=ring)|(?<=damm)|(?<=gasse)"
    r"|(?<=ufer)|(?<=steig)|(?<=graben)|(?<=markt)|(?<=chaussee)|(?<=linden))"
    r" \d{1,4} ?[a-zA-Z]?(?![\w])"
    r"(?:,? (?:[A-Z]{1,2}-)?\d{5} [A-ZÄÖÜ][\wäöüß-]{2,30}(?: (?:am|an der|im) [A-ZÄÖÜ]\w{2,20})?)?"
)
_ENGLISH_STREET = re.compile(
    r"(?<![\w.])(?:(?:Flat|Apt\.?|Apartment|Unit|Suite) \w{1,5},? )?\d{1,5}[a-zA-Z]?,? "
    r"(?:[NSEW]\.? |North |South |East |West )?(?:[A-Z][\w'.-]{1,25} |\d{1,3}(?:st|nd|rd|th) ){1,4}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Square|Sq|Terrace|Place|Pl"
    r"|Close|Crescent|Gardens|Parkway|Pkwy|Highway|Hwy|Circle|Row|Mews|Grove|Hill)\b\.?"
    r"(?:,? (?:Apt|Apartment|Suite|Unit|Flat|#) ?\.? ?\w{1,5})?"
    r"(?:, [A-Z][\w'.-]{1,25}(?: [A-Z][\w'.-]{1,25}){0,2})?"
    r"(?:,? [A-Z]{2} \d{5}(?:-\d{4})?|,? [A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})?"
)
_SPANISH_STREET = re.compile(
    r"(?<!\w)(?:[Cc]alle|C/|[Aa]venida|[Aa]vda\.?|[Aa]v\.|[Pp]laza|[Pp]za\.|[Pp]aseo|[Pp]º|[Cc]amino|[Cc]arretera"
    r"|[Rr]onda|[Tt]ravesía|[Cc]allejón|[Gg]lorieta) ?(?:de |del |la |las |los |el ){0,3}"
    r"[A-ZÁÉÍÓÚÑ][\w.-]{1,25}(?: (?:de |del |la |las |los |y ){0,3}[A-ZÁÉÍÓÚÑ][\w.-]{1,25}){0,4},?"
    r" (?:n[.º°]{0,2} ?|número |núm\. ?)?\d{1,4}(?: ?(?:bis|[A-Za-z]))?(?!\w)"
    r"(?:,? \d{1,2}[ºª°](?: ?[A-Za-z]|(?: (?:izq|dcha|izda)\.?)?)?(?!\w))?"
    r"(?:,? \d{5} [A-ZÁÉÍÓÚÑ]\w{2,25}(?: de [A-ZÁÉÍÓÚÑ]\w{2,25})?)?"
)
_POSTCODE = re.compile(r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?!\w)")


@dataclass(frozen=True)
class _Number:
    """A number that people cut into groups."""

    digits: str
    start: int
    end: int
    groups: int


def find_patterns(text: str) -> Iterator[Finding]:
    """Everything with a form of its own; what overlaps is for `settled` to decide."""
    yield from find_secrets(text)
    for found in _EMAIL.finditer(text):
        yield Finding(start=found.start(), end=found.end(), kind=Kind.EMAIL)
    for found in _HANDLE.finditer(text):
        yield Finding(start=found.start(), end=found.end(), kind=Kind.HANDLE)
    for start, end in _ibans(text):
        yield Finding(start=start, end=end, kind=Kind.IBAN)
    for number in _numbers(text):
        if is_card(number.digits):
            yield Finding(start=number.start, end=number.end, kind=Kind.CARD)
        elif _is_national_id(number, text):
            yield Finding(start=number.start, end=number.end, kind=Kind.NATIONAL_ID)
    for pattern, is_valid in _LETTERED:
        for found in pattern.finditer(text):
            if is_valid(re.sub(r"[ .-]", "", found[0])):
                yield Finding(start=found.start(), end=found.end(), kind=Kind.NATIONAL_ID)
    for found in (*_IP4.finditer(text), *_IP6.finditer(text)):
        if _is_ip(found[0]) and not _VERSION.search(text, max(0, found.start() - 12), found.start()):
            yield Finding(start=found.start(), end=found.end(), kind=Kind.IP)
    for pattern in (_GERMAN_STREET, _ENGLISH_STREET, _SPANISH_STREET, _POSTCODE):
        for found in pattern.finditer(text):
            yield Finding(start=found.start(), end=found.end(), kind=Kind.ADDRESS)
    yield from find_phones(text)


_LETTERED: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (_DNI, is_dni),
    (_NINO, is_nino),
    (_PENSION, is_pension_number),
)


def _is_national_id(number: _Number, text: str) -> bool:
    before = text[max(0, number.start - _NEAR) : number.start]
    written = text[number.start : number.end]
    if is_tax_id(number.digits):
        return number.groups > 1 or _TAX_NAMED.search(before) is not None
    if is_ssn(number.digits):
        is_cut = re.fullmatch(r"\d{3}([ -])\d{2}\1\d{4}", written) is not None
        return is_cut or _SSN_NAMED.search(before) is not None
    return is_nhs_number(number.digits) and _NHS_NAMED.search(before) is not None


def _numbers(text: str) -> Iterator[_Number]:
    """Every run of up to eight groups of digits, 9 to 19 digits long, longest first from each group on."""
    groups = [found.span() for found in _GROUP.finditer(text)]
    for first, (start, _) in enumerate(groups):
        if start and (text[start - 1].isalnum() or text[start - 1] in "_."):
            continue
        last = first
        while (
            last + 1 < len(groups)
            and last - first + 1 < _MOST_GROUPS
            and groups[last + 1][0] - groups[last][1] == 1
            and text[groups[last][1]] in " -/."
        ):
            last += 1
        for until in range(last, first - 1, -1):
            end = groups[until][1]
            digits = "".join(text[begin:stop] for begin, stop in groups[first : until + 1])
            if 9 <= len(digits) <= 19 and not text[end : end + 1].isalpha():
                yield _Number(digits=digits, start=start, end=end, groups=until - first + 1)


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """As many characters as the accounts of its country have."""
    for found in _IBAN.finditer(text):
        start = end = found.start()
        length, account = iban_length(text[start : start + 2]), ""
        while len(account) < length and (text[end : end + 1].isalnum() or text[end : end + 1] in (" ", "-")):
            account += "" if text[end] in " -" else text[end]
            end += 1
        if length and is_iban(account) and not text[end : end + 1].isalnum():
            yield start, end


def _is_ip(written: str) -> bool:
    try:
        ip_address(written)
    except ValueError:
        return False
    return written != "::"
