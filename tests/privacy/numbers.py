"""Numbers with right check digits, tokens and keys, made at random: none of them belongs to anybody."""

import base64
import json
import random
import string

from core.privacy.detection.checksums import is_card, is_iban, is_pension_number, is_tax_id

IBAN_FORMS = {"DE": 18, "ES": 20, "FR": 23, "GB": 18, "NL": 14, "AT": 16}
"""Characters after the check digits."""
ALPHABET = string.ascii_letters + string.digits


def card(random: random.Random) -> str:
    start = random.choice(["4", "51", "55", "2223", "6011", "4539"])
    body = start + "".join(random.choices(string.digits, k=15 - len(start)))
    digits = next(body + end for end in string.digits if is_card(body + end))
    gap = random.choice(["", " ", "-"])
    return gap.join(digits[at : at + 4] for at in range(0, 16, 4))


def iban(random: random.Random) -> str:
    country, length = random.choice(list(IBAN_FORMS.items()))
    letters = "".join(random.choices(string.ascii_uppercase, k=4)) if country in ("GB", "NL") else ""
    body = letters + "".join(random.choices(string.digits, k=length - len(letters)))
    account = next(
        f"{country}{check:02}{body}" for check in range(100) if is_iban(f"{country}{check:02}{body}")
    )
    gap = random.choice(["", " "])
    return gap.join(account[at : at + 4] for at in range(0, len(account), 4))


def tax_id(random: random.Random) -> str:
    while True:
        twice, *others = random.sample(string.digits, 9)
        body = [twice, twice, *others]
        random.shuffle(body)
        ten = "".join(body)
        for check in string.digits:
            if is_tax_id(ten + check):
                number = ten + check
                return random.choice([number, f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}"])


def pension_number(random: random.Random) -> str:
    area = f"{random.randint(2, 81):02}"
    born = f"{random.randint(1, 28):02}{random.randint(1, 12):02}{random.randint(40, 99)}"
    body = f"{area}{born}{random.choice(string.ascii_uppercase)}{random.randint(0, 99):02}"
    number = next(body + end for end in string.digits if is_pension_number(body + end))
    return random.choice([number, f"{number[:2]} {number[2:8]} {number[8]} {number[9:]}"])


def dni(random: random.Random) -> str:
    number = random.randint(0, 99_999_999)
    digits, letter = f"{number:08}", "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]
    return random.choice(
        [f"{digits}{letter}", f"{digits}-{letter}", f"{digits[:2]}.{digits[2:5]}.{digits[5:]}-{letter}"]
    )


def nie(random: random.Random) -> str:
    first, number = random.randint(0, 2), random.randint(0, 9_999_999)
    letter = "TRWAGMYFPDXBNJZSQVHLCKE"[int(f"{first}{number:07}") % 23]
    gap = random.choice(["", "-"])
    return f"{'XYZ'[first]}{gap}{number:07}{gap}{letter}"


def slack(random: random.Random) -> str:
    return f"xoxb-{random.randint(10**11, 10**12 - 1)}-{_letters(random, 24)}"


def telegram(random: random.Random) -> str:
    return f"{random.randint(10**8, 10**10)}:AA{_letters(random, 33)}"


def aws(random: random.Random) -> str:
    return "AKIA" + "".join(random.choices(string.ascii_uppercase + string.digits, k=16))


def github(random: random.Random) -> str:
    return "ghp_" + _letters(random, 36)


def jwt(random: random.Random) -> str:
    parts = (json.dumps({"alg": "HS256"}), json.dumps({"sub": _letters(random, 8)}), _letters(random, 32))
    return ".".join(base64.urlsafe_b64encode(each.encode()).decode().rstrip("=") for each in parts)


def random_key(random: random.Random) -> str:
    return base64.b64encode(random.randbytes(30)).decode()


def private_key(random: random.Random) -> str:
    kind = random.choice(["RSA ", "", "OPENSSH "])
    body = base64.b64encode(random.randbytes(48)).decode()
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def _letters(random: random.Random, length: int) -> str:
    return "".join(random.choices(ALPHABET, k=length))


MAKERS = {
    "card": card,
    "iban": iban,
    "national_id:tax": tax_id,
    "national_id:pension": pension_number,
    "national_id:dni": dni,
    "national_id:nie": nie,
    "secret:slack": slack,
    "secret:telegram": telegram,
    "secret:aws": aws,
    "secret:github": github,
    "secret:jwt": jwt,
    "secret:random": random_key,
    "secret:private": private_key,
}
"""By the names they have in the labelled sentences."""
