"""Support frames: identifiers, contacts, errors, equipment, steps, dates, sums, the problem. Own samples only."""

from collections.abc import Sequence

import numpy as np
import pytest

from service.language.embedding import Vectors
from service.language.information.exchange import Exchange
from service.language.information.fits import support_fit, unusable
from service.language.information.items import Item, Kind
from service.language.information.reask import assess
from service.language.information.support import claims, support_asked, support_given


def asks_for(text: str) -> set[Item]:
    return {asked.item for asked in support_asked(text)}


ORDER = Item(Kind.IDENTIFIER, "order")


@pytest.mark.parametrize(
    ("question", "item"),
    [
        ("Could I get your order number?", ORDER),
        ("Which order is this about?", ORDER),
        ("What's the number of the invoice?", Item(Kind.IDENTIFIER, "invoice")),
        ("May I have your booking details?", Item(Kind.IDENTIFIER, "booking")),
        ("PO number please", Item(Kind.IDENTIFIER, "purchase_order")),
        ("What is the IMEI?", Item(Kind.IDENTIFIER, "imei")),
        ("What's your reference?", Item(Kind.IDENTIFIER, "")),
        ("Please tell me your locker number", Item(Kind.IDENTIFIER, "~locker")),
        ("Do you have another order number?", Item(Kind.IDENTIFIER, "order:other")),
        ("What is your username?", Item(Kind.IDENTIFIER, "username")),
        ("May I have the email on your account?", Item(Kind.EMAIL)),
        ("What is the best number to reach you?", Item(Kind.PHONE, "contact")),
        ("Who am I speaking with?", Item(Kind.NAME)),
        ("What's your company name?", Item(Kind.NAME, "company")),
        ("What's the billing address?", Item(Kind.ADDRESS, "billing")),
        ("What's your new shipping address?", Item(Kind.ADDRESS, "shipping:other")),
        ("And your postcode?", Item(Kind.POSTCODE)),
        ("What error message are you seeing?", Item(Kind.ERROR, "text")),
        ("Which error code is shown?", Item(Kind.ERROR, "code")),
        ("Do you get any error?", Item(Kind.ERROR, "any")),
        ("Could you send me a screenshot?", Item(Kind.MEDIA, "image")),
        ("Please attach the receipt", Item(Kind.MEDIA, "document")),
        ("Which browser are you using?", Item(Kind.SOFTWARE, "browser")),
        ("Are you on Chrome or Firefox?", Item(Kind.SOFTWARE, "browser")),
        ("What is your operating system?", Item(Kind.SOFTWARE, "os")),
        ("Which version of the app is it?", Item(Kind.SOFTWARE, "version")),
        ("What plan are you on?", Item(Kind.SOFTWARE, "plan")),
        ("Which model do you have?", Item(Kind.DEVICE, "model")),
        ("Which item was it?", Item(Kind.PRODUCT)),
        ("When did you place the order?", Item(Kind.DATE, "bought")),
        ("When did it start?", Item(Kind.DATE, "began")),
        ("Which year do you need?", Item(Kind.DATE, "year")),
        ("How much were you charged?", Item(Kind.AMOUNT)),
        ("How can I help you today?", Item(Kind.PROBLEM)),
        ("Why do you want to cancel?", Item(Kind.PROBLEM, "reason")),
        ("What have you tried so far?", Item(Kind.STEP)),
        ("Have you restarted the router?", Item(Kind.STEP, "restart:network")),
        ("Then please clear your cache.", Item(Kind.STEP, "clear_cache")),
        ("Have you tried descaling the kettle?", Item(Kind.STEP, "clean")),
        ("Did you try a different bulb?", Item(Kind.STEP, "swap:bulb")),
        ("The sensor needs a new battery. Could you change it?", Item(Kind.STEP, "battery")),
    ],
)
def test_what_agents_ask(question: str, item: Item) -> None:
    assert any(asked.kind is item.kind and asked.role.startswith(item.role) for asked in asks_for(question))


