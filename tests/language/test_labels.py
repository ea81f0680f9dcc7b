"""Labels of groups: telling words, none that could be somebody's."""

from hypothesis import given
from hypothesis import strategies as st

from service.language.labels import KEPT_TERMS, UNNAMED, combined, label, terms


def test_words_of_the_group_and_not_of_the_others() -> None:
    card = terms(["I lost my credit card", "my credit card was stolen", "lost credit card, please block it"])
    order = terms(["where is my order", "my order is late", "order not here, card was charged"])
    assert label(card, 3, [(order, 3)]).startswith("credit card")
    assert "order" in label(order, 3, [(card, 3)])


def test_typed_personal_data_and_numbers_are_never_in_a_label() -> None:
    texts = ["my name is Maria Novak and order ORD-48213 is late", "write to maria.novak@example.com, order late"] * 2
    found = terms(texts)
    assert not any(word in term.lower() for term in found for word in ("maria", "novak", "48213", "example", "ord-"))


def test_a_name_counts_only_when_several_have_it() -> None:
    assert "jerry" not in terms(["hello Jerry, card lost", "thanks Jerry, lost card"])
    assert "paypal" in terms(["pay with PayPal", "my PayPal failed", "is PayPal down"])
    assert terms(["Jerry lost it"]) == {"jerry": 1, "lost": 1, "jerry lost": 1}  # the first word of all has a capital


def test_spellings_of_one_word_count_as_one() -> None:
    found = terms(["invoice wrong", "two invoices wrong", "invoice wrong", "ATM fee", "the ATM fees"])
    assert found["invoice"] == 3
    assert found["ATM"] == 2
    assert combined({"invoice": 2}, {"invoices": 1, "vat": 1}) == {"invoice": 3, "vat": 1}


def test_terms_stand_as_in_the_messages_and_are_whole() -> None:
    texts = [
        "the zip broke, I want my money back",
        "zip broke on my jacket, money back please",
        "money back, zip is torn",
    ]
    assert label(terms(texts), 3, [], texts) == "zip broke, money"
    assert label(terms(["solar panel charger"] * 2), 2, []) == "solar panel charger"


def test_other_languages_have_words_too() -> None:
    asked = ["Wann kommt meine Rechnung?", "ich brauche die Rechnung", "die Rechnung ist falsch"]
    assert terms(asked)["rechnung"] == 3
    assert "wann" not in terms(["Wann kommt meine Rechnung?"])
    assert label(terms(["Где мой заказ?", "мой заказ опоздал"]), 2, []) == "мой заказ"


def test_nothing_to_say() -> None:
    assert terms(["hello", "ok thanks", "12345"]) == {}
    assert label({}, 3, []) == UNNAMED


@given(st.lists(st.text(alphabet="abcdef ABC.,'1@", max_size=60), max_size=20))
def test_deterministic_bounded_and_in_no_order(texts: list[str]) -> None:
    found = terms(texts)
    assert found == terms(texts[::-1])
    assert len(found) <= KEPT_TERMS
    assert all(0 < count <= len(texts) for count in found.values())
    assert label(found, len(texts), [(found, len(texts))]) == label(found, len(texts), [(found, len(texts))])
