"""After an upgrade: the service mends the keys it finds, in portions, and a customer's history is as it was."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import select, update

from service.scoring.customer import customer_keys
from service.store import history, own_secrets
from service.store.models import ContactKey, Installation
from tasks import rekeying
from tasks.scoring import ours

HOUR = timedelta(hours=1)


def test_history_goes_on_over_an_upgrade(shop: Any, kit: Any, clock: Any) -> None:
    told = [kit.conversation(str(number), clock() - (9 - number) * HOUR, kit.unhelpful) for number in range(4)]
    for conversation in told[:3]:
        shop.desk.tickets[conversation.id] = kit.ticket(conversation)
        shop.webhook(conversation.id)
    shop.work()
    clock.forward(hours=1)
    with shop.runtime.database.begin() as session:
        names = {name for each in told for name in customer_keys(shop_names(shop, each))}
        secret = own_secrets.known(session, shop.runtime.secrets, history.OF_CONTACTS)
        assert secret is not None
        for name in names:
            plain = blake2b(name.encode(), digest_size=16).digest()
            was = ContactKey.key == history.keyed(secret, plain)
            session.execute(update(ContactKey).where(was).values(key=plain))
        assert {len(key) for key in session.scalars(select(ContactKey.key))} == {16}
    assert rekeying.rekey(shop.runtime, at_once=1, most=1) == 2
    assert rekeying.rekey(shop.runtime) == 4, "an id and an address of each"
    assert rekeying.rekey(shop.runtime) == 0
    with shop.runtime.database.read() as session:
        assert {len(key) for key in session.scalars(select(ContactKey.key))} == {20}
    shop.desk.tickets["3"] = kit.ticket(told[3])
    shop.webhook("3")
    shop.work()
    with shop.runtime.database.read() as session:
        assert len(set(session.scalars(select(ContactKey.key)))) == 2, "all four are one customer's"


def shop_names(shop: Any, conversation: Any) -> Any:
    with shop.runtime.database.read() as session:
        return ours(conversation, session.get_one(Installation, "i1"))
