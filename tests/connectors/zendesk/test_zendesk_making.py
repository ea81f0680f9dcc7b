"""Making fields, webhook and trigger on an account, and taking them away again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from connectors.making import Done, Step
from connectors.zendesk import install, own
from connectors.zendesk.client import ZendeskClient
from connectors.zendesk.sandbox import Sandbox
from service.conversation import Conversation

Connect = Callable[..., ZendeskClient]
ENDPOINT = "http://127.0.0.1:1/webhooks/zendesk/abc123"
FIELDS = [f"field {name}" for name in own.TITLES]


def of(steps: Iterable[Step], done: Done) -> list[str]:
    return [step.what for step in steps if step.done is done]


@pytest.mark.parametrize("by_trigger", [False, True])
def test_everything_is_made_once(connect: Connect, by_trigger: bool) -> None:
    with Sandbox(with_fields=False) as sandbox:
        first = install.make(connect(sandbox), ENDPOINT, by_trigger=by_trigger)
        secret = first.secrets["webhook_secret"]
        again = install.make(connect(sandbox), ENDPOINT, by_trigger=by_trigger, known_secret=secret)
        writes = [sent for sent in sandbox.requests_log if sent.method != "GET" and "/api/v2/" in sent.path]

        (hook,) = sandbox.account.hooks.values()
        assert of(first.steps, Done.MADE) == [*FIELDS, "webhook", *(["trigger"] if by_trigger else [])]
        assert of(first.steps, Done.FETCHED) == ["signing secret"]
        assert {step.done for step in again.steps} == {Done.THERE}
        assert (first.options, first.secrets) == (again.options, again.secrets)
        assert first.secrets == {"webhook_secret": hook.secret}
        assert len(writes) == 5 + 1 + by_trigger
        assert len(sandbox.account.triggers) == int(by_trigger)
        assert {name: sandbox.account.fields[int(first.options[name])]["title"] for name in own.TITLES} == own.TITLES


def test_what_differs_is_repaired(connect: Connect) -> None:
    with Sandbox(with_fields=False) as sandbox:
        made = install.make(connect(sandbox), ENDPOINT, by_trigger=True)
        (hook,), (trigger,) = sandbox.account.hooks.values(), sandbox.account.triggers.values()
        hook.record.update(status="inactive", endpoint=ENDPOINT.replace("127.0.0.1:1", "elsewhere"))
        trigger["conditions"]["all"] = [{"field": "status", "operator": "is", "value": "solved"}]
        fields = {field["title"]: field for field in sandbox.account.fields.values()}
        outcome, effort = fields[own.TITLES["dm_outcome"]], fields[own.TITLES["dm_effort"]]
        theirs = {"id": 7, "name": "theirs", "value": "theirs"}
        outcome["custom_field_options"] = [theirs, *outcome["custom_field_options"][:2]]
        effort["active"] = False

        steps = install.make(connect(sandbox, **made.options), ENDPOINT, by_trigger=True).steps

        assert of(steps, Done.REPAIRED) == ["field dm_effort", "field dm_outcome", "webhook", "trigger"]
        assert hook.record["endpoint"] == ENDPOINT
        assert hook.record["status"] == "active"
        assert trigger["conditions"]["all"][0]["operator"] == "value"
        assert outcome["custom_field_options"][0] == theirs
        assert len(outcome["custom_field_options"]) == 7
        assert effort["active"] is True
        secret = made.secrets["webhook_secret"]
        last = install.make(connect(sandbox), ENDPOINT, by_trigger=True, known_secret=secret)
        assert {step.done for step in last.steps} == {Done.THERE}


def test_the_other_way_to_be_called_replaces_the_first(connect: Connect) -> None:
    with Sandbox() as sandbox:
        install.make(connect(sandbox), ENDPOINT, by_trigger=True)
        install.make(connect(sandbox), ENDPOINT)

        (hook,) = sandbox.account.hooks.values()
        assert hook.record["subscriptions"] == list(own.EVENTS)
        assert sandbox.account.triggers == {}


def test_ours_that_are_there_twice_become_one(connect: Connect) -> None:
    with Sandbox() as sandbox:
        install.make(connect(sandbox), ENDPOINT, by_trigger=True)
        (hook,) = sandbox.account.hooks
        connect(sandbox).send(own.new_trigger(hook))
        sandbox.connect_webhook(ENDPOINT)

        install.make(connect(sandbox), ENDPOINT, by_trigger=True)

        assert set(sandbox.account.hooks) == {hook}
        assert len(sandbox.account.triggers) == 1


def test_nothing_of_others_is_touched(connect: Connect, told: Callable[..., Conversation]) -> None:
    """Another installation of Deskmark, an admin's own trigger for our webhook, fields with other titles."""
    with Sandbox() as sandbox:
        client = connect(sandbox)
        other = install.make(client, ENDPOINT + "4", by_trigger=True)
        install.make(client, ENDPOINT, by_trigger=True)
        theirs = client.send(own.create_field("dm_effort", "dm__")).body["ticket_field"]
        sandbox.account.fields[theirs["id"]]["title"] = "Effort"
        hook = next(n for n, h in sandbox.account.hooks.items() if h.record["endpoint"] == ENDPOINT)
        both: dict[str, Any] = {
            "title": "Solved: tell everybody", "active": True, "conditions": {"all": [], "any": []},
            "actions": [{"field": own.NOTIFIES, "value": [hook, "{}"]}, {"field": "set_tags", "value": "told"}],
        }  # fmt: skip
        sandbox.account.triggers[99] = both

        install.make(client, ENDPOINT, by_trigger=True)
        steps = install.unmake(connect(sandbox, dm_effort=theirs["id"]), ENDPOINT)

        assert sandbox.account.triggers[99] == both
        assert other.options["webhook_id"] in sandbox.account.hooks
        assert theirs["id"] in sandbox.account.fields
        assert of(steps, Done.BY_HAND) == ["field dm_effort"]
        assert of(steps, Done.REMOVED)[0] == f"trigger {own.TRIGGER_TITLE}"


