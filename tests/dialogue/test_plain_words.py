"""A right asked for in plain words is its command; a question about something else is none."""

import pytest

from core.dialogue.plain_words import wished
from tests.samples import message

WISHES = {
    "me": (
        "What do you know about me?",
        "hi, what data do you have about me",
        "Which data do you store about me?",
        "Can you show me my data, please?",
        "Was wissen Sie über mich?",
        "Was weißt du über mich?",
        "was ist über mich gespeichert",
        "Welche Daten haben Sie über mich gespeichert?",
        "¿Qué sabe usted de mí?",
        "Qué datos tienes sobre mí",
    ),
    "export": (
        "Export my data",
        "Please send me a copy of my data.",
        "I want a copy of my personal data",
        "Bitte exportieren Sie meine Daten",
        "Schicken Sie mir bitte eine Kopie meiner Daten".replace(" bitte", ""),
        "Können Sie meine Daten exportieren?",
        "Envíeme una copia de mis datos, por favor",
    ),
    "forget": (
        "forget me",
        "Forget everything about me!",
        "Please delete all my data",
        "Delete everything you know about me",
        "Vergiss mich",
        "Löschen Sie meine Daten!",
        "Können Sie bitte alle meine Daten löschen?",
        "Lösch alles, was du über mich weißt",
        "Olvídame",
        "Borre todos mis datos",
        "¿Puede borrar mis datos?",
    ),
    "learning no": (
        "Don't learn from me",
        "don’t learn from my messages please",
        "Stop learning from me.",
        "Do not use my data for training",
        "Lerne nicht von mir",
        "Lernen Sie nicht aus meinen Nachrichten",
        "No aprendas de mí",
        "No use mis mensajes para entrenar",
    ),
    "memory off": (
        "Switch memory off",
        "turn off your memory",
        "Stop remembering me",
        "Schalten Sie Ihr Gedächtnis aus",
        "Erinnern Sie sich nicht mehr an mich",
        "Desactive la memoria",
    ),
    "memory on": ("Turn memory on", "Schalte dein Gedächtnis ein", "Activa tu memoria"),
}
OTHERS = (
    "what do you know about metrics?",
    "What do you know about me and my team's holidays?",
    "how do I export my data from the shop?",
    "How can I delete my data in Slack?",
    "forget it",
    "Forget what I said about the invoice",
    "don't learn Java, learn Python",
    "delete all my data sets older than a year",
    "Was wissen Sie über Messwerte?",
    "Wie lösche ich meine Daten im Shop?",
    "Löschen Sie meine Datei",
    "Vergiss mich nicht",
    "¿Qué sabe usted de mi pedido?",
    "¿Cómo borro mis datos en la tienda?",
    "how do I switch off the memory card reader?",
    "remember me?",
    "my memory is off today",
)


@pytest.mark.parametrize(("wish", "text"), [(wish, each) for wish, texts in WISHES.items() for each in texts])
def test_a_whole_sentence_that_asks_for_a_right_is_the_command(wish: str, text: str) -> None:
    asked = wished(message(text))
    assert f"{asked.command} {asked.text}".strip() == wish


@pytest.mark.parametrize("text", OTHERS)
def test_a_question_about_something_else_stays_a_question(text: str) -> None:
    assert wished(message(text)).command == ""