@pytest.mark.parametrize(
    "text",
    [
        "For security, what are the last four digits of your card?",
        "To verify your identity please tell me your date of birth and full name.",
        "Is your order number 48213?",
        "Did you receive our e-mail?",
        "You will find the serial number on the back.",
        "Is there anything else I can help with?",
        "Would you like me to send the invoice number by e-mail?",
        "I have reset your password.",
        "Did restarting help?",
        "Thanks for restarting it.",
        "What else have you tried?",
        'You said "No host", is that the error?',
        "Could you send a clearer photo?",
        "Are you on Chrome?",
        "Can you confirm the email?",
        "Let me restart the server.",
        "Let's get this fixed.",
        "",
    ],
)
def test_what_is_no_request(text: str) -> None:
    assert asks_for(text) == set()


@pytest.mark.parametrize(
    ("item", "bot", "customer", "attachments"),
    [
        (ORDER, "", "my order ORD-48 213 is late", ()),
        (ORDER, "", "48213 is my order number", ()),
        (ORDER, "What is your order number?", "48213", ()),
        (ORDER, "", "it is ORD-48213", ()),
        (Item(Kind.IDENTIFIER, ""), "", "ticket 88120 is open", ()),
        (Item(Kind.IDENTIFIER, "~locker"), "", "locker 1123 is jammed", ()),
        (Item(Kind.IDENTIFIER, "username"), "What's your username?", "milo", ()),
        (Item(Kind.IDENTIFIER, "username"), "", "my username is milo", ()),
        (Item(Kind.EMAIL), "", "write to jo@x.example", ()),
        (Item(Kind.PHONE), "", "call me on 0660 1234567", ()),
        (Item(Kind.NAME), "", "My name is Ana Lima", ()),
        (Item(Kind.NAME), "", "my name is ana", ()),
        (Item(Kind.NAME), "", "It broke. Regards, Ana Lima", ()),
        (Item(Kind.NAME), "What is your name?", "ana lima", ()),
        (Item(Kind.ADDRESS, "shipping"), "", "deliver it to 12 Baker Street", ()),
        (Item(Kind.ADDRESS, "billing"), "What's your billing address?", "Am Platz 4, Bonn", ()),
        (Item(Kind.POSTCODE), "", "I live in SW1A 4AA", ()),
        (Item(Kind.ERROR, ""), "", 'it says "no paper"', ()),
        (Item(Kind.ERROR, "code"), "", "it shows error 0x80070057", ()),
        (Item(Kind.ERROR, "code"), "Which error code?", "22", ()),
        (Item(Kind.ERROR, "text"), "What error do you get?", "access denied", ()),
        (Item(Kind.ERROR, "any"), "", "there is no error message", ()),
        (Item(Kind.ERROR, "any"), "Do you get an error?", "no", ()),
        (Item(Kind.ERROR, "text"), "", "see the error", ("shot.png",)),
        (Item(Kind.MEDIA, "image"), "", "", ("photo.jpg",)),
        (Item(Kind.MEDIA, "image"), "", "", ("unknown.bin",)),
        (Item(Kind.MEDIA, "document"), "", "", ("receipt.pdf",)),
        (Item(Kind.MEDIA, "video"), "", "", ("clip.mp4",)),
        (Item(Kind.MEDIA, "log"), "", "", ("app.log",)),
        (Item(Kind.MEDIA, "image"), "", "I attached a screenshot", ()),
        (Item(Kind.DEVICE), "", "my iPhone 12 is slow", ()),
        (Item(Kind.DEVICE), "", "it happens on my laptop", ()),
        (Item(Kind.DEVICE, "model"), "", "model VX-500S", ()),
        (Item(Kind.SOFTWARE, "os"), "", "on windows 11", ()),
        (Item(Kind.SOFTWARE, "browser"), "", "in firefox", ()),
        (Item(Kind.SOFTWARE, "plan"), "", "on the premium plan", ()),
        (Item(Kind.SOFTWARE, "version"), "", "version 3.1", ()),
        (Item(Kind.PRODUCT), "", "I bought a kettle", ()),
        (Item(Kind.PRODUCT), "", "my desk lamp stopped working", ()),
        (Item(Kind.PRODUCT), "Which product?", "the kettle", ()),
        (Item(Kind.DATE, "began"), "", "broken since Monday", ()),
        (Item(Kind.DATE, "bought"), "", "I ordered it on 3 May", ()),
        (Item(Kind.DATE, "bought"), "When did you buy it?", "in 2023", ()),
        (Item(Kind.DATE, "year"), "", "the 2023 statement", ()),
        (Item(Kind.AMOUNT), "", "a transfer of 250 is stuck", ()),
        (Item(Kind.AMOUNT), "How much were you charged?", "15", ()),
        (Item(Kind.PROBLEM), "", "my parcel never arrived", ()),
        (Item(Kind.PROBLEM, "reason"), "Why do you want to cancel?", "moving away", ()),
        (Item(Kind.PROBLEM, "reason"), "", "cancel it because we moved", ()),
        (Item(Kind.STEP), "", "I restarted it", ()),
        (Item(Kind.STEP, "restart:network"), "", "I rebooted the modem twice", ()),
        (Item(Kind.STEP, "restart"), "", "turned it off and on again", ()),
        (Item(Kind.STEP, "clear_cache"), "Please clear the cache.", "did that, still broken", ()),
        (Item(Kind.STEP, "check_spam"), "", "it's not in my spam folder", ()),
        (Item(Kind.STEP, "reinstall"), "", "tried reinstalling", ()),
        (Item(Kind.STEP, "restart"), "", "rebooting didn't help", ()),
        (Item(Kind.STEP, "swap:bulb"), "", "i changed the bulb", ()),
        (Item(Kind.STEP, "~tighten screw"), "", "I tightened the screw", ()),
    ],
)
def test_what_customers_give(item: Item, bot: str, customer: str, attachments: tuple[str, ...]) -> None:
    assert max(support_fit(item, gift) for gift in support_given(bot, customer, attachments)) >= 0.5


