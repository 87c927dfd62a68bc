"""Telephone numbers by the way people write them, checked against the world's numbering plans where the extra
`privacy` is there."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any

from core.privacy.detection.finding import Finding, Kind

_CANDIDATE = re.compile(r"(?<![\w@#.,:/-])(?:\+ ?|\()?\d(?:[ ./()-]{0,2}\d){6,17}(?![\w-])")
_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{1,3}(?:\.\d{3}){2,}|\d{4}(?:[/ -]\d{4})+"
    r"|\d{1,2}\.\d{1,2}\.\d{4}.*"
)
"""Dates, and large amounts with points in them."""
_NAMED = re.compile(
    r"\b(?:phone|mobile|cell|call|text|tel|fax|whatsapp|ring|dial|reach|number is|telefon\w*|handy\w*"
    r"|mobil\w*"
    r"|rufnummer|anruf\w*|ruf\w*|nummer|durchwahl|erreich\w*|tel[ée]fono|m[óo]vil|celular|ll[áa]m\w+|marcar?"
    r"|n[úu]mero)\b[^\d\n]{0,25}$",
    re.IGNORECASE,
)
_OTHERWISE_NAMED = re.compile(
    r"\b(?:order|invoice|ticket|tracking|serial|article|item|part|case|reference|ref|isbn|ean|sku|bestell\w*"
    r"|rechnung\w*|auftrag\w*|artikel\w*|sendung\w*|vorgang\w*|kunden\w*|pedido|factura|art[íi]culo"
    r"|seguimiento|referencia|caso|build|version|bytes?|error|fehler)\b[^\d\n]{0,20}$",
    re.IGNORECASE,
)
_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}")
_SPANISH = re.compile(r"[6789]\d{2}(?: \d{3} \d{3}|(?: \d{2}){3})")
_NEAR = 45
_REGIONS = ("DE", "AT", "CH", "ES", "MX", "AR", "US", "GB")
"""Whose numbers people write without a prefix, in the languages we speak."""


def find_phones(text: str) -> Iterator[Finding]:
    """Numbers with 7 to 18 digits with a prefix, in a country's form, or after a word such as "call"."""
    for found in _CANDIDATE.finditer(text):
        written = found[0]
        before = text[max(0, found.start() - _NEAR) : found.start()]
        if _DATE.fullmatch(written) or _OTHERWISE_NAMED.search(before):
            continue
        if _is_phone(written, named=_NAMED.search(before) is not None):
            yield Finding(start=found.start(), end=found.end(), kind=Kind.PHONE)


def _is_phone(written: str, *, named: bool) -> bool:
    digits = re.sub(r"\D", "", written)
    is_international = written.startswith("+") or digits.startswith("00")
    is_formed = any(form.fullmatch(written) for form in (_AMERICAN, _SPANISH))
    is_trunk = digits.startswith("0") and len(digits) >= 9 and len(written) > len(digits)
    if not (is_international or is_formed or is_trunk or named):
        return False
    plans = _plans()
    if plans is None or named:
        return 7 <= len(digits) <= 15
    if digits.startswith("00"):
        written = f"+{digits[2:]}"
    return any(_is_valid(plans, written, region) for region in _REGIONS)


def _is_valid(plans: Any, written: str, region: str) -> bool:
    try:
        return bool(plans.is_possible_number(plans.parse(written, region)))
    except plans.NumberParseException:
        return False


@cache
def _plans() -> Any:
    """The numbering plans, which come with the extra `privacy`; None without."""
    return importlib.import_module("phonenumbers") if find_spec("phonenumbers") else None
