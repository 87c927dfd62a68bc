"""Check digits, by which a number tells what it is."""

from collections import Counter

_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22,
    "DK": 18, "DO": 28, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21,
    "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
    "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "TR": 26, "UA": 29, "VA": 22,
}  # fmt: skip
"""Characters of an account number (IBAN) of each country; SWIFT, IBAN Registry."""
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_PENSION_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
_CARD_PREFIXES = (
    "4", "34", "37", "35", "36", "38", "39", "50", "51", "52", "53", "54", "55", "56", "57", "58", "6011",
    "62", "63", "64", "65", "67", *(str(each) for each in range(2221, 2721)),
)  # fmt: skip
"""Of the issuers of payment cards, ISO/IEC 7812."""


def is_card(digits: str) -> bool:
    """A payment card: an issuer's prefix, and the sum of Luhn (ISO/IEC 7812-1)."""
    if not 13 <= len(digits) <= 19 or not digits.startswith(_CARD_PREFIXES):
        return False
    return len(set(digits)) > 1 and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = [int(each) * 2 for each in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(each - 9 * (each > 9) for each in doubled)) % 10 == 0


def iban_length(country: str) -> int:
    """Characters of an account number of this country; 0 where it has none."""
    return _IBAN_LENGTHS.get(country.upper(), 0)


def is_iban(account: str) -> bool:
    """An international account number: its country's length, and the remainder 1 of 97 (ISO 13616)."""
    account = account.upper()
    if not account.isascii() or not account.isalnum() or len(account) != iban_length(account[:2]):
        return False
    return int("".join(str(int(each, 36)) for each in account[4:] + account[:4])) % 97 == 1


def is_tax_id(digits: str) -> bool:
    """A German tax identification number (§ 139b AO): one digit twice or three times among the first ten,
    check digit by ISO 7064 MOD 11,10."""
    if len(digits) != 11 or digits[0] == "0":
        return False
    counts = sorted(Counter(digits[:10]).values(), reverse=True)
    if counts[0] not in (2, 3) or (len(counts) > 1 and counts[1] > 1):
        return False
    product = 10
    for each in digits[:10]:
        rest = (int(each) + product) % 10 or 10
        product = rest * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_pension_number(number: str) -> bool:
    """A German pension insurance number: 8 digits, the initial of the name at birth, 3 digits, of which the
    last is the check digit (§ 147 SGB VI, VKVV)."""
    number = number.upper()
    if len(number) != 12 or not (number[:8] + number[9:]).isdecimal() or not "A" <= number[8] <= "Z":
        return False
    if not 1 <= int(number[4:6]) <= 12 or not 1 <= int(number[2:4]) <= 81:
        return False
    digits = f"{number[:8]}{ord(number[8]) - 64:02}{number[9:11]}"
    products = (int(each) * weight for each, weight in zip(digits, _PENSION_WEIGHTS, strict=True))
    return sum(sum(map(int, str(each))) for each in products) % 10 == int(number[11])


def is_dni(number: str) -> bool:
    """A Spanish DNI or NIE: its letter is the remainder of 23 (Real Decreto 1553/2005)."""
    number = number.upper()
    if len(number) != 9:
        return False
    digits = str("XYZ".find(number[0])) + number[1:8] if number[0] in "XYZ" else number[:8]
    return digits.isdecimal() and _DNI_LETTERS[int(digits) % 23] == number[8]


def is_ssn(digits: str) -> bool:
    """A United States social security number: no check digit, but areas never given (SSA, 2011)."""
    return (
        len(digits) == 9
        and digits[:3] not in ("000", "666")
        and digits[0] != "9"
        and digits[3:5] != "00"
        and digits[5:] != "0000"
    )


def is_nino(number: str) -> bool:
    """A United Kingdom national insurance number: prefixes never given are left out (HMRC, NIM39110)."""
    number = number.upper()
    return (
        len(number) == 9
        and number[2:8].isdecimal()
        and number[0] not in "DFIQUV"
        and number[1] not in "DFIOQUV"
        and number[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")
        and number[8] in "ABCD"
    )


def is_nhs_number(digits: str) -> bool:
    """A number of the National Health Service: check digit by weights of 11 (NHS Data Dictionary)."""
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - sum(int(each) * weight for each, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check % 11 == int(digits[9]) and check != 10
