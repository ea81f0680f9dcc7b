"""Frames: values, what questions ask for, what customers give. All samples are our own."""

import pytest
from hypothesis import given as when
from hypothesis import strategies as st

from service.language.information import values
from service.language.information.asking import asked
from service.language.information.echo import echo
from service.language.information.exchange import FEATURES, Exchange, best, features, items_asked, items_given
from service.language.information.giving import given
from service.language.information.items import Item, Kind
from service.language.information.learned import Logistic, chance, models
from service.language.information.naming import name_of
from service.language.information.questions import asks, confirms
from service.language.information.reask import asks_anything, assess
from service.language.information.replies import lacks, not_yet, protests, told_before
from service.language.information.stack import asked_features, replied_features
from service.language.information.support import claims

START, END = "start", "end"


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("two hundred and five", "205"),
        ("one thousand one hundred and forty dollars", "1140 dollars"),
        ("four eight two one three", "4 8 2 1 3"),
        ("twenty one", "21"),
        ("two tickets and three rooms", "2 tickets and 3 rooms"),
        ("1,200 euros", "1200 euros"),
    ],
)
def test_number_words_become_digits(text: str, digits: str) -> None:
    assert values.digits(text) == digits


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("5:15 pm", "17:15"),
        ("quarter past 5 in the evening", "17:15"),
        ("afternoon 3:45", "15:45"),
        ("a quarter to 12", "11:45"),
        ("half past 11 in the morning", "11:30"),
        ("7 o'clock", "07:00"),
        ("12 am", "00:00"),
        ("at noon", "12:00"),
        ("midnight", "00:00"),
        ("9 at night", "21:00"),
    ],
)
def test_one_time_has_one_spelling(text: str, clock: str) -> None:
    assert [found.value for found in values.times(text)] == [clock]


def test_an_impossible_hour_is_no_time() -> None:
    assert values.times("at 77 pm") == []


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("march 6th", "3-6"),
        ("the 6th of march", "3-6"),
        ("on the 6th of this month", "day-6"),
        ("2026-01-22", "2026-01-22"),
        ("next friday", "weekday-fri"),
        ("the day after tomorrow", "day after tomorrow"),
        ("3 days ago", "3 days ago"),
    ],
)
def test_dates(text: str, date: str) -> None:
    assert [found.value for found in values.dates(text)] == [date]


def test_codes_lose_separators_and_names() -> None:
    assert [f.value for f in values.codes("ord-48 213")] == ["48213"]
    assert [f.value for f in values.codes("order 48213")] == ["48213"]
    assert [f.value for f in values.codes("it is QX7T2P")] == ["qx7t2p"]
    assert values.codes("i have 3 of 20") == []


def test_amounts_phones_and_emails() -> None:
    assert [f.value for f in values.amounts("$12.50 or 30 euros")] == ["12.5", "30"]
    assert [f.value for f in values.phones("+44 7700 900123")] == ["700900123"]
    assert [f.value for f in values.emails("Jo.Smith@X.org")] == ["jo.smith@x.org"]
    assert values.phones("12 34") == []


@pytest.mark.parametrize(
    ("question", "items"),
    [
        ("where do you leave from?", {Item(Kind.PLACE, "from")}),
        ("where are you heading to?", {Item(Kind.PLACE, "to")}),
        ("which town should i look in?", {Item(Kind.PLACE, "in")}),
        ("until when do you need the van?", {Item(Kind.WHEN, END)}),
        ("what date do you start?", {Item(Kind.DATE, START)}),
        ("check in and check out dates?", {Item(Kind.DATE, START), Item(Kind.DATE, END)}),
        ("what time suits you?", {Item(Kind.TIME, START)}),
        ("how many passengers will there be?", {Item(Kind.COUNT, "people")}),
        ("how many rooms do you need?", {Item(Kind.COUNT, "room")}),
        ("how many?", {Item(Kind.COUNT, "people")}),
        ("how long will you stay?", {Item(Kind.DURATION)}),
        ("how much should i send?", {Item(Kind.AMOUNT)}),
        ("who should get the money?", {Item(Kind.PERSON)}),
        ("do you want something cheap?", {Item(Kind.PRICE_LEVEL)}),
        ("what kind of films do you like?", {Item(Kind.CATEGORY, "movie")}),
        ("which dentist would you like to see?", {Item(Kind.CHOICE, "doctor")}),
        ("anything in particular you would like to hear?", {Item(Kind.CHOICE)}),
        ("what should i call it?", {Item(Kind.CHOICE, "title")}),
        ("do you take tea or something else?", {Item(Kind.OPTION, "tea"), Item(Kind.CATEGORY)}),
        ("where are you heading when you leave Porto?", {Item(Kind.PLACE, "to")}),
        ("when would you like to return?", {Item(Kind.WHEN, END)}),
        ("who would you like to fly with?", {Item(Kind.PERSON), Item(Kind.CHOICE, "airline")}),
        ("would a table at 6 pm work for you?", set()),
    ],
)
def test_what_questions_ask(question: str, items: set[Item]) -> None:
    assert items <= asked(question)
    assert items or not asked(question)


