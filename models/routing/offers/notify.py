"""Mails about offers: to the rep, and to managers when an offer is exhausted or nobody is available."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from models.access.work_link import OfferLink
from models.mail.managers import LEADS_IN_A_MAIL
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import Playbook
from models.routing.offers.preview import previews
from models.wording import clock_time, day_of, duration, moment

WAITING_TEMPLATE = "team/offer_waiting"
EXHAUSTED_TEMPLATE = "team/offer_exhausted"
"""The mails to managers about one lead."""

OFFERED = text("""
SELECT offer.id, offer.contact_id, offer.expires_at, placement.lasts, rep.name, rep.email, rep.link_number,
       coalesce(rep.time_zone, team.time_zone, :zone) AS zone
FROM offer JOIN placement ON placement.id = offer.placement_id
JOIN rep ON rep.id = offer.rep_id LEFT JOIN team ON team.id = rep.team_id
WHERE offer.id = ANY(:offers) ORDER BY offer.id
""")

UNTAKEN = text("""
-- With everybody who was asked, and the managers of our own members; partners' managers learn nothing of our leads.
SELECT placement.id, placement.contact_id, placement.router, placement.queued_at, placement.assign_if_exhausted,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('name', rep.name, 'answer', offer.answer, 'reason', offer.reason)
                                  ORDER BY offer.number), '[]')
        FROM offer JOIN rep ON rep.id = offer.rep_id WHERE offer.placement_id = placement.id) AS asked,
       (SELECT array_agg(DISTINCT team.manager_email) FROM router_member m JOIN router ON router.id = m.router_id
        JOIN rep ON rep.id = m.rep_id JOIN team ON team.id = rep.team_id
        WHERE router.name = placement.router AND NOT team.partner AND team.manager_email IS NOT NULL) AS managers
FROM placement WHERE placement.id = ANY(:placements) ORDER BY placement.id
""")


def notify_offered_reps(connection: Connection, playbook: Playbook, offers: Sequence[int], now: datetime) -> None:
    """Queue the mail of each offer: the anonymous preview of the lead, the deadline, and the link to its page."""
    about = {"offers": list(offers), "zone": playbook.company.time_zone}
    rows = connection.execute(OFFERED, about).mappings().all()
    preview_by_contact = previews(connection, playbook, [row["contact_id"] for row in rows])
    queue_staff_mail(connection, [_mail_to_rep(row, preview_by_contact[row["contact_id"]], now) for row in rows], now)


def notify_managers(
    connection: Connection, playbook: Playbook, template: str, placements: Sequence[int], now: datetime
) -> None:
    """Queue a mail to each manager, about one lead or about all of a router at once; `template` is for the one.

    Without a manager it goes to the company's own address, not nowhere.
    """
    rows = connection.execute(UNTAKEN, {"placements": list(placements)}).mappings().all()
    preview_by_contact = previews(connection, playbook, [row["contact_id"] for row in rows])
    leads: defaultdict[tuple[str, bool, str], list[RowMapping]] = defaultdict(list)
    for row in rows:
        for manager in row["managers"] or [playbook.company.inbox]:
            leads[row["router"], row["assign_if_exhausted"], manager].append(row)
    mails = [
        _mail_to_manager(template, some[0], preview_by_contact[some[0]["contact_id"]], manager)
        if len(some) == 1
        else _mail_about_many(template, some, preview_by_contact, manager)
        for (_, _, manager), some in leads.items()
    ]
    queue_staff_mail(connection, mails, now)


def _mail_to_rep(row: RowMapping, facts: Sequence[tuple[str, str]], now: datetime) -> StaffMail:
    until, zone = row["expires_at"], row["zone"]
    data = {
        "offer": row["id"],
        "first_name": next(iter(row["name"].split()), row["name"]),
        "facts": facts,
        "until": moment(until, zone),
        "until_time": clock_time(until, zone),
        "lasts": duration(timedelta(seconds=row["lasts"])),
        "later": day_of(until, zone) != day_of(now, zone),
        "path": OfferLink(row["id"], row["link_number"]).path,
    }
    return StaffMail(
        key=f"offer:{row['id']}",
        to_address=row["email"],
        template="team/offer",
        data=data,
        contact_id=row["contact_id"],
    )


def _mail_to_manager(template: str, row: RowMapping, facts: Sequence[tuple[str, str]], manager: str) -> StaffMail:
    data: dict[str, Any] = {
        "router": row["router"],
        "facts": facts,
        "asked": row["asked"],
        "goes_on": row["assign_if_exhausted"],
        "path": f"/contacts/{row['contact_id']}",
    }
    key = f"{template}:{row['id']}:{manager}"
    return StaffMail(key=key, to_address=manager, template=template, data=data, contact_id=row["contact_id"])


def _mail_about_many(
    template: str, rows: Sequence[RowMapping], preview_by_contact: Mapping[int, Sequence[tuple[str, str]]], manager: str
) -> StaffMail:
    named = rows[:LEADS_IN_A_MAIL]
    data: dict[str, Any] = {
        "router": rows[0]["router"],
        "count": len(rows),
        "leads": [
            {"facts": preview_by_contact[one["contact_id"]], "path": f"/contacts/{one['contact_id']}"} for one in named
        ],
        "waiting": template == WAITING_TEMPLATE,
        "goes_on": rows[0]["assign_if_exhausted"],
    }
    return StaffMail(
        key=f"{template}:{rows[0]['id']}:{manager}", to_address=manager, template="team/leads_untaken", data=data
    )
