"""What must hold for every connector, on its own local helpdesk over HTTP and with real scores.

A new connector is tested here as soon as it stands in the registry and brings a sandbox; `HELPDESKS` says the little
that differs between helpdesks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import MappingProxyType
from typing import Any

import pytest
import requests
from near import near

from connectors.base import Client, Installation, Reading
from connectors.errors import Conflict, CredentialsRefused, NotFound, NotWritable, OptedOut, RetryLater
from connectors.http import Http
from connectors.limiter import Limiter
from connectors.names import Kind
from connectors.registry import connectors
from service.conversation import Author, Channel, Contact, Conversation, Event, EventKind, Initiator, Message, Role
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.note import desired
from service.scoring.score import History, Policy, Scorecard
from service.scoring.scorecard import score_conversation
from service.writeback import Plan, Writable, note_reference, parse_note, plan

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = BEGIN + timedelta(days=2)
ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT, "N": Role.AGENT}
FOREIGN = ("vip", "billing")
NEVER = {"status", "state", "assignee_id", "assignee", "group_id", "priority", "open", "snoozed_until"}
WRITING = {"PUT", "POST", "DELETE", "PATCH"}


@dataclass(frozen=True)
class Differences:
    """What a test cannot know of a helpdesk in general."""

    sandbox_without: Callable[[Any, str], tuple[Any, Mapping[str, object]]]
    wrong_secret: str
    status: Callable[[Any, str], str]
    not_writing: tuple[str, ...] = ()


def _zendesk_without(package: Any, name: str) -> tuple[Any, Mapping[str, object]]:
    """An account in which the admin connected all of our fields but one."""
    sandbox = package.Sandbox(retry_delay=0.02)
    return sandbox, {key: value for key, value in sandbox.options.items() if key != name}


def _intercom_without(package: Any, name: str) -> tuple[Any, Mapping[str, object]]:
    """A workspace in which one of our attributes was never made."""
    known = import_module("connectors.intercom.sandbox.workspace").OUR_ATTRIBUTES
    left = {key: value for key, value in known.items() if key != name}
    return package.Sandbox(retry_delay=0.02, attributes=left), {}


HELPDESKS = {
    "zendesk": Differences(
        _zendesk_without, "client_secret", lambda sandbox, name: str(sandbox.status(name)), ("/oauth/tokens",)
    ),
    "intercom": Differences(
        _intercom_without,
        "access_token",
        lambda sandbox, name: str(sandbox.workspace.conversations[name]["state"]),
        ("/conversations/search",),
    ),
}


@dataclass
class Place:
    """One connector with its helpdesk."""

    name: str
    sandbox: Any
    options: Mapping[str, object] = field(default_factory=dict)

    def client(self, *, prefix: str = "dm__", **secrets: str) -> Client:
        made = Installation(
            f"test-{self.name}",
            self.name,
            "acme",
            self.sandbox.base_url,
            secrets={**self.sandbox.secrets, **secrets},
            options=self.options,
            prefix=prefix,
        )
        http = Http(made.base_url, requests.Session(), Limiter(), name=made.id, hosts=near(connectors()[self.name]))
        return connectors()[self.name].client(made, http)

    def writes(self) -> list[Any]:
        """Requests that changed something."""
        quiet = HELPDESKS[self.name].not_writing
        log = self.sandbox.requests_log
        return [sent for sent in log if sent.method in WRITING and not sent.path.startswith(quiet)]

    def status(self, number: str) -> str:
        return HELPDESKS[self.name].status(self.sandbox, number)


@pytest.fixture(params=sorted(connectors()))
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Each connector with a running helpdesk."""
    with import_module(f"connectors.{request.param}.sandbox").Sandbox(retry_delay=0.02) as sandbox:
        yield Place(request.param, sandbox, getattr(sandbox, "options", {}))


@pytest.fixture(scope="module")
def embedder() -> CachedEmbedder:
    """The real model."""
    return CachedEmbedder(MiniLM(None), MemoryCache())


def talk(*lines: str, begin: datetime = BEGIN, **more: Any) -> Conversation:
    """A conversation from lines like "C: hello", a minute apart."""
    messages = []
    for number, line in enumerate(lines):
        kind, _, text = line.partition(": ")
        who = {"C": "c1", "B": "bot"}.get(kind, "kim")
        at = begin + timedelta(minutes=number)
        messages.append(Message(f"m{number}", Author(ROLES[kind], who), text, at, internal=kind == "N"))
    known: dict[str, Any] = {
        "contact": Contact("c1", None, "ada@example.com", True),
        "channel": Channel.MESSAGING,
        "opened_at": begin,
        "closed_at": begin + timedelta(hours=1),
        "tags": FOREIGN,
        **more,
    }
    return Conversation(id="story", messages=tuple(messages), **known)


