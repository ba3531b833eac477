"""Which router a lead goes to: the first of the playbook's rules that holds."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, case, select, text, true
from sqlmodel import col

from models.conditions.parse import parse_condition
from models.database import any_id, id_list
from models.geo.distance import distances
from models.playbook import Playbook
from models.playbook.routing import RoutingRule
from models.tables.contact import Contact

MEMBERS = text("""
SELECT rep.id FROM router JOIN router_member m ON m.router_id = router.id JOIN rep ON rep.id = m.rep_id
WHERE router.name = :router AND rep.active
""")


def pick_routers(connection: Connection, playbook: Playbook, contacts: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Contact -> its router and why, by the contacts as they are now. Those for whom no rule holds are missing."""
    rules = playbook.routing.rules
    if not rules or not contacts:
        return {}
    holds = [(_matches(connection, playbook, rule, contacts), place) for place, rule in enumerate(rules)]
    chosen = select(col(Contact.id), case(*holds)).where(col(Contact.id) == any_id("contacts"))
    places: dict[int, int | None] = dict(connection.execute(chosen, {"contacts": id_list(contacts)}).tuples().all())
    found = [(contact, places.get(contact)) for contact in contacts]
    return {
        contact: (rules[place].router, _reason(place, rules[place])) for contact, place in found if place is not None
    }


def _matches(
    connection: Connection, playbook: Playbook, rule: RoutingRule, contacts: Sequence[int]
) -> ColumnElement[bool]:
    condition = parse_condition(rule.when, playbook.fields) if rule.when else true()
    if rule.within_km is None:
        return condition
    members = connection.execute(MEMBERS, {"router": rule.router}).scalars().all()
    kilometres = distances(connection, contacts, members)
    near = [contact for contact, apart in kilometres.items() if min(apart.values()) <= rule.within_km]
    return and_(condition, col(Contact.id).in_(near))


def _reason(place: int, rule: RoutingRule) -> str:
    """Such as `rule 2: state == "CA", somebody within 50 km`."""
    conditions = [rule.when] if rule.when else []
    conditions += [f"somebody within {rule.within_km:g} km"] if rule.within_km is not None else []
    return f"rule {place + 1}: {', '.join(conditions) or 'all others'}"