def test_options_are_asked_by_their_words() -> None:
    assert {Item(Kind.OPTION, "large"), Item(Kind.OPTION, "small")} <= asked("do you prefer large or small?")


def weight_of(item: Item, bot: str, customer: str) -> float:
    return best([item], given(bot, customer))[item]


@pytest.mark.parametrize(
    ("item", "bot", "customer"),
    [
        (Item(Kind.PLACE, "from"), "Where do you start?", "Porto"),
        (Item(Kind.PLACE, "to"), "", "I want to travel to Porto"),
        (Item(Kind.DATE, END), "", "I will return on the 9th of May"),
        (Item(Kind.DATE, END), "Until which date?", "the 9th of May"),
        (Item(Kind.DATE, START), "", "from the 4th to the 9th"),
        (Item(Kind.DATE, END), "", "from the 4th to the 9th"),
        (Item(Kind.TIME, START), "", "pick it up at half past 9 in the morning"),
        (Item(Kind.COUNT, "people"), "", "a table for four please"),
        (Item(Kind.COUNT, "people"), "", "it is just me"),
        (Item(Kind.COUNT, "room"), "", "we need 2 rooms"),
        (Item(Kind.COUNT, "people"), "How many of you?", "5"),
        (Item(Kind.DURATION), "", "we stay for 3 nights"),
        (Item(Kind.DURATION), "How long will you stay?", "5 or so"),
        (Item(Kind.AMOUNT), "", "send 200 dollars to Ola"),
        (Item(Kind.AMOUNT), "How much?", "200"),
        (Item(Kind.PERSON), "", "send 200 dollars to Ola"),
        (Item(Kind.PRICE_LEVEL), "", "something cheap"),
        (Item(Kind.CATEGORY, "movie"), "Which kind of movie?", "scary ones"),
        (Item(Kind.CHOICE, "hotel"), "", "book me the Hotel Aurora"),
        (Item(Kind.OPTION, "small"), "Large or small?", "small"),
        (Item(Kind.OPTION, "compact"), "", "a compact rental car please"),
        (Item(Kind.COUNT, "bedroom"), "", "a two bedroom flat"),
        (Item(Kind.PLACE, "to"), "", "get me to 14 Mill Lane"),
        (Item(Kind.CATEGORY, "doctor"), "", "I have to see a cardiologist"),
        (Item(Kind.CHOICE, "hotel"), "", "we are staying at the Blue Heron"),
        (Item(Kind.CHOICE, "event"), "", "two seats for the Harvest Moon Festival"),
        (Item(Kind.CHOICE, "title"), "", "a meeting called Budget Review"),
        (Item(Kind.CHOICE, "airline"), "", "a seat on Northern Airlines for a weekend"),
        (Item(Kind.CHOICE, "doctor"), "Which dentist?", "Dr. Ada Moss"),
    ],
)
def test_what_customers_give(item: Item, bot: str, customer: str) -> None:
    assert weight_of(item, bot, customer) >= 0.5


@pytest.mark.parametrize(
    ("item", "bot", "customer"),
    [
        (Item(Kind.PLACE, "from"), "", "I want to travel to Porto"),
        (Item(Kind.DATE, END), "", "I leave on the 4th of May"),
        (Item(Kind.CATEGORY, "movie"), "Which kind of movie?", "yes"),
        (Item(Kind.CATEGORY, "movie"), "Which kind of movie?", "what do you have?"),
        (Item(Kind.CHOICE, "dentist"), "Which dentist?", "I don't mind"),
    ],
)
def test_what_customers_do_not_give(item: Item, bot: str, customer: str) -> None:
    assert weight_of(item, bot, customer) < 0.5


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("what is your order number?", True),
        ("please send me the invoice number", True),
        ("i will need your address", True),
        ("drop off date?", True),
        ("your order is 4711, right?", False),
        ("please confirm the following: two rooms", False),
        ("is there anything else i can do?", False),
        ("your parcel is on its way.", False),
    ],
)
def test_asking(text: str, question: bool) -> None:
    assert asks(text) is question