@pytest.mark.parametrize(
    ("item", "bot", "customer"),
    [
        (ORDER, "What is your order number?", "I don't have the order number"),
        (ORDER, "", "I paid 120 on 4 March"),
        (Item(Kind.IDENTIFIER, "tracking"), "", "order 48213"),
        (Item(Kind.IDENTIFIER, "order:other"), "", "order 48213"),
        (Item(Kind.ADDRESS, "shipping"), "", "my billing address is 12 Baker Street"),
        (Item(Kind.EMAIL, "other"), "", "my e-mail is jo@x.example"),
        (Item(Kind.ERROR, "code"), "", 'it says "no paper"'),
        (Item(Kind.STEP, "restart:network"), "", "I restarted my phone"),
        (Item(Kind.STEP, "restart"), "", "should I restart it?"),
        (Item(Kind.STEP, "reset_password"), "", "I can't reset my password"),
        (Item(Kind.STEP, "restart"), "Have you restarted it?", "no"),
        (Item(Kind.STEP, "restart"), "Please restart it.", "how do I do that?"),
        (Item(Kind.STEP, "~tighten screw"), "", "the screw is loose"),
        (Item(Kind.PROBLEM), "", "can I talk to a human please"),
        (Item(Kind.PROBLEM), "", "hello there"),
        (Item(Kind.SOFTWARE, "browser"), "Which browser?", "no idea"),
    ],
)
def test_what_customers_do_not_give(item: Item, bot: str, customer: str) -> None:
    assert max((support_fit(item, gift) for gift in support_given(bot, customer)), default=0.0) < 0.5


