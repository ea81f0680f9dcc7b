"""Languages: clear ones are told, short English is never taken for another."""

import json
import os
from pathlib import Path

import pytest

from service.conversation import Author, Conversation, Message, Role
from service.language.detection import LANGUAGES, language, load, text_language

SHARED = Path(os.environ.get("DESKMARK_SHARED", Path(__file__).parents[3] / "shared"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Meine Rechnung stimmt nicht, bitte prüfen Sie das", "de"),
        ("wo bleibt mein Paket denn nun", "de"),
        ("¿Cuándo llega mi pedido? Llevo una semana esperando", "es"),
        ("Je n'arrive pas à me connecter à mon compte", "fr"),
        ("Il pacco non è mai arrivato a casa mia", "it"),
        ("Não recebi o e-mail para trocar a senha", "pt"),
        ("ik kan niet meer inloggen op mijn account", "nl"),
        ("nie mogę zalogować się na konto", "pl"),
        ("не приходит письмо", "ru"),
        ("ログインできません", "ja"),
        ("لا أستطيع تسجيل الدخول", "ar"),
    ],
)
def test_other_languages_are_told(text: str, code: str) -> None:
    assert text_language(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "ok",
        "pls",
        "hola",
        "refund??",
        "login broken",
        "not wrking",
        "order QX-1182-PL",
        "where's my stuff",
        "WHERE IS MY ORDER",
        "https://shop.example/de/bestellung?id=4 does not load",
        "My name is Jürgen Müller and I can't log in",
        "the Bestellung button is missing on your page",
    ],
)
def test_short_or_mixed_english_stays_english(text: str) -> None:
    assert text_language(text) == "en"


def conversation(*texts: str, given: str | None = None) -> Conversation:
    bot = Message("b", Author(Role.BOT), "Guten Tag! Wie kann ich Ihnen heute behilflich sein?")
    customer = (Message(f"m{i}", Author(Role.CUSTOMER), text) for i, text in enumerate(texts))
    return Conversation("1", (bot, *customer), language=given)


def test_a_conversations_language_is_what_the_customer_writes() -> None:
    assert language(conversation("hi", "my parcel is lost")) == "en"
    assert language(conversation("hallo", "mein Paket ist verloren gegangen")) == "de"
    assert language(conversation()) == "en"
    assert language(conversation("please help me with my order " * 30, "und jetzt auf Deutsch bitte schön")) == "en"


@pytest.mark.parametrize(("given", "code"), [("en-US", "en"), ("DE", "de"), ("pt_BR", "pt"), ("  ", "en")])
def test_what_the_helpdesk_says_comes_first(given: str, code: str) -> None:
    assert language(conversation("where is my parcel", given=given)) == code


def test_english_is_one_of_the_languages() -> None:
    load()
    assert "en" in LANGUAGES


def test_public_english_turns_are_called_english() -> None:
    file = SHARED / "data" / "tau_dev.jsonl"
    if not file.exists():
        pytest.skip("the shared folder is not there")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    turns = [turn["text"] for row in rows for turn in row["turns"] if turn["role"] == "customer"]
    wrong = [text for text in turns if text_language(text) != "en"]
    assert len(wrong) <= len(turns) * 0.002