def test_leaving_takes_all_of_ours(connect: Connect, told: Callable[..., Conversation]) -> None:
    with Sandbox(with_fields=False) as sandbox:
        made = install.make(connect(sandbox), ENDPOINT, by_trigger=True)
        client = connect(sandbox, **made.options)

        kept = install.unmake(client, ENDPOINT, fields=False)
        assert len(sandbox.account.fields) == 5
        steps = install.unmake(client, ENDPOINT)
        again = install.unmake(client, ENDPOINT)

        assert of(kept, Done.REMOVED) == [f"trigger {own.TRIGGER_TITLE}", "webhook"]
        assert of(steps, Done.REMOVED) == FIELDS
        assert {step.done for step in again} == {Done.NOT_THERE}
        assert (sandbox.account.hooks, sandbox.account.triggers, sandbox.account.fields) == ({}, {}, {})


def test_without_an_admins_rights_it_is_left_to_one(connect: Connect) -> None:
    with Sandbox(with_fields=False) as sandbox:
        sandbox.withhold("write")
        steps = install.make(connect(sandbox), ENDPOINT).steps

    assert of(steps, Done.BY_HAND) == [*FIELDS, "webhook"]
    assert not any(step.done.settled for step in steps)


def test_a_secret_that_may_not_be_seen_is_left_to_the_admin(connect: Connect) -> None:
    with Sandbox() as sandbox:
        sandbox.features.refused.add("/signing_secret")
        made = install.make(connect(sandbox), ENDPOINT)

    assert of(made.steps, Done.BY_HAND) == ["webhook"]
    assert made.secrets == {}


def test_leaving_without_the_rights_says_what_stays(connect: Connect) -> None:
    with Sandbox(with_fields=False) as sandbox:
        made = install.make(connect(sandbox), ENDPOINT)
        sandbox.withhold("write")
        steps = install.unmake(connect(sandbox, **made.options), ENDPOINT)

        assert of(steps, Done.BY_HAND) == ["webhook", *FIELDS]
        assert len(sandbox.account.fields) == 5


def test_ours_is_found_among_many(connect: Connect) -> None:
    with Sandbox() as sandbox:
        for number in range(101):
            sandbox.connect_webhook(f"https://elsewhere.example/{number}")
        first = install.make(connect(sandbox), ENDPOINT)
        again = install.make(connect(sandbox), ENDPOINT)

        assert first.options["webhook_id"] == again.options["webhook_id"]
        assert len(sandbox.account.hooks) == 102