HOW_TO = ("C: the gas stove does not light, the igniter only clicks", "B: Open the valve fully and press it again.")
LIKELY = talk(*HOW_TO, "C: ok thanks")
UNRESOLVED = talk(*HOW_TO, "C: I did that, it still doesn't light")
REPEATED = talk(
    "C: my parcel came damaged, the order is FW-48213",
    "B: I'm sorry. A colleague will help you.",
    "A: Hello, what is your order number please?",
    "C: FW-48213",
    "A: A new one is on its way.",
    events=(Event("e", EventKind.HANDOFF, BEGIN + timedelta(seconds=90), Initiator.BOT, target="care"),),
)
RETURN = replace(
    talk(
        "C: the gas stove still does not light, the igniter only clicks",
        "A: I have sent you a new one.",
        begin=BEGIN + timedelta(hours=5),
    ),
    id="later",
)


def judge(conversation: Conversation, embedder: CachedEmbedder, *others: Conversation) -> Scorecard:
    """The newest card of a conversation as it was read, with the customer's other ones known."""
    known = tuple(
        replace(o, helpdesk=conversation.helpdesk, account=conversation.account, contact=conversation.contact)
        for o in others
    )
    return score_conversation(conversation, History(NOW, known), Policy(), embedder)[-1]


def changes(reading: Reading, card: Scorecard) -> Plan:
    """What is to be written so that the helpdesk says what the card says."""
    wanted = desired(card, reading.conversation, Policy(), link="https://deskmark.example/c/1")
    return plan(wanted, reading.there, reference=note_reference(card), now=NOW)


def settle(client: Client, number: str, embedder: CachedEmbedder, *others: Conversation) -> Plan:
    """Read, score, plan and write once."""
    reading = client.read(number)
    made = changes(reading, judge(reading.conversation, embedder, *others))
    client.write(reading, made)
    return made


def own_notes(place: Place, number: str) -> list[str]:
    """References of our notes on a conversation."""
    found = map(parse_note, place.sandbox.snapshot(number).notes)
    return [note.reference for note in found if note is not None]


def own_tags(place: Place, number: str) -> set[str]:
    return {tag for tag in place.sandbox.snapshot(number).tags if tag.startswith("dm__")}


def keys_of(body: Any) -> set[str]:
    """Every key of a JSON body, at any depth."""
    if isinstance(body, Mapping):
        return set(body).union(*map(keys_of, body.values()))
    return set().union(*map(keys_of, body)) if isinstance(body, list) else set()


def test_every_connector_is_tested_here() -> None:
    assert set(HELPDESKS) == set(connectors())


def test_a_conversation_is_read_as_it_was_said(place: Place) -> None:
    said = talk(
        "C: Hello, my lamp broke & I'd like <another> one",
        "B: Which lamp is it?\nYou find its name on the foot.",
        "C: the \u201cRidge\u201d \u2013 na\u00efve question: is it covered?",
        "N: looks like a warranty case",
        "A: Yes it is, a new one is on its way.",
        events=(Event("e", EventKind.HANDOFF, BEGIN + timedelta(seconds=150), Initiator.BOT, target="care"),),
    )
    reading = place.client().read(place.sandbox.seed(said))
    read = [m for m in reading.conversation.messages if m.text and m.role is not Role.SYSTEM]
    assert [(m.role, m.text, m.internal) for m in read] == [(m.role, m.text, m.internal) for m in said.messages]
    assert [m.at for m in read] == [m.at for m in said.messages]
    assert len({m.id for m in read}) == len(read)
    assert set(FOREIGN) <= set(reading.conversation.tags)
    assert reading.ended
    assert reading.there.writable is Writable.FULL


def test_a_conversation_that_is_still_open_has_not_ended(place: Place) -> None:
    assert not place.client().read(place.sandbox.seed(LIKELY, ended=False)).ended


