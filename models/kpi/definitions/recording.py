"""What a business has to record before a KPI says anything: where it never has, 0 is no number but silence. Pure.

A business that imports its deals and reports no calls has no connection rate of 0%. It does not measure it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.kpi.definitions.kpi import How, Kept, Kpi, MedianWait, Ratio, Term, Total, Velocity


@dataclass(frozen=True)
class Recording:
    """One kind of thing that a business records or does not."""

    what: str
    """One of it, such as `order`."""
    shown_by: tuple[str, ...]
    """Measures of kpi_daily, or columns of kpi_message, that are counted from it: any of them shows that it is
    recorded."""
    advice: str
    """What to do to have it recorded, as a sentence."""

    def in_words(self) -> str:
        """Why there is no number, and what to do."""
        return f"Not measured here: no {self.what} had been recorded by then. {self.advice}"


CALL = Recording(
    "call or other attempt to reach a lead",
    (
        *("touch", "contacted", "connected", "opportunity_connected", "in_sla"),
        *("first_contact", "first_contact_working", "first_talk", "first_talk_working"),
        *("contacted_in_5m", "contacted_in_15m", "contacted_in_30m", "contacted_in_1h", "contacted_in_24h"),
    ),
    "Report the outcomes of tasks, or let the phone system tell of its calls.",
)
OWN_ACT = Recording(
    "act of a lead's own after they came in",
    ("engaged",),
    "Let mails be tracked, and let the website tell of what leads do there.",
)
MARKETING_QUALIFIED = Recording(
    "marketing qualified lead", ("mql",), "Say in the playbook what makes one (stages, mql)."
)
SALES_QUALIFIED = Recording(
    "sales qualified lead",
    ("sql", "sal"),
    "Say in the playbook what makes one (stages, sql), or import it.",
)
OPPORTUNITY = Recording(
    "opportunity",
    ("opportunity",),
    "Say in the playbook what opens one (stages, opportunity), or import the deals of another system.",
)
WON = Recording("won deal", ("won",), "Import deals with their stages, or let the shop tell of orders.")
LOST = Recording(
    "lost deal", ("lost",), "Report refusals as outcomes of tasks, or import lost deals as well as those that were won."
)
ORDER = Recording(
    "order",
    ("order", "sale", "customer", "new_customer", "bought", "reordered"),
    "Let the shop tell of orders, or import them.",
)
REVERSAL = Recording(
    "cancelled or refunded order", ("reversal", "lost_customer"), "Let the shop tell of cancellations and refunds."
)
REQUEST = Recording(
    "request for a person", ("request",), "Let a form ask for a person, and a journey answer it with a task."
)
OFFER = Recording(
    "offer of a lead",
    ("offer_made", "offer_accepted", "offer_declined", "offer_expired"),
    "Let a router offer its leads (playbook: routers).",
)
OPENED_MAIL = Recording("opened mail", ("opened", "bot_opened"), "Let the mailer track opens, or set up our own pixel.")
CLICKED_MAIL = Recording(
    "clicked mail", ("clicked", "bot_clicked"), "Let the mailer track clicks, or use our own links."
)
RETURNED_MAIL = Recording(
    "delivery or bounce of a mail", ("delivered", "bounced"), "Let the mailer tell of deliveries and bounces."
)

RECORDINGS = (
    *(CALL, OWN_ACT, MARKETING_QUALIFIED, SALES_QUALIFIED, OPPORTUNITY, WON, LOST, ORDER, REVERSAL, REQUEST, OFFER),
    *(OPENED_MAIL, CLICKED_MAIL, RETURNED_MAIL),
)
"""All of them. Leads and their stages need nothing but leads."""

BY_MEASURE = {measure: recording for recording in RECORDINGS for measure in recording.shown_by}


def recordings(how: How) -> tuple[Recording, ...]:
    """Without which of them a reading says nothing. Of a balance, such as new less lost customers, what it begins with:
    who never lost anybody has a balance all the same.
    """
    found = (BY_MEASURE.get(name) for name in _counted_by(how))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def needs(kpi: Kpi) -> str:
    """What has to be recorded before a KPI is measured, in a sentence; empty where it needs nothing but leads."""
    found = dict.fromkeys(one.what for how in kpi.readings().values() for one in recordings(how))
    return f"Measured from the first {' and the first '.join(found)} on." if found else ""


def _counted_by(how: How) -> Iterable[str]:
    match how:
        case Ratio():
            return _names(how.denominator + how.numerator)
        case Velocity():
            return _names((how.opportunities, how.won, how.lost))
        case MedianWait():
            return (how.begin, how.goal)
        case Kept():
            return (how.won, how.lost)
        case Total():
            return _names(how.of[:1])


def _names(terms: Iterable[Term]) -> Iterable[str]:
    for term in terms:
        yield term.goal or term.name or term.column
