"""Topics that want care are found, and everyday words are left alone."""

import re
import unicodedata

import pytest

from core.safety.rudeness import has_abuse, is_rude
from core.safety.rules import folded, pattern, rules
from core.safety.topic import Topic
from core.safety.topics import is_abusive, named_in, topics_of
from tests.benchmarks.privacy.safety import labelled, rates
from tests.trust.page import Note

WORST = (
    "you ",
    "a",
    "my self ",
    "will ",
    "kann nicht mehr ",
    "kann nicht mehr, ",
    "can't go on, ",
    "no puedo más y ",
    "no puedo más ",
    "painless ",
    "share a ",
    "ein ",
    "\u0301",
    "i'll find you and ",
    "go drop dead ",
    "bringe dich um ",
)
TEXTS = labelled()


@pytest.mark.parametrize("language", ["en", "de", "es"])
@pytest.mark.parametrize("topic", list(Topic))
def test_most_sentences_on_a_topic_are_found_and_hardly_any_other(topic: Topic, language: str) -> None:
    own = [topic in topics_of(text) for code, label, text in TEXTS if code == language and label == topic]
    others = [topic in topics_of(text) for code, label, text in TEXTS if code == language and label != topic]
    assert sum(own) / len(own) >= 0.9
    assert sum(others) <= 1


def test_german_and_spanish_rules_know_their_sentences_and_leave_near_ones_alone() -> None:
    for (language, kind), each in rates("known").items():
        assert each.own >= 60 and each.near >= 60
        assert each.hits / each.own >= 0.85, (language, kind)
        assert each.alarms / each.near <= 0.08, (language, kind)


def test_how_often_they_are_right_on_sentences_that_they_never_saw_is_written_down(
    record_property: Note,
) -> None:
    for (language, kind), each in rates("unseen").items():
        record_property(
            "O5",
            f"{language}, {kind.replace('_', '-')}: {each.hits} of {each.own} found, "
            f"{each.alarms} of {each.near} near ones alarm",
        )
        assert each.alarms / each.near <= 0.2, (language, kind)


def test_everyday_words_that_sound_like_a_topic_are_none() -> None:
    assert [text for _, label, text in TEXTS if label == "none" and topics_of(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "We can't go on vacation over Easter, can I cancel?",
        "I can't go on Friday, is the sale over by then?",
        "I can't go on, the installer hangs at the end",
        "I'd like to die-cut paper",
        "We would like to die cast these parts",
        "I want to be dead sure that the order is right",
        "Ich kann nicht mehr bis Ende der Woche warten.",
        "Ich kann nicht mehr zum Ende kündigen",
        "Kann nicht mehr bestellen, ist die Aktion vorbei?",
        "Ich kann nicht mehr warten, meine Pflanzen sterben",
        "No puedo más que esperar a que termine la obra",
        "No puedo más tarde, ¿cuándo acabe la oferta?",
    ],
)
def test_what_customers_say_every_day_is_no_crisis(text: str) -> None:
    assert Topic.SELF_HARM not in topics_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "I can't go on like this, I just want it to be over",
        "I can’t go on. I want to end it all",
        "I want to die",
        "I can't go on, I want it all to end",
        "I'd like to be dead",
        "Ich kann nicht mehr. Ich wünschte, es würde vorbei sein",
        "ich kann nicht mehr und möchte sterben",
        "Ich kann einfach nicht mehr, das soll ein Ende haben",
        "No puedo más, quiero que se acabe todo",
        "no puedo más y quiero morir",
    ],
)
def test_who_cannot_go_on_is_heard(text: str) -> None:
    assert Topic.SELF_HARM in topics_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ich möchte sterben",
        "ICH MÖCHTE STERBEN",
        "ich moechte sterben",
        "ich mochte  sterben",
        unicodedata.normalize("NFD", "Ich möchte sterben"),
        "Ich möchte 😢 sterben",
        "Ich möchte mich erschießen",
        "ich moechte mich erschiessen",
        "No puedo más y quiero morir",
        "no puedo mas y quiero morir",
        "i don’t want to live",
    ],
)
def test_how_it_is_spelled_does_not_matter(text: str) -> None:
    assert Topic.SELF_HARM in topics_of(text)