@pytest.mark.parametrize(
    ("said", "tag", "notes"),
    [
        (LIKELY, "dm__resolution__likely", 0),
        (UNRESOLVED, "dm__resolution__unresolved", 1),
        (REPEATED, "dm__context__repeated", 1),
    ],
    ids=["likely", "unresolved", "repeated"],
)
def test_what_was_written_is_not_written_again(
    place: Place, embedder: CachedEmbedder, said: Conversation, tag: str, notes: int
) -> None:
    client, number = place.client(), place.sandbox.seed(said)
    status = place.status(number)
    assert settle(client, number, embedder)
    assert tag in own_tags(place, number)
    sent = place.writes()
    assert sent
    assert not [keys_of(request.json) & NEVER for request in sent if keys_of(request.json) & NEVER]
    again = client.read(number)
    made = changes(again, judge(again.conversation, embedder))
    assert made == Plan()
    assert client.write(again, made) == 0
    assert place.writes() == sent
    assert len(own_notes(place, number)) == notes
    assert set(FOREIGN) <= set(place.sandbox.snapshot(number).tags)
    assert place.status(number) == status


def test_a_fresh_process_plans_nothing_either(place: Place, embedder: CachedEmbedder) -> None:
    number = place.sandbox.seed(UNRESOLVED)
    settle(place.client(), number, embedder)
    sent = place.writes()
    assert not settle(place.client(), number, embedder)
    assert place.writes() == sent


def test_fields_hold_what_the_card_says(place: Place, embedder: CachedEmbedder) -> None:
    client, number = place.client(), place.sandbox.seed(UNRESOLVED)
    settle(client, number, embedder)
    card = judge(client.read(number).conversation, embedder)
    fields = place.sandbox.snapshot(number).fields
    assert fields["dm_outcome"] == "unresolved"
    assert int(fields["dm_effort"]) == round(card.scores["effort"].value or 0)
    assert int(fields["dm_resolution"]) == round(100 * (card.scores["containment"].value or 0))


def test_a_verdict_that_changes_later_takes_the_old_ones_place(place: Place, embedder: CachedEmbedder) -> None:
    client, number = place.client(), place.sandbox.seed(UNRESOLVED)
    settle(client, number, embedder)
    sent = len(place.writes())
    made = settle(client, number, embedder, RETURN)
    assert made.add_tags[0] == "dm__resolution__returned"
    assert "dm__resolution__unresolved" in made.remove_tags
    assert len(place.writes()) > sent
    assert {tag for tag in own_tags(place, number) if "resolution" in tag} == {"dm__resolution__returned"}
    first, correction = own_notes(place, number)
    assert correction == f"{first}.2"
    assert set(FOREIGN) <= set(place.sandbox.snapshot(number).tags)
    sent = len(place.writes())
    assert not settle(client, number, embedder, RETURN)
    assert len(place.writes()) == sent
    # The return turns out to be none: a second correction, and the first verdict stands again.
    settle(client, number, embedder)
    assert {tag for tag in own_tags(place, number) if "resolution" in tag} == {"dm__resolution__unresolved"}
    assert own_notes(place, number) == [first, correction, f"{first}.3"]


def test_a_verdict_without_a_note_gets_one_when_it_needs_one(place: Place, embedder: CachedEmbedder) -> None:
    client, number = place.client(), place.sandbox.seed(LIKELY)
    settle(client, number, embedder)
    assert own_notes(place, number) == []
    settle(client, number, embedder, RETURN)
    assert [reference.count(".") for reference in own_notes(place, number)] == [0]


def test_the_ignore_tag_is_obeyed_before_anything_is_read(place: Place) -> None:
    number = place.sandbox.seed(talk(*HOW_TO, tags=(*FOREIGN, "dm__ignore")))
    client = place.client()
    with pytest.raises(OptedOut) as raised:
        client.read(number)
    assert "stove" not in str(raised.value)
    asked = [sent for sent in place.sandbox.requests_log if number in sent.path]
    assert [sent.method for sent in asked] == ["GET"]
    assert place.writes() == []


def test_the_ignore_tag_is_obeyed_when_it_comes_between_reading_and_writing(
    place: Place, embedder: CachedEmbedder
) -> None:
    client, number = place.client(), place.sandbox.seed(UNRESOLVED)
    reading = client.read(number)
    made = changes(reading, judge(reading.conversation, embedder))
    place.sandbox.tag(number, "dm__ignore")
    # A helpdesk that guards against stale writes calls it a conflict, and the next reading is refused.
    with pytest.raises((OptedOut, Conflict)):
        client.write(reading, made)
    with pytest.raises(OptedOut):
        client.read(number)
    assert own_notes(place, number) == []


