"""Making on a Zendesk account what Deskmark needs, and taking it away again: fields, webhook, signing secret, trigger.

Ours is found before anything is made: a field by its stored id, else by its title; a webhook by its address; a trigger
by the webhook it calls. What differs is repaired, nothing is made twice, and nothing of anybody else is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import Conflict, ConnectorError, NotFound, Rejected
from connectors.http import ApiRequest
from connectors.making import Done, Making, Step
from connectors.zendesk import own
from connectors.zendesk.asked import Account, has_options, ticket_fields
from connectors.zendesk.own import TITLES
from connectors.zendesk.payloads import Record, ident, record, records, text

__all__ = ["TITLES", "Account", "make", "unmake"]

NO_TRIGGER = Step("trigger", Done.THERE, "none is needed: the webhook is subscribed to events")
Page = Callable[[str | None], ApiRequest]


def make(client: Account, endpoint: str, *, by_trigger: bool = False, known_secret: str = "") -> Making:
    """Make custom fields, the webhook to `endpoint` (https, ends in the installation's id), its secret and its trigger.

    `by_trigger`: the webhook is called by a trigger instead of being subscribed to events. `known_secret`: the signing
    secret that is stored already. Safe to do again. What the token may not make is a step to be done by hand; raises
    `RetryLater` and `CredentialsRefused`.
    """
    ids, steps = _make_fields(client)
    options = {name: str(number) for name, number in ids.items()}
    secrets: dict[str, str] = {}
    try:
        webhook, step = _make_webhook(client, endpoint, by_trigger=by_trigger)
        steps.append(step)
        secrets["webhook_secret"] = signing_secret(client, webhook)
        fetched = secrets["webhook_secret"] != known_secret
        steps.append(Step("signing secret", Done.FETCHED if fetched else Done.THERE, "stored encrypted"))
        options["webhook_id"] = webhook
        steps.append(_make_trigger(client, webhook) if by_trigger else NO_TRIGGER)
    except (Rejected, NotFound, Conflict) as error:
        steps.append(Step("webhook", Done.BY_HAND, f"Zendesk does not let us: {error}"))
    return Making(tuple(steps), options, secrets)


def unmake(client: Account, endpoint: str, *, fields: bool = True) -> tuple[Step, ...]:
    """Remove what `make` made: the trigger, the webhook to `endpoint`, and with `fields` the custom fields.

    Deleting a field takes its values from all tickets, the outcome's tags among them; it needs an admin. What is not
    there (any more) is no failure, what Zendesk refuses is a step to be done by hand. Safe to do again. Raises
    `RetryLater` and `CredentialsRefused`.
    """
    hooks = _our_webhooks(client, endpoint)
    ids = {ident(hook.get("id")) or "" for hook in hooks}
    steps = [
        _removed(client, f"trigger {text(trigger.get('title'))}", own.delete_trigger(ident(trigger.get("id")) or ""))
        for trigger in _everything(client, own.list_triggers, "triggers")
        if _calls_only(trigger, ids)
    ] or [Step("trigger", Done.NOT_THERE)]
    steps += [_removed(client, "webhook", own.delete_webhook(webhook)) for webhook in sorted(ids)] or [
        Step("webhook", Done.NOT_THERE)
    ]
    return (*steps, *(_remove_fields(client) if fields else ()))


def signing_secret(client: Account, webhook_id: str) -> str:
    """The secret that a webhook's deliveries are signed with."""
    body = record(client.send(own.show_secret(webhook_id)).body)
    return text(record(body.get("signing_secret")).get("secret"))


def _make_fields(client: Account) -> tuple[dict[str, int], list[Step]]:
    there, ids, steps = ticket_fields(client), {}, []
    for name, title in TITLES.items():
        found = _our_field(client, name, there)
        try:
            if found is None:
                body = record(client.send(own.create_field(name, client.options.prefix)).body)
                found, done = record(body.get("ticket_field")), Done.MADE
            else:
                done = _repair_field(client, name, found)
        except (Rejected, NotFound, Conflict) as error:
            steps.append(Step(f"field {name}", Done.BY_HAND, f"Zendesk refused to make {title!r}: {error}"))
            continue
        number = ident(found.get("id"))
        if number is None:
            steps.append(Step(f"field {name}", Done.BY_HAND, f"Zendesk did not say the id of {title!r}"))
            continue
        ids[name] = int(number)
        steps.append(Step(f"field {name}", done, f"{title}, id {number}"))
    return ids, steps


def _our_field(client: Account, name: str, there: list[Record]) -> Record | None:
    """The field whose id is stored, else the one with our title; of the right kind in either case."""
    number = client.options.field_ids.get(name)
    known = [field for field in there if text(field.get("type")) == own.KINDS[name]]
    by_id = [field for field in known if number is not None and ident(field.get("id")) == str(number)]
    by_title = [field for field in known if text(field.get("title")) == TITLES[name]]
    return next(iter(by_id + by_title), None)


def _repair_field(client: Account, name: str, field: Record) -> Done:
    """Switch a field on again, and give a drop-down the options it lacks; those that it has stay."""
    changes: dict[str, Any] = {}
    if field.get("active") is False:
        changes["active"] = True
    if own.KINDS[name] == "tagger" and not has_options(field, client.options.prefix):
        kept = [dict(option) for option in records(field.get("custom_field_options"))]
        plain = [{key: option[key] for key in ("id", "name", "value") if key in option} for option in kept]
        values = {text(option.get("value")) for option in kept}
        missing = [option for option in own.outcome_options(client.options.prefix) if option["value"] not in values]
        changes["custom_field_options"] = [*plain, *missing]
    if not changes:
        return Done.THERE
    client.send(own.change_field(ident(field.get("id")) or "", changes))
    return Done.REPAIRED


def _make_webhook(client: Account, endpoint: str, *, by_trigger: bool) -> tuple[str, Step]:
    """Our one webhook. One of the other mode goes, since a mode cannot be changed; so does a second one."""
    wanted = own.subscriptions(by_trigger=by_trigger)
    fitting: list[Record] = []
    for hook in _our_webhooks(client, endpoint):
        if not fitting and (own.TRIGGERED in (hook.get("subscriptions") or ())) == by_trigger:
            fitting.append(hook)
        else:
            _remove_webhook(client, ident(hook.get("id")) or "")
    if not fitting:
        body = record(client.send(own.new_webhook(endpoint, by_trigger=by_trigger)).body)
        made = ident(record(body.get("webhook")).get("id"))
        if made is None:
            raise ConnectorError("Zendesk made a webhook but did not say its id; look for it in Admin Center")
        return made, Step("webhook", Done.MADE, f"{made} to {endpoint}")
    hook = fitting[0]
    name = ident(hook.get("id")) or ""
    changes: dict[str, Any] = {"endpoint": endpoint, "http_method": "POST", "request_format": "json"}
    changes |= {"status": "active"}
    differs = {key: value for key, value in changes.items() if hook.get(key) != value}
    if not set(wanted) <= set(hook.get("subscriptions") or ()):
        differs["subscriptions"] = wanted
    if differs:
        client.send(own.change_webhook(name, differs))
    return name, Step("webhook", Done.REPAIRED if differs else Done.THERE, f"{name} to {endpoint}")


def _remove_webhook(client: Account, webhook_id: str) -> None:
    """Remove one of our webhooks with the trigger that calls it: Zendesk keeps a webhook that is in use."""
    for trigger in _everything(client, own.list_triggers, "triggers"):
        if _calls_only(trigger, {webhook_id}):
            client.send(own.delete_trigger(ident(trigger.get("id")) or ""))
    client.send(own.delete_webhook(webhook_id))


def _make_trigger(client: Account, webhook_id: str) -> Step:
    """The one trigger that tells our webhook of solved tickets; others that an admin made for it stay."""
    ours = [each for each in _everything(client, own.list_triggers, "triggers") if _tells(each, webhook_id)]
    if not ours:
        client.send(own.new_trigger(webhook_id))
        return Step("trigger", Done.MADE, own.TRIGGER_TITLE)
    for second in ours[1:]:
        client.send(own.delete_trigger(ident(second.get("id")) or ""))
    if own.as_it_should_be(ours[0], webhook_id):
        return Step("trigger", Done.THERE, own.TRIGGER_TITLE)
    client.send(own.change_trigger(ident(ours[0].get("id")) or "", webhook_id))
    return Step("trigger", Done.REPAIRED, own.TRIGGER_TITLE)


def _our_webhooks(client: Account, endpoint: str) -> list[Record]:
    """Webhooks to this installation, also under an address that the service had before: its path names the id."""
    path = urlsplit(endpoint).path
    hooks = _everything(client, own.list_webhooks, "webhooks")
    return [hook for hook in hooks if urlsplit(text(hook.get("endpoint"))).path == path]


def _tells(trigger: Record, webhook_id: str) -> bool:
    """Whether a trigger is the one for solved tickets: it calls our webhook, under our title or with our words."""
    title = text(trigger.get("title"))
    called = own.notified(trigger)
    return any(
        webhook == webhook_id and (title == own.TRIGGER_TITLE or body == own.TRIGGER_BODY) for webhook, body in called
    )


def _calls_only(trigger: Record, webhook_ids: set[str]) -> bool:
    """Whether a trigger does nothing but call these webhooks: without them it is of no use to anybody."""
    called = own.notified(trigger)
    return (
        bool(called)
        and len(called) == len(list(records(trigger.get("actions"))))
        and {webhook for webhook, _ in called} <= webhook_ids
    )


def _remove_fields(client: Account) -> Iterator[Step]:
    there = ticket_fields(client)
    for name in TITLES:
        found = _our_field(client, name, there)
        if found is None or (number := ident(found.get("id"))) is None:
            yield Step(f"field {name}", Done.NOT_THERE)
        elif text(found.get("title")) != TITLES[name]:
            yield Step(f"field {name}", Done.BY_HAND, f"field {number} was not made by Deskmark, so it stays")
        else:
            yield _removed(client, f"field {name}", own.delete_field(number))


def _removed(client: Account, what: str, request: ApiRequest) -> Step:
    try:
        client.send(request)
    except NotFound:
        return Step(what, Done.NOT_THERE)
    except (Rejected, Conflict) as error:
        return Step(what, Done.BY_HAND, f"Zendesk does not let us: {error}")
    return Step(what, Done.REMOVED)


def _everything(client: Account, page: Page, key: str) -> list[Record]:
    """All records of a list, page by page."""
    found: list[Record] = []
    cursor: str | None = None
    while True:
        body: Mapping[str, Any] = record(client.send(page(cursor)).body)
        found += records(body.get(key))
        meta = record(body.get("meta"))
        cursor = ident(meta.get("after_cursor")) if meta.get("has_more") is True else None
        if cursor is None:
            return found
