"""The users of a sandbox account: customers, agents and bots, each made when first spoken of."""

from __future__ import annotations

from connectors.zendesk.options import ANSWER_BOT_ID
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.shapes import Record

BOT_AGENT = "assistant"


class People:
    """Everybody by the name that our conversations give them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._known: dict[tuple[str, str], Record] = {}

    def agent(self, name: str, *, group: str | None = None) -> Record:
        """The agent of this name; a `group` becomes theirs."""
        known = self._known.get(("agent", name))
        if known is None:
            known = self._account.add_user("agent", name=name, email=f"{name}@agents.example", verified=True)
            self._known["agent", name] = known
        if group is not None:
            known["default_group_id"] = self._account.group(group)["id"]
        return known

    def bot(self, name: str | None, *, chats: bool) -> Record:
        """The bot of this name: in chats Zendesk's own, elsewhere one that is an agent."""
        if chats:
            return {"id": int(ANSWER_BOT_ID), "name": "Bot"}
        name = name or BOT_AGENT
        if ("bot", name) not in self._known:
            email = f"bot@{'-'.join(name.lower().split())}.example"
            self._known["bot", name] = self._account.add_user("agent", name=name, email=email, verified=True)
        return self._known["bot", name]

    def customer(self, name: str | None, email: str | None, external_id: str | None, *, verified: bool) -> Record:
        """The end user; an e-mail address belongs to one user only."""
        for key in (("email", email), ("contact", name)):
            if key[1] is not None and key in self._known:
                return self._known[key[0], key[1]]
        made = self._account.add_user("end-user", email=email, external_id=external_id, verified=verified)
        for kind, value in (("email", email), ("contact", name)):
            if value is not None:
                self._known[kind, value] = made
        return made