def test_a_reopened_conversation_is_judged_anew_and_gets_its_own_note(place: Place, embedder: CachedEmbedder) -> None:
    client, number = place.client(), place.sandbox.seed(UNRESOLVED)
    settle(client, number, embedder)
    (first,) = own_notes(place, number)
    later = talk("C: another question: the lid is loose", HOW_TO[1], "C: forget it", begin=BEGIN + timedelta(hours=2))
    more = [replace(message, id=f"later-{message.id}") for message in later.messages]
    place.sandbox.continue_(number, more, at=BEGIN + timedelta(hours=3))
    settle(client, number, embedder)
    assert {tag for tag in own_tags(place, number) if "resolution" in tag} == {"dm__resolution__abandoned"}
    assert own_notes(place, number) == [first, f"{first.partition('-')[0]}-2"]
    assert not settle(client, number, embedder)


def test_an_account_may_choose_its_own_prefix(place: Place, embedder: CachedEmbedder) -> None:
    theirs = ("dm__review", "dm__resolution__likely", "vip")
    client, number = place.client(prefix="bot__"), place.sandbox.seed(replace(UNRESOLVED, tags=theirs))
    reading = client.read(number)
    card = judge(reading.conversation, embedder)
    wanted = desired(card, reading.conversation, Policy(), prefix="bot__")

    def again(there: Reading) -> Plan:
        return plan(wanted, there.there, reference=note_reference(card), prefix="bot__", now=NOW)

    # Fields are left out: the options of a drop-down are made for one prefix.
    client.write(reading, replace(again(reading), fields={}))
    tags = place.sandbox.snapshot(number).tags
    assert set(theirs) <= set(tags)
    assert "bot__resolution__unresolved" in tags
    assert not replace(again(client.read(number)), fields={})
    ignored = place.sandbox.seed(replace(UNRESOLVED, tags=("bot__ignore",)))
    with pytest.raises(OptedOut):
        client.read(ignored)
    assert client.read(place.sandbox.seed(replace(UNRESOLVED, tags=("dm__ignore",)))).ended


@pytest.mark.parametrize("name", ["dm_effort", "dm_scored_at"])
@pytest.mark.parametrize("connector", sorted(connectors()))
def test_a_field_the_helpdesk_does_not_have_is_never_written(
    connector: str, name: str, embedder: CachedEmbedder
) -> None:
    package = import_module(f"connectors.{connector}.sandbox")
    sandbox, options = HELPDESKS[connector].sandbox_without(package, name)
    with sandbox:
        place = Place(connector, sandbox, options)
        client, number = place.client(), sandbox.seed(UNRESOLVED)
        made = settle(client, number, embedder)
        assert name not in made.fields
        assert made.fields["dm_outcome"] == "unresolved"
        assert not [sent for sent in place.writes() if name in str(sent.json)]
        assert not settle(client, number, embedder)