def test_confirming() -> None:
    assert confirms("you want two rooms, correct?")
    assert not confirms("how many rooms?")


def test_replies() -> None:
    assert lacks("i don't have the order number")
    assert not lacks("it is 4711")
    assert protests("I already told the bot")
    assert told_before("as I said, it is 4711")
    assert not told_before("I already tried that")
    assert not_yet("not yet, how do i do that?")
    assert not not_yet("already did that, i haven't seen a change")


def test_echo_counts_what_is_said_again() -> None:
    seen = echo("What time?", "at 4:30 pm", ["I need a van at half past 4 in the afternoon"])
    assert (seen.seen_values, seen.new_values, seen.informative) == (1, 0, True)
    new = echo("What time?", "at 5 pm", ["I need a van at half past 4 in the afternoon"])
    assert (new.seen_values, new.new_values) == (0, 1)
    assert not echo("What time?", None, []).present
    assert not echo("What time?", "ok", ["hello"]).informative


def test_echo_sees_the_option_that_was_taken() -> None:
    seen = echo("Red or blue?", "the blue one", ["I would like a blue kettle"])
    assert (seen.seen_words, seen.new_words) == (1, 0)
    assert echo("Red or blue?", "the blue one", ["I would like a kettle"]).new_words == 1
    assert not echo("Red or blue?", "red or blue is fine", ["a blue kettle"]).seen_words


def test_bookings_and_support_share_some_questions() -> None:
    assert claims("what is your order number?")
    assert not claims("did you have a particular play in mind?")
    assert not claims("how much would you like to send?")


def test_features_have_one_length() -> None:
    row = features("Where to?", "", "I want to go to Porto")
    assert len(row) == FEATURES == len(models().exchange.weights)
    asked_row = asked_features("Where to?", [Exchange("m0", "", "I want to go to Porto")], [1.0])
    assert len(asked_row) == len(models().asked.weights)
    replied = replied_features(asked_row, echo("Where to?", "Porto", ["I want to go to Porto"]))
    assert len(replied) == len(models().replied.weights)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        Logistic((0.0,), (1.0,), (1.0,), 0.0).logit((1.0, 2.0))


def test_chance_is_stable_far_out() -> None:
    assert chance(-1000.0) == 0.0
    assert chance(1000.0) == 1.0
    assert chance(0.0) == 0.5


def test_cached_frames_equal_fresh_ones() -> None:
    assert items_asked("Where to?") == asked("where to?")
    assert items_given("Where to?", "Porto") == tuple(given("Where to?", "Porto"))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (None, "something the customer had said"),
        (Item(Kind.IDENTIFIER, "order"), "the order number"),
        (Item(Kind.IDENTIFIER, "gift_card:other"), "the gift card number"),
        (Item(Kind.IDENTIFIER), "the reference number"),
        (Item(Kind.ADDRESS, "billing"), "the billing address"),
        (Item(Kind.STEP, "restart:phone"), "a step already tried (restart)"),
        (Item(Kind.STEP, "~descal"), "a step already tried"),
        (Item(Kind.COUNT, "people"), "the number of people"),
        (Item(Kind.CATEGORY, "movie"), "the kind of movie"),
        (Item(Kind.CHOICE, "hotel"), "the hotel"),
        (Item(Kind.DATE, END), "the end or return date"),
    ],
)
def test_items_have_plain_names(item: Item | None, words: str) -> None:
    assert name_of(item) == words


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_name(kind: Kind) -> None:
    assert name_of(Item(kind))


@when(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200), st.none() | st.text(max_size=100))
def test_any_text_can_be_read(question: str, bot: str, customer: str, reply: str | None) -> None:
    exchanges = [Exchange("m0", "", bot), Exchange("m1", bot, customer, ("a.png",))]
    first = assess(question, exchanges, reply, opening=True)
    assert 0.0 <= first.probability <= 1.0
    assert first == assess(question, exchanges, reply, opening=True)
    assert asks_anything(question) in (True, False)


WORDS = """order number 48213 please what is your restart router error E-104 says already told the bot when did you buy
it on march 3rd at 5 pm two tickets from to Porto ? . , - " ' :""".split()


@when(st.lists(st.sampled_from(WORDS), max_size=25), st.lists(st.sampled_from(WORDS), max_size=25))
def test_support_words_in_any_order_can_be_read(question: list[str], customer: list[str]) -> None:
    finding = assess(" ".join(question), [Exchange("m0", "", " ".join(customer))], " ".join(customer))
    assert 0.0 <= finding.probability <= 1.0
