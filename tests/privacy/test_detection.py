"""Personal data is found by its form and its check digits, and nothing slows the detection down."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.pipeline import Pipeline
from core.privacy.detection.checksums import is_card, is_dni, is_iban, is_pension_number, is_tax_id
from core.privacy.detection.detector import Detector
from core.privacy.detection.finding import DANGEROUS, Finding, Kind, settled
from core.privacy.detection.patterns import find_patterns
from core.privacy.redaction import anonymous, masked, redacted
from tests.benchmarks.privacy.detection import is_covered, is_right
from tests.benchmarks.privacy.labelled import LANGUAGES, sentences
from tests.privacy import numbers

CHANCE = st.integers(0, 2**32).map(random.Random)
WORST = (
    "1", "1 ", "12-", "a", "a.", "a@", "@a", "A ", "Aa ", "DE12 ", "ab12", ":", "eyJ", "Straße 1 ", "Astr. 1",
    "-----BEGIN PRIVATE KEY-----", "Calle A ", "1 A St ", "+1(", "password: ", "1.1.1.1.", "f:", "xoxb-",
    "(at)", "my name is ", "X-1", "00/", "Anna ", "A-", "von ", "Anna de la ", "a://a:", "/a", "1a",
    "\u0301", "1 aA/", "a.aa/", "http://",
)  # fmt: skip
"""What patterns stumble over when it is repeated."""
LENGTH = 100_000


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(packages=dict)  # rules alone, as without the extra `language`


def kinds_of(text: str) -> set[Kind]:
    return {each.kind for each in settled(find_patterns(text))}


@given(CHANCE, st.sampled_from(sorted(numbers.MAKERS)), st.sampled_from(["{}", "Hi: {}.", "({})", "a {} b"]))
def test_every_number_with_a_right_check_digit_is_found_whole(
    chance: random.Random, kind: str, frame: str
) -> None:
    number = numbers.MAKERS[kind](chance)
    name = "Steuer-ID, " if kind == "national_id:tax" else ""  # eleven bare digits need a name
    text = name + frame.format(number)
    start = text.index(number)
    marked = Finding(start=start, end=start + len(number), kind=Kind[kind.partition(":")[0].upper()])
    assert is_covered(marked, settled(find_patterns(text)), text), text


@given(CHANCE, st.integers(0, 30))
def test_one_changed_digit_makes_a_card_an_account_or_an_id_a_number_like_any_other(
    chance: random.Random, place: int
) -> None:
    for make, is_valid in (
        (numbers.card, is_card),
        (numbers.iban, is_iban),
        (numbers.tax_id, is_tax_id),
        (numbers.pension_number, is_pension_number),
        (numbers.dni, is_dni),
    ):
        number = "".join(filter(str.isalnum, make(chance)))
        assert is_valid(number)
        at = place % len(number)
        if number[at].isdigit():
            changed = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
            assert not is_valid(changed), (number, changed)


@given(st.text(max_size=300))
def test_whatever_the_text_findings_lie_in_it_in_order_and_do_not_overlap(text: str) -> None:
    found = settled(find_patterns(text))
    ends = [0, *(each.end for each in found)]
    assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert all(each.start >= before for each, before in zip(found, ends, strict=False))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("My SSN is 219-09-9999", Kind.NATIONAL_ID),
        ("ssn 219099999", Kind.NATIONAL_ID),
        ("NI number JG103759A", Kind.NATIONAL_ID),
        ("NHS number 943 476 5919", Kind.NATIONAL_ID),
        ("call 5550199 now", Kind.PHONE),
        ("0171/5550132", Kind.PHONE),
        ("+34 612 345 678", Kind.PHONE),
        ("jane (at) example (dot) org", Kind.EMAIL),
        ("2001:db8::8a2e:370:7334", Kind.IP),
        ("Lindenstraße 14, 10969 Berlin", Kind.ADDRESS),
        ("Calle de Alcalá 45, 3º B", Kind.ADDRESS),
        ("221B Baker Street", Kind.ADDRESS),
        ("mein passwort ist sommer2024", Kind.SECRET),
        ("redis://u:s3cr3tPw@host", Kind.SECRET),
    ],
)
def test_forms_that_have_no_check_digit_are_found_by_what_stands_around_them(text: str, kind: Kind) -> None:
    assert kinds_of(text) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "The meeting is on 2024-05-17 at 14:30, or on 17.05.2024.",
        "Order 2024-118822, invoice 4929 1287, ticket number 88120034",
        "Commit 9fceb02d0ae598e95dc970b74767f19372d61af8 and version 10.4.2.1",
        "Die Summe betrug 1.234.567,89 Euro, die Datei 1.048.576 Bytes.",
        "My password is wrong. Das Passwort ist falsch. La contraseña es incorrecta.",
        "Sendung 00340434161094042557 und ISBN 978-3-16-148410-0",
        "see core/privacy/detection/patterns.py and https://example.org/some/Long_path1/that/goes/on",
    ],
)
def test_ordinary_numbers_and_words_are_left_alone(text: str) -> None:
    assert not kinds_of(text), kinds_of(text)


@pytest.mark.parametrize(
    "link",
    [
        "https://docs.google.com/document/d/1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789aBcDeFg/edit?usp=sharing",
        "https://docs.google.com/forms/d/e/1FAIpQLSc7xQ2mWkPz8vHt3RnYb5LdJfGq0AeUiKoXs4MhTw9BvNcZyE/viewform",
        "docs.google.com/spreadsheets/d/1Zk9QwErTyUiOpAsDfGhJkLzXcVbNm0123456789qWeR/edit#gid=0",
        "https://www.figma.com/file/Kx3TqLp9ZbW2mVnR7sYcHd/Shop-Redesign-2024?node-id=12%3A345",
        "https://www.notion.so/acme/Team-Handbook-2f1c9b0e7d5a4c3b8e6f1a2b3c4d5e6f",
        "https://acme.slack.com/archives/C0123ABCD/p1234567890123456",
        "<https://acme.slack.com/archives/C0123ABCD/p1700000000123456?thread_ts=1699999999.5&cid=C0123ABCD>",
        "https://example.com/Products/Coffee-Machine-3000/Manual",
        "https://acme.atlassian.net/wiki/spaces/HR/pages/98304/Vacation+Policy+2024",
        "https://meet.example.org/j/Wq7ZtB4nXc9RfLk2PmVs8YdH",
        "https://drive.google.com/drive/folders/1qW3eR5tY7uI9oP0aSdFgHjKlZxCvBnM2",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf",
        "https://github.com/acme/Frontdesk/blob/main/Docs/Set-Up-Guide-V2.md#L10-L20",
        "https://de.wikipedia.org/wiki/Liste_der_Städte_in_Deutschland_nach_Einwohnerzahl_1990",
        "https://calendar.example.com/event?eid=N2s4ZjJxYm1rdGhoNm5wcWM5bGRldjNvMGcgYW5uYUBl",
        "docs/Guides/Install-Python3-On-Windows",
        "src/main/java/com/acme/billing/InvoiceController2Test",
        "Install-Windows-Server-2022-Datacenter-Edition",
        "Handbuch/Kaffeemaschine-3000/Entkalkung-Schritt-4",
        "archives/C0123ABCD/p1234567890123456",
    ],
)
def test_ordinary_links_and_paths_are_no_secrets(link: str) -> None:
    assert not kinds_of(f"kb add {link} please") & DANGEROUS


@pytest.mark.parametrize(
    "text",
    [
        "https://anna:s3cr3tPw@example.org/a",
        "https://example.org/hook?token=xoxb-123456789012-AbCdEfGhIjKl",
        "see https://example.org/a wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "our key: q8Zt/2LmX+v0BsRk7NpWfGh3yCdJ",
    ],
)
def test_secrets_in_links_and_beside_them_are_found(text: str) -> None:
    assert Kind.SECRET in kinds_of(text)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", WORST)
async def test_the_worst_texts_of_100_000_characters_are_read_to_their_end(
    pipeline: Pipeline, piece: str
) -> None:
    """Half a second each; a pattern that is not linear takes hours, and the test times out."""
    text = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
    (read,) = await Detector(pipeline).read([text])
    assert all(each.end <= LENGTH for each in read.findings)


async def test_most_of_what_is_marked_in_the_labelled_sentences_is_found(pipeline: Pipeline) -> None:
    texts = sentences()
    found = [each.findings for each in await Detector(pipeline).read([each.text for each in texts])]
    for language in LANGUAGES:
        pairs = [(each, got) for each, got in zip(texts, found, strict=True) if each.language == language]
        marked = [is_covered(mark, got, each.text) for each, got in pairs for mark in each.marked]
        right = [is_right(one, each.marked) for each, got in pairs for one in got]
        assert sum(marked) / len(marked) > 0.85, language
        assert sum(right) / len(right) > 0.9, language


async def test_a_dangerous_finding_is_masked_and_the_rest_stays(pipeline: Pipeline) -> None:
    (read,) = await Detector(pipeline).read(["I am Zoe, my card is 4111 1111 1111 1111 and my pin is 4711."])
    assert masked(read, DANGEROUS) == "I am Zoe, my card is [card number] and my pin is [secret]."


async def test_what_is_learnt_from_keeps_its_sense_without_its_people(pipeline: Pipeline) -> None:
    asked = "Frau Özdemir (o.oez@example.de) möchte die Rechnung 88120034 für den Drucker am 17.05."
    (read,) = await Detector(pipeline).read([asked], "de")
    assert anonymous(read) == "Frau [name] ([email]) möchte die Rechnung [number] für den Drucker am 17.05."
    assert "Drucker" not in redacted(read)