@pytest.mark.parametrize(
    ("text", "item", "expected"),
    [
        ("That number has only 5 digits. Could you check your order number?", ORDER, True),
        ("I can't find your email. What is your order number?", ORDER, False),
        ("The photo is blurry, please send it again.", Item(Kind.MEDIA, "image"), True),
        ("That is not a valid code. Which step failed?", Item(Kind.STEP), False),
        ("Which item was wrong?", Item(Kind.PRODUCT), False),
        ("What is your order number?", ORDER, False),
    ],
)
def test_unusable_answers(text: str, item: Item, expected: bool) -> None:
    assert unusable(text, item) is expected


def probability(question: str, *exchanges: Exchange, reply: str | None = None, opening: bool = False) -> float:
    return assess(question, exchanges, reply, opening=opening).probability


GAVE = Exchange("m0", "", "order 48213 is late")


def test_nothing_was_said_before() -> None:
    assert probability("What is your order number?") < 0.1


def test_replies_move_the_probability() -> None:
    asked = "What is your order number?"
    plain = probability(asked, GAVE)
    assert probability(asked, GAVE, reply="48213") >= plain
    assert probability(asked, GAVE, reply="the other one is 99120") < plain
    assert probability(asked, GAVE, reply="I don't have it") < plain
    assert probability("And the colour?", GAVE, reply="I told the bot already!") > 0.5


def test_steps_that_were_not_taken_after_all() -> None:
    done = Exchange("m2", "Please restart it.", "done, no change")
    assert probability("Have you tried restarting it?", done) > 0.5
    assert probability("Have you tried restarting it?", done, reply="not yet") < 0.5
    assert probability("Have you tried restarting it?", done, reply="yes, already did that") > 0.8


def test_a_step_after_a_change_is_a_new_attempt() -> None:
    done = Exchange("m2", "Please log out and back in.", "did that")
    assert probability("Please log out and back in.", done) > 0.5
    assert probability("I have unlocked it. Please log out and back in.", done) < 0.55


def test_another_photo_is_not_the_same_photo() -> None:
    sent = Exchange("m2", "Please send a photo of the damage.", "here", ("damage.jpg",))
    assert probability("Could you send a photo of the damage?", sent) > 0.5
    assert probability("Could you send a photo of the label?", sent) < 0.5


def test_the_value_an_agent_states_is_not_asked_for() -> None:
    assert probability("I have two: 48213 and 48217. Which order is it?", GAVE, reply="48213") < 0.5


def test_the_problem_is_only_asked_for_at_the_start() -> None:
    assert probability("How can I help you?", GAVE, opening=True) > 0.5
    assert probability("How can I help you?", GAVE) < 0.5


def test_what_was_said_again_in_full() -> None:
    told = Exchange("m2", "Is it a boiler?", "a boiler, Vaillo ecoTEK")
    assert probability("Which make is it?", told, reply="Vaillo ecoTEK") > 0.5
    assert probability("Which make is it?", told, reply="Boschi") < 0.5


class BagOfWords:
    """Vectors of word counts: enough for questions that share their words."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        names = sorted({word for text in texts for word in text.lower().strip("?.").split()})
        counts = [[text.lower().strip("?.").split().count(name) for name in names] for text in texts]
        rows = np.array(counts, np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    issue_vectors = vectors


def test_a_question_of_the_bot_in_other_words() -> None:
    on_dimmer = Exchange("m2", "Is it running on a dimmer?", "yes")
    question = "Is it running on a dimmer maybe?"
    same = assess(question, [on_dimmer], None, embedder=BagOfWords())
    assert same.probability > 0.5
    assert same.exchange == on_dimmer
    unanswered = Exchange("m2", "Is it running on a dimmer?", "what is a dimmer?")
    assert assess(question, [unanswered], None, embedder=BagOfWords()).probability < 0.5
    unlike = Exchange("m2", "Would that be yours over there?", "yes")
    assert assess(question, [unlike], None, embedder=BagOfWords()).probability < 0.5


def test_support_clauses_are_left_out_of_the_learned_reading() -> None:
    assert claims("What is your order number? And where do you live?") == {"what is your order number?"}
