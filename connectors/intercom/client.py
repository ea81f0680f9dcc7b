"""Intercom over HTTP for one installation: read a conversation, write a plan, find what ended. HTTP and nothing else.

Intercom has no conditional update, so a write starts with a request whose answer shows the conversation as it is now
(the attributes' PUT, else a GET); when it went on since it was read, `Conflict` stops the rest. Every step can be
repeated: attributes and tags are compared by the plan, and a note is looked for before it is posted, last of all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from connectors.base import Changes, Ended, Installation, Reading
from connectors.errors import Conflict, ConnectorError, Merged, NotFound, OptedOut, Rejected
from connectors.http import ApiRequest, ApiResponse, Http
from connectors.intercom import actions, mapping, watching
from connectors.intercom.authors import Bots
from connectors.intercom.parts import merged_away, spoken_ids
from connectors.intercom.payloads import (
    Company,
    Contact,
    Conversation,
    ConversationPage,
    DataAttribute,
    Me,
    Person,
    Tag,
    rows,
)
from connectors.intercom.transport import Transport, response_of, status_of
from connectors.intercom.workspace import Known, Workspace
from connectors.intercom.written import already_there, note_texts, notes
from connectors.names import Kind, Names, allowed
from service.conversation import Role
from service.writeback import Note, Plan


class IntercomClient:
    """A `connectors.base.Client` for one Intercom workspace. Raises `connectors.errors` only."""

    def __init__(self, installation: Installation, http: Http, known: Known) -> None:
        """`known` is the process's memory of this workspace; `http`'s session gets the token."""
        self.base_url = http.base_url
        self._installation = installation
        self._transport = Transport(http, installation.secrets.get("access_token", ""))
        self._send = self._transport.send
        self._bots = Bots.of(installation.options)
        self.workspace = Workspace(self._send, known)

    def read(self, conversation_id: str) -> Reading:
        """The conversation, its contact, and what of ours is on it; `OptedOut` before anything is mapped."""
        before = self._transport.calls()
        payload = Conversation.model_validate(self._send(actions.retrieve(conversation_id)).body)
        if merged_away(payload):
            raise Merged("the conversation was merged into another one")
        self._refuse_ignored((*payload.tags, *payload.company.tags))
        contact = self._contact(payload)
        known = _with_id(payload, conversation_id)
        attributes = self.workspace.attributes()
        installation = self._installation
        return Reading(
            conversation=mapping.conversation(
                known,
                contact,
                bots=self._bots,
                account=installation.account,
                account_group=installation.account_group,
                email_verified=contact is not None and self._trusts(contact),
                prefix=installation.prefix,
                teams=self.workspace.teams() if mapping.names_a_team(payload) else {},
            ),
            ended=payload.state == "closed",
            there=already_there(known, attributes),
            calls=self._transport.calls() - before,
        )

    def write(self, reading: Reading, plan: Plan) -> int:
        """Send what `plan` says: attributes, tags off, tags on, note.

        `Conflict` when the conversation went on, `OptedOut` when it was given the ignore tag since it was read.
        """
        if not plan:
            return 0
        before, name = self._transport.calls(), reading.conversation.id
        now = self._set_attributes(name, plan) if plan.fields else self._read_again(reading)
        self._check_unmoved(reading, now)
        for tag in plan.remove_tags:
            self._remove_tag(name, tag, now)
        for tag in plan.add_tags:
            self._add_tag(name, tag, now)
        if plan.note is not None and not _noted(now, plan.note):
            self._send(actions.post_note(name, plan.note.text, self.admin_id()))
        return self._transport.calls() - before

    def ended_since(self, moment: datetime) -> Iterator[Ended]:
        """Conversations last closed at or after `moment`; Fin's own closings too, for which maybe no topic fires."""
        cursor: str | None = None
        seen: set[str] = set()
        while cursor is None or cursor not in seen:
            if cursor is not None:
                seen.add(cursor)
            page = ConversationPage.model_validate(self._send(actions.closed_since(moment, cursor)).body)
            for found in page.conversations:
                if found.id is not None:
                    yield Ended(found.id, found.statistics.last_close_at, announced=False)
            cursor = page.pages.starting_after
            if cursor is None:
                return

    def changed_since(self, moment: datetime, place: str = "") -> Changes:
        """A page of the conversations deleted at or after `moment`."""
        return watching.changes(self._send, moment, place)

    def merged(self, contact_ids: Sequence[str]) -> Mapping[str, str]:
        """Who was merged into these contacts."""
        found: dict[str, str] = {}
        for name in contact_ids:
            found.update(watching.merged(self._send, name))
        return found

    def names(self, bots: Collection[str]) -> Names:
        """Teams, and teammates that are bots. Intercom has brands, but its conversations name none (2.15, 2.16)."""
        del bots
        asks = {Kind.GROUP: self.workspace.teams_now, Kind.BOT: self._bot_names}
        return allowed(asks, self._installation.id)

    def ping(self) -> None:
        """Ask who we are, whatever is remembered of it."""
        self._send(actions.me())

    def own_actor_ids(self) -> frozenset[str]:
        """Our teammate's id: the author of the notes that come back as webhooks."""
        return frozenset({self.admin_id()})

    def admin_id(self) -> str:
        """Who writes for us: the option `admin_id`, else the teammate that the token belongs to."""
        chosen = self._installation.options.get("admin_id")
        found = str(chosen) if chosen else self.workspace.me().id
        if found is None:
            raise Rejected("GET /me names no teammate; set the installation's admin_id")
        return found

    def calls(self) -> int:
        """Requests that this thread has sent."""
        return self._transport.calls()

    def send(self, request: ApiRequest) -> ApiResponse:
        """Send one request under the workspace's limits."""
        return self._send(request)

    def me(self) -> Me:
        """The teammate and workspace behind the token."""
        return self.workspace.me()

    def attributes(self) -> Mapping[str, DataAttribute]:
        """The workspace's conversation attributes by name."""
        return self.workspace.attributes()

    def admins(self) -> list[Person]:
        """All teammates of the workspace, bots among them."""
        return rows(self._send(actions.admins()).body, "admins", Person)

    def _bot_names(self) -> Mapping[str, str]:
        found = (person for person in self.admins() if self._bots.role(person) is Role.BOT)
        return {person.id: person.name for person in found if person.id and person.name}

    def _refuse_ignored(self, tags: tuple[Tag, ...] | list[Tag]) -> None:
        if any(tag.name == self._ignore_tag for tag in tags):
            raise OptedOut("the conversation, its contact or its company carries the ignore tag")

    @property
    def _ignore_tag(self) -> str:
        return self._installation.prefix + "ignore"

    def _contact(self, payload: Conversation) -> Contact | None:
        """The first contact, checked for the ignore tag; `None` when there is none or it was deleted or merged."""
        contact_id = payload.contacts[0].id if payload.contacts else None
        if contact_id is None:
            return None
        try:
            contact = Contact.model_validate(self._send(actions.contact(contact_id)).body)
        except NotFound:
            return None
        if contact.tags.has_more:
            self._refuse_ignored(rows(self._send(actions.contact_tags(contact_id)).body, "data", Tag))
        elif contact.tags.data:
            ids = frozenset(tag.id for tag in contact.tags.data if tag.id)
            names = {number: name for name, number in self.workspace.tags(needed=ids).items()}
            self._refuse_ignored([Tag(id=tag.id, name=names.get(tag.id or "", "")) for tag in contact.tags.data])
        others = {company.id for company in contact.companies.data} - {payload.company.id}
        if others and self._ignore_tag in self.workspace.tags():
            self._refuse_ignored(self._company_tags(contact_id))
        return contact

    def _company_tags(self, contact_id: str) -> list[Tag]:
        body = self._send(actions.contact_companies(contact_id)).body
        companies = rows(body, "data", Company) or rows(body, "companies", Company)
        return [tag for company in companies for tag in company.tags]

    def _trusts(self, contact: Contact) -> bool:
        """Whether the contact's e-mail is theirs: option `emails_verified` = "auto" (default), "users" or "never".

        Intercom verifies no address. With identity verification enforced, the customer's own servers vouch for a
        signed-in user; a lead can type anything.
        """
        rule = self._installation.options.get("emails_verified", "auto")
        if contact.role != "user" or rule not in ("auto", "users"):
            return False
        return rule == "users" or self.workspace.me().app.identity_verification

    def _set_attributes(self, name: str, plan: Plan) -> Conversation:
        types = {key: attribute.data_type for key, attribute in self.workspace.attributes().items()}
        values = actions.attribute_values(plan.fields, types)
        try:
            answer = self._send(actions.set_attributes(name, values))
        except Rejected as error:
            kept = {key: value for key, value in values.items() if value != ""}
            if status_of(error) != 400 or not kept or len(kept) == len(values):
                raise
            # Whether a number can be emptied is not documented; the other attributes must not be lost over it.
            answer = self._send(actions.set_attributes(name, kept))
        now = Conversation.model_validate(answer.body)
        return now if now.id is not None else Conversation.model_validate(self._send(actions.retrieve(name)).body)

    def _read_again(self, reading: Reading) -> Conversation:
        now = Conversation.model_validate(self._send(actions.retrieve(reading.conversation.id)).body)
        if reading.there.version is not None and str(now.updated_at) != reading.there.version:
            raise Conflict("the conversation changed since it was read")
        return now

    def _check_unmoved(self, reading: Reading, now: Conversation) -> None:
        self._refuse_ignored((*now.tags, *now.company.tags))
        known = {message.id for message in reading.conversation.messages}
        if (now.state == "closed") != reading.ended or not spoken_ids(now) <= known:
            raise Conflict("the conversation went on since it was read")

    def _remove_tag(self, name: str, tag: str, now: Conversation) -> None:
        tag_id = next((there.id for there in now.tags if there.name == tag), None)
        if tag_id is None:
            return
        try:
            self._send(actions.remove_tag(name, tag_id, self.admin_id()))
        except NotFound as error:
            if not _tag_is_gone(error):
                raise

    def _add_tag(self, name: str, tag: str, now: Conversation) -> None:
        if any(there.name == tag for there in now.tags):
            return
        try:
            self._send(actions.add_tag(name, self._tag_id(tag), self.admin_id()))
        except NotFound as error:
            if not _tag_is_gone(error):
                raise
            self.workspace.forget_tags()
            self._send(actions.add_tag(name, self._tag_id(tag), self.admin_id()))

    def _tag_id(self, tag: str) -> str:
        found = self.workspace.tag_id(tag)
        if found is None:
            raise Rejected(f"Intercom did not create the tag {tag}")
        return found


def _with_id(payload: Conversation, conversation_id: str) -> Conversation:
    """The payload under the id it was asked by, should the body name none."""
    return payload if payload.id else payload.model_copy(update={"id": conversation_id})


def _noted(now: Conversation, note: Note) -> bool:
    """Whether a note with this reference is on the conversation, however Intercom has reflowed its text."""
    last = note.text.rstrip().splitlines()[-1:]
    return any(found.reference == note.reference for found in notes(now)) or any(
        " ".join(text.split()).endswith(" ".join(last[0].split())) for text in note_texts(now) if last
    )


def _tag_is_gone(error: ConnectorError) -> bool:
    """A 404 that speaks of the tag, not of the conversation."""
    response = response_of(error)
    return response is not None and '"tag_not_found"' in response.text.replace(" ", "")
