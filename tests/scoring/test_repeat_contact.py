"""repeat_contact: windows, reopens, parallel contacts, chains, languages; who came back with what, and the proof."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.conversation import Author, Channel, Contact, Conversation, Event, Message, Role, episodes
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.scoring.repeat_contact import label, repeat_contact
from service.scoring.score import Case, History, Policy, Score

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LOST = "My parcel has not arrived and the tracking page shows nothing"
LOST_TOO = "the package is still not here, where is it?"
OTHER = "How do I change the language of the newsletter?"


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    return CachedEmbedder(MiniLM(), MemoryCache())


def contact(id_: str, hours: float, *texts: str, closed: float | None = None, **changes: Any) -> Conversation:
    """A conversation that starts `hours` after START: customer, bot, customer ... half a minute apart."""
    start = START + timedelta(hours=hours)
    messages = tuple(
        Message(f"{id_}-{i}", Author(Role.BOT if i % 2 else Role.CUSTOMER), text, start + timedelta(seconds=30 * i))
        for i, text in enumerate(texts)
    )
    conversation = Conversation(
        id_,
        messages,
        helpdesk="zendesk",
        account="lamps",
        contact=Contact(id="c-1"),
        channel=Channel.MESSAGING,
        opened_at=start,
        closed_at=None if closed is None else START + timedelta(hours=closed),
    )
    return replace(conversation, **changes)


def scored(
    embedder: CachedEmbedder,
    conversation: Conversation,
    *others: Conversation,
    at: float | None = 1000,
    policy: Policy | None = None,
) -> Score:
    as_of = None if at is None else START + timedelta(hours=at)
    return repeat_contact(Case(conversation, History(as_of, others), policy or Policy(), embedder))


def windows(score: Score) -> Sequence[str]:
    found = score.details["windows"]
    assert isinstance(found, dict)
    assert list(found) == ["24h", "72h", "7d"]
    return list(found.values())


FIRST = contact("a", 0, LOST, "Please wait a few days.")


def test_a_return_with_the_same_issue(embedder: CachedEmbedder) -> None:
    score = scored(embedder, FIRST, contact("b", 5, LOST_TOO, "Sorry!"))
    assert score.verdict == "returned"
    assert score.value is not None
    assert score.value > 0.8
    assert score.confidence == score.value
    assert windows(score) == ["returned"] * 3
    proof, issue = score.evidence
    assert (proof.message, proof.conversation, proof.quote) == ("b-0", "b", LOST_TOO)
    assert "5 h later" in proof.shows
    assert (issue.message, issue.conversation) == ("a-0", None)
    assert score.details["same_customer_by"] == "contact"
    assert score.details["return"] == {
        "key": ["zendesk", "lamps", "b"],
        "probability": score.value,
        "after_seconds": 5 * 3600,
        "channel_switch": False,
    }
    assert "5 h later" in score.reason


def test_the_later_one_carries_where_it_comes_from(embedder: CachedEmbedder) -> None:
    score = scored(embedder, contact("b", 5, LOST_TOO, "Sorry!"), FIRST)
    assert (score.verdict, score.value) == ("not_returned", None)
    assert score.details["repeat_of"] == "a"
    assert score.details["repeat_of_key"] == ["zendesk", "lamps", "a"]
    assert score.details["same_customer_by"] == "contact"
    assert score.evidence == ()


def test_another_issue_is_no_return(embedder: CachedEmbedder) -> None:
    score = scored(embedder, FIRST, contact("b", 5, OTHER, "Like this."))
    assert score.verdict == "not_returned"
    assert score.value is not None
    assert score.value < 0.3
    assert score.evidence == ()
    assert score.confidence == pytest.approx(1 - score.value)
    assert scored(embedder, contact("b", 5, OTHER, "Like this."), FIRST).details["repeat_of"] is None


@pytest.mark.parametrize(
    ("at", "verdict", "said"),
    [
        (2, "pending", ["pending", "pending", "pending"]),
        (24, "pending", ["pending", "pending", "pending"]),
        (25, "not_returned", ["not_returned", "pending", "pending"]),
        (80, "not_returned", ["not_returned", "not_returned", "pending"]),
        (169, "not_returned", ["not_returned", "not_returned", "not_returned"]),
    ],
)
def test_a_window_is_pending_until_it_has_passed(
    embedder: CachedEmbedder, at: float, verdict: str, said: list[str]
) -> None:
    score = scored(embedder, FIRST, at=at)
    assert (score.verdict, score.value, score.confidence) == (verdict, None, 1.0)
    assert windows(score) == said


def test_a_contact_about_something_else_leaves_the_window_open(embedder: CachedEmbedder) -> None:
    score = scored(embedder, FIRST, contact("b", 5, OTHER, "Like this."), at=6)
    assert score.verdict == "pending"
    assert score.value is not None


def test_a_later_return_counts_in_the_longer_windows_only(embedder: CachedEmbedder) -> None:
    score = scored(embedder, FIRST, contact("b", 60, LOST_TOO, "Sorry!"))
    assert (score.verdict, score.value) == ("not_returned", None)
    assert windows(score) == ["not_returned", "returned", "returned"]
    assert windows(scored(embedder, FIRST, contact("b", 150, LOST_TOO))) == ["not_returned", "not_returned", "returned"]
    assert windows(scored(embedder, FIRST, contact("b", 200, LOST_TOO))) == ["not_returned"] * 3


def test_the_window_runs_from_the_close(embedder: CachedEmbedder) -> None:
    closed = contact("a", 0, LOST, "Please wait a few days.", closed=10)
    assert scored(embedder, closed, contact("b", 33, LOST_TOO)).verdict == "returned"
    assert scored(embedder, closed, contact("b", 35, LOST_TOO)).verdict == "not_returned"


def test_the_best_later_contact_decides_and_thanks_do_not_count(embedder: CachedEmbedder) -> None:
    later = [contact("b", 2, OTHER), contact("c", 3, LOST_TOO), contact("d", 4, "thanks, it came!")]
    score = scored(embedder, FIRST, *later)
    assert score.verdict == "returned"
    assert score.evidence[0].conversation == "c"
    assert scored(embedder, FIRST, later[2]).value is None
    assert scored(embedder, later[2], FIRST).details["repeat_of"] is None


def test_chains_point_to_the_first(embedder: CachedEmbedder) -> None:
    second = contact("b", 20, LOST_TOO, "Sorry!")
    third = contact("c", 40, "Hi, where is my parcel? Tracking still shows nothing", "Sorry!")
    assert scored(embedder, third, FIRST, second).details["repeat_of"] == "a"
    assert scored(embedder, second, third, FIRST).details["repeat_of"] == "a"
    assert scored(embedder, third, FIRST).details["repeat_of"] is None


def test_other_customers_are_not_looked_at(embedder: CachedEmbedder) -> None:
    stranger = contact("b", 5, LOST_TOO, contact=Contact(id="c-2"))
    assert scored(embedder, FIRST, stranger).value is None


def test_a_return_on_the_other_helpdesk_by_a_verified_address(embedder: CachedEmbedder) -> None:
    known = Contact(id="c-1", email="jo@shop.example", email_verified=True)
    first = replace(FIRST, contact=known, account_group="g")
    second = contact("b", 5, LOST_TOO, helpdesk="intercom", account="x91", channel=Channel.EMAIL)
    second = replace(second, contact=replace(known, id="k-3"), account_group="g")
    score = scored(embedder, first, second)
    assert score.verdict == "returned"
    assert score.details["same_customer_by"] == "email"
    returned = score.details["return"]
    assert isinstance(returned, dict)
    assert returned["channel_switch"] is True


def reopened(*texts: str, role: Role = Role.CUSTOMER) -> tuple[Conversation, ...]:
    at = START + timedelta(hours=8)
    more = tuple(Message(f"r-{i}", Author(role), t, at + timedelta(minutes=i)) for i, t in enumerate(texts))
    whole = replace(FIRST, messages=(*FIRST.messages, *more), events=(Event("e", "reopened", at),))
    return episodes(whole)


def test_a_reopen_with_a_message_is_a_return(embedder: CachedEmbedder) -> None:
    first, second = reopened("hello? anybody?")
    score = scored(embedder, first, second)
    assert (score.verdict, score.value) == ("returned", 1.0)
    assert score.details["same_customer_by"] == "conversation"
    assert score.evidence[0].message == "r-0"
    assert "writes again" in score.evidence[0].shows
    assert "wrote again" in score.reason
    later = scored(embedder, second, first)
    assert later.details["repeat_of_key"] == ["zendesk", "lamps", "a"]
    assert later.details["same_customer_by"] == "conversation"


def test_a_reopen_needs_no_known_customer(embedder: CachedEmbedder) -> None:
    first, second = (replace(episode, contact=Contact()) for episode in reopened("it is still missing"))
    assert scored(embedder, first, second).verdict == "returned"


def test_a_reopen_that_only_thanks_or_is_the_agents_is_none(embedder: CachedEmbedder) -> None:
    first, second = reopened("Great, thank you!")
    assert scored(embedder, first, second).verdict == "not_returned"
    first, second = reopened("We found it.", role=Role.AGENT)
    assert scored(embedder, first, second).verdict == "not_returned"
    assert scored(embedder, second, first).verdict is None


def test_a_picture_with_thanks_is_more_than_thanks(embedder: CachedEmbedder) -> None:
    first, second = reopened("thanks")
    pictured = replace(second.messages[0], attachments=("box.jpg",))
    assert scored(embedder, first, replace(second, messages=(pictured,))).verdict == "returned"


def test_episodes_of_another_conversation_are_contacts_of_their_own(embedder: CachedEmbedder) -> None:
    old = contact("z", -500, OTHER, "Like this.")
    again = Message("z-9", Author(Role.CUSTOMER), LOST_TOO, START + timedelta(hours=4))
    whole = replace(old, messages=(*old.messages, again), events=(Event("e", "reopened", again.at),))
    assert scored(embedder, FIRST, whole).verdict == "returned"


def test_going_elsewhere_while_the_first_is_open_is_a_return(embedder: CachedEmbedder) -> None:
    waiting = contact("a", 0, LOST, "A colleague will write to you.", closed=70)
    assert scored(embedder, waiting, contact("b", 3, LOST_TOO)).verdict == "returned"


def test_two_contacts_kept_up_side_by_side_are_not(embedder: CachedEmbedder) -> None:
    more = Message("a-9", Author(Role.CUSTOMER), "and?", START + timedelta(hours=4))
    busy = contact("a", 0, LOST, "A colleague will write to you.", closed=70)
    busy = replace(busy, messages=(*busy.messages, more))
    assert scored(embedder, busy, contact("b", 3, LOST_TOO)).value is None


def test_the_same_form_sent_twice_is_one_contact(embedder: CachedEmbedder) -> None:
    unanswered = contact("a", 0, LOST, closed=30)
    assert scored(embedder, unanswered, contact("b", 0.05, LOST)).value is None
    assert scored(embedder, unanswered, contact("b", 2, LOST)).verdict == "returned"


def test_a_shared_order_and_a_follow_up_are_named_in_the_proof(embedder: CachedEmbedder) -> None:
    first = contact("a", 0, "order 71220 came without the lid", "Sorry!")
    by_order = scored(embedder, first, contact("b", 3, "order 71220: send me the lid please"))
    assert "names the same 71220" in by_order.evidence[0].shows
    by_words = scored(embedder, first, contact("b", 3, "any news?"))
    assert by_words.verdict == "returned"
    assert "not the first time" in by_words.evidence[0].shows


def test_another_language_is_not_compared(embedder: CachedEmbedder) -> None:
    german = contact("b", 5, "Mein Paket ist immer noch nicht angekommen, wo bleibt es denn?")
    score = scored(embedder, FIRST, german)
    assert (score.verdict, score.value, score.confidence) == (None, None, 0.0)
    assert score.reason.startswith("language")
    assert score.details["unclear"] == "language"
    assert scored(embedder, FIRST, german, at=6).verdict == "pending"
    assert scored(embedder, replace(FIRST, language="de"), contact("b", 5, LOST_TOO)).verdict is None
    assert scored(embedder, replace(FIRST, language="de")).verdict == "not_returned"


def test_it_does_not_apply_without_a_customer_or_a_time(embedder: CachedEmbedder) -> None:
    bot_only = replace(FIRST, messages=FIRST.messages[1:])
    timeless = replace(
        FIRST, opened_at=None, closed_at=None, messages=tuple(replace(m, at=None) for m in FIRST.messages)
    )
    for conversation in (bot_only, timeless):
        score = scored(embedder, conversation, contact("b", 5, LOST_TOO))
        assert (score.verdict, score.value) == (None, None)
        assert windows(score) == [None] * 3
        assert score.details["repeat_of"] is None
    assert scored(embedder, FIRST, timeless, bot_only).value is None


def test_times_without_a_zone_and_messages_without_a_time(embedder: CachedEmbedder) -> None:
    messages = tuple(replace(m, at=None) for m in FIRST.messages)
    first = replace(FIRST, messages=messages, opened_at=START.replace(tzinfo=None), closed_at=START)
    assert scored(embedder, first, contact("b", 5, LOST_TOO)).verdict == "returned"


def test_without_a_time_of_asking_the_latest_known_one_counts(embedder: CachedEmbedder) -> None:
    assert scored(embedder, FIRST, at=None).verdict == "pending"
    assert scored(embedder, FIRST, contact("b", 100, OTHER), at=None).verdict == "not_returned"


def test_thousands_of_contacts_are_read_near_the_window_only(embedder: CachedEmbedder) -> None:
    many = [contact(f"n{i}", i / 10, f"{OTHER} {i}") for i in range(-3000, 3000) if i]
    cold = CachedEmbedder(MiniLM(), MemoryCache())
    score = scored(cold, FIRST, *many)
    assert score.verdict == "not_returned"
    assert cold.embedded <= 81


def test_a_contact_given_twice_is_one(embedder: CachedEmbedder) -> None:
    score = scored(embedder, FIRST, contact("b", 5, LOST_TOO), contact("b", 5, LOST_TOO))
    assert [proof.conversation for proof in score.evidence] == ["b", None]


def test_own_windows_and_threshold(embedder: CachedEmbedder) -> None:
    policy = Policy(repeat_window=timedelta(hours=4), longer_windows=(), same_issue_threshold=0.99)
    score = scored(embedder, FIRST, contact("b", 3, LOST_TOO), policy=policy)
    assert score.verdict == "not_returned"
    assert score.details["windows"] == {"4h": "not_returned"}


@pytest.mark.parametrize(("hours", "name"), [(24, "24h"), (72, "72h"), (168, "7d"), (336, "14d"), (170, "170h")])
def test_windows_are_named_by_hours_or_days(hours: int, name: str) -> None:
    assert label(timedelta(hours=hours)) == name


@pytest.mark.parametrize(("after", "said"), [(0.5, "30 min later"), (1.2, "72 min later"), (20, "20 h later")])
def test_the_time_of_the_return_is_said_in_a_fitting_unit(embedder: CachedEmbedder, after: float, said: str) -> None:
    assert said in scored(embedder, FIRST, contact("b", after, LOST_TOO)).reason


def test_days_are_said_as_days(embedder: CachedEmbedder) -> None:
    policy = Policy(repeat_window=timedelta(days=7))
    assert "3 days later" in scored(embedder, FIRST, contact("b", 72, LOST_TOO), policy=policy).reason