@pytest.mark.parametrize("topic", list(Topic))
def test_rules_that_are_sorted_by_letters_find_what_they_find_one_by_one(topic: Topic) -> None:
    fast, plain = pattern(topic), re.compile("|".join(rf"\b(?:{rule})" for rule in rules(topic)))
    for name in ("safety.txt", "safety_known.txt", "safety_unseen.txt"):
        texts = [folded(text) for _, _, text in labelled(name)]
        assert [text for text in texts if fast.search(text)] == [text for text in texts if plain.search(text)]


@pytest.mark.parametrize(
    "answer",
    [
        "Sure, I'll find you a good pizza recipe.",
        "I will find you the right form and send it.",
        "I'll beat you to it: the file is attached.",
        "I'll beat you at chess next time!",
        "She looked drop dead gorgeous in that dress.",
        "The setup is drop dead simple.",
        "Without sun the leaves wilt and drop dead within days.",
        "You don't have to kill yourself over a deadline.",
        "I hope you die laughing when you read this joke.",
        "Shall I find you another date? I'll find you one in May.",
        "You are all set; an idiot-proof manual is attached.",
        "Ich bringe Sie um 9 Uhr zum Bahnhof.",
        "Ich bringe dich um halb acht zur Schule.",
        "Bring dich um Himmels willen nicht in Gefahr.",
        "Die Anleitungen sind einfach, sie sind idiotensicher.",
        "Ich finde Sie im Verzeichnis unter M.",
        "Te voy a pegar el texto aquí abajo.",
        "Te voy a pegar una copia del contrato y su anexo.",
        "Te voy a romper el hielo con una pregunta.",
        "En coma flotante, estos valores son números subnormales.",
        "Voy a buscarte una buena receta de pizza.",
    ],
)
def test_an_ordinary_answer_with_words_like_a_threat_is_shown(answer: str) -> None:
    assert not is_abusive(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "I'll kill you.",
        "I will find you and hurt you",
        "I'll beat you up!",
        "Drop dead.",
        "I'll hurt you a lot",
        "Just drop dead, you fool",
        "You should kill yourself",
        "Ich bringe dich um!",
        "Halt den Mund, oder ich bring dich um",
        "Ihr seid Idioten",
        "Te voy a matar",
        "Te voy a pegar una paliza",
        "Sois unos subnormales",
    ],
)
def test_a_threat_or_an_insult_is_kept_back(answer: str) -> None:
    assert is_abusive(answer)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", WORST)
def test_the_worst_texts_are_read_to_their_end(piece: str) -> None:
    topics_of(piece * (100_000 // len(piece)))
    is_abusive(piece * (100_000 // len(piece)))


def test_a_forbidden_word_is_a_word_of_its_own() -> None:
    assert named_in("Can you DIAGNOSE me?", ["diagnose me"])
    assert not named_in("undiagnosed me", ["diagnose"])


@pytest.mark.parametrize("text", ["You IDIOT", "so ein Trottel", "estúpida"])
def test_words_of_abuse_are_found_in_any_case_and_ending(text: str) -> None:
    assert has_abuse(text) and is_rude(text)


@pytest.mark.parametrize("text", ["dirty shoes", "faule Äpfel", "un vago recuerdo"])
def test_what_is_harsh_of_people_alone_is_rude_and_no_abuse(text: str) -> None:
    assert is_rude(text) and not has_abuse(text)


@pytest.mark.parametrize("text", ["a default idiom", "Faultiere im Zoo", "la diputada"])
def test_parts_of_other_words_are_not_rude(text: str) -> None:
    assert not is_rude(text)