HOSTILE = (
    "{{ticket.requester.email}}",
    "{% if 1 %}{{{x}}}",
    "<b onclick=alert(1)>x</b>",
    "<a href='https://evil.example/p'>y</a>",
    "https://evil.example/pay",
    "&lt;i&gt; www.evil.example",
    "{\u2060{ticket.id}}",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_customer_wrote_is_inert_in_our_note(place: Place, embedder: CachedEmbedder, text: str) -> None:
    client, number = place.client(), place.sandbox.seed(talk(*HOW_TO, f"C: forget it {text}"))
    settle(client, number, embedder)
    (sent,) = [bodies for request in place.writes() for bodies in html_of(request.json)]
    # What a placeholder or a link looks like, before and after a reader decodes the HTML.
    for seen in (sent, place.sandbox.snapshot(number).notes[-1]):
        assert "{{" not in seen
        assert "{%" not in seen
        assert "//evil" not in seen.replace(":\u2060//evil", "")
        assert not re.search(r"\bevil\.example", seen)
    assert set(re.findall(r"</?(\w+)", sent)) <= {"p", "br"}
    assert "forget it" in sent
    assert len(own_notes(place, number)) == 1
    assert not settle(client, number, embedder)


def html_of(body: Any) -> Iterator[str]:
    """The notes in a request: whatever is sent as HTML."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key in ("html_body", "body") and isinstance(value, str):
                yield value
            else:
                yield from html_of(value)


def test_bots_and_teams_have_names_and_people_have_none(place: Place) -> None:
    client, number = place.client(), place.sandbox.seed(REPEATED)
    read = client.read(number).conversation
    authors = {role: {m.author.id or "" for m in read.messages if m.role is role} for role in (Role.BOT, Role.AGENT)}
    assert authors[Role.BOT]
    assert authors[Role.AGENT]
    found = client.names(authors[Role.BOT] | authors[Role.AGENT])
    assert authors[Role.BOT] <= found[Kind.BOT].keys()
    assert not authors[Role.AGENT] & found[Kind.BOT].keys(), "an agent was taken for a bot"
    assert all(found[Kind.BOT].values())
    (team,) = {message.author.group for message in read.messages if message.author.group}
    assert team in found[Kind.GROUP].values()
    if read.brand is not None:
        assert found[Kind.BRAND][read.brand]


def test_a_wrong_secret_says_what_to_do(place: Place) -> None:
    number = place.sandbox.seed(LIKELY)
    with pytest.raises(CredentialsRefused, match=r"(?i)token|secret|credential") as raised:
        place.client(**{HELPDESKS[place.name].wrong_secret: "wrong-one"}).read(number)
    assert "wrong-one" not in str(raised.value)
    assert "stove" not in str(raised.value)


def test_a_conversation_nobody_knows_is_not_found(place: Place) -> None:
    with pytest.raises(NotFound):
        place.client().read("999999999")


def test_too_many_requests_wait_as_long_as_the_helpdesk_says(place: Place, embedder: CachedEmbedder) -> None:
    client, number = place.client(), place.sandbox.seed(UNRESOLVED)
    client.own_actor_ids()
    place.sandbox.refuse_next(1, seconds=40.0)
    with pytest.raises(RetryLater) as raised:
        client.read(number)
    assert 30.0 <= raised.value.after <= 45.0
    asked = len(place.sandbox.requests_log)
    # Nobody calls again while the pause lasts, whoever asks.
    with pytest.raises(RetryLater):
        client.read(number)
    assert len(place.sandbox.requests_log) == asked
    assert settle(place.client(), number, embedder)


def test_a_change_since_the_reading_is_a_conflict_and_the_next_try_succeeds(
    place: Place, embedder: CachedEmbedder
) -> None:
    client, number = place.client(), place.sandbox.seed(UNRESOLVED)
    reading = client.read(number)
    made = changes(reading, judge(reading.conversation, embedder))
    later = talk("C: hello? it is dark", HOW_TO[1], "C: it still doesn't light", begin=BEGIN + timedelta(hours=2))
    more = [replace(message, id=f"later-{message.id}") for message in later.messages]
    place.sandbox.continue_(number, more, at=BEGIN + timedelta(hours=3))
    with pytest.raises(Conflict):
        client.write(reading, made)
    assert own_tags(place, number) == set()
    assert own_notes(place, number) == []
    assert settle(client, number, embedder)
    assert len(own_notes(place, number)) == 1
    assert not settle(client, number, embedder)


def test_what_ended_is_found_without_webhooks(place: Place) -> None:
    number, still_open = place.sandbox.seed(LIKELY), place.sandbox.seed(UNRESOLVED, ended=False)
    found = {each.id for each in place.client().ended_since(BEGIN)}
    assert number in found
    assert still_open not in found


@pytest.fixture
def zendesk() -> Iterator[Place]:
    """Zendesk alone has tickets that take tags only, and tickets that take nothing."""
    with import_module("connectors.zendesk.sandbox").Sandbox(retry_delay=0.02) as sandbox:
        yield Place("zendesk", sandbox, sandbox.options)


def test_a_closed_zendesk_ticket_takes_tags_alone(zendesk: Place, embedder: CachedEmbedder) -> None:
    client, number = zendesk.client(), zendesk.sandbox.seed(UNRESOLVED)
    zendesk.sandbox.close(number)
    reading = client.read(number)
    assert reading.there.writable is Writable.TAGS_ONLY
    made = changes(reading, judge(reading.conversation, embedder))
    assert made.note is None
    assert made.fields == MappingProxyType({})
    client.write(reading, made)
    assert {sent.path for sent in zendesk.writes()} == {"/api/v2/tickets/update_many"}
    assert "dm__resolution__unresolved" in own_tags(zendesk, number)
    assert set(FOREIGN) <= set(zendesk.sandbox.snapshot(number).tags)
    assert zendesk.status(number) == "closed"
    # A later correction takes the old tag away by the same way.
    settle(client, number, embedder, RETURN)
    assert {tag for tag in own_tags(zendesk, number) if "resolution" in tag} == {"dm__resolution__returned"}
    assert not settle(client, number, embedder, RETURN)


def test_a_read_only_zendesk_ticket_waits_until_people_take_it(zendesk: Place, embedder: CachedEmbedder) -> None:
    client = zendesk.client()
    number = zendesk.sandbox.seed(UNRESOLVED, read_only=True)
    with pytest.raises(NotWritable):
        settle(client, number, embedder)
    assert own_tags(zendesk, number) == set()
    zendesk.sandbox.escalate(number, BEGIN + timedelta(hours=2))
    assert settle(client, number, embedder)
    assert not settle(client, number, embedder)
