"""Arranging tests about salespeople and their leads: three people of one router, and who has which lead."""

from datetime import timedelta
from itertools import count
from typing import Any

from models.database import engine
from models.playbook import apply
from models.playbook.routing import Routing, RoutingRule
from tests.support.database import rows
from tests.support.mail.outbox import a_contact as some_contact
from tests.support.playbook import the_shipped_playbook

SARAH, JOHN, MIKE = (f"{name}@brightwater.example.com" for name in ("sarah.miller", "john.okafor", "mike.brandt"))
HOUR = timedelta(hours=1)
number = count()


def route(*rules: RoutingRule) -> None:
    """The shipped playbook with these routing rules."""
    playbook = the_shipped_playbook().model_copy(update={"routing": Routing(rules=rules)})
    with engine().begin() as connection:
        apply(connection, playbook)


def rep(email: str) -> int:
    """Their number."""
    return int(rows("SELECT id FROM rep WHERE email = :email", email=email)[0][0])


def a_lead(owner: str = SARAH, **columns: Any) -> int:
    """A contact of theirs."""
    named = {"email": f"lead{next(number)}@example.com", "owner_id": rep(owner)}
    return some_contact(**named | columns)


def owner(contact: int) -> str:
    """Whose it is, by address."""
    return str(
        rows("SELECT rep.email FROM contact JOIN rep ON rep.id = owner_id WHERE contact.id = :id", id=contact)[0][0]
    )
