"""What a rule asks of the figures, and of whom.

A rule compares those who met with something with those who did not, or each group with all others. `SQL` here is over
the temporary table of the rule's population, see populations.py, where every word that the rules use is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.tables.kpi import KpiName


class Population(StrEnum):
    """Whom a rule asks about; the value is the name of the temporary table that has them, see populations.py."""

    LEAD_TO_TALK = "diagnosed_lead_to_talk"
    """Leads with an opportunity, or who asked for a person; from when that was."""
    TALK = "diagnosed_talk"
    """Leads who were talked with; from the first talk."""
    LEAD = "diagnosed_lead"
    """All leads; from when they came."""
    REQUEST = "diagnosed_request"
    """Each time that somebody asked for a person."""
    MAIL = "diagnosed_mail"
    """Marketing mails that went out and did not come back; from when they were sent."""


class Success(StrEnum):
    """What is hoped for, as SQL over a population."""

    TALKED = "talked"
    TALKED_AT_FIRST_ATTEMPT = "talked_at_first_attempt"
    ORDERED = "ordered"
    ANSWERED_IN_TIME = "answered_in_time"
    ANSWERED_IN_AN_HOUR = "answered_in_an_hour"
    OPENED = "opened"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One cause."""

    cause: str
    """Its name, for tables and addresses."""
    title: str
    kpis: Sequence[KpiName]
    """Which it can explain, the nearest first; it is asked for when one of them misses its goal."""
    population: Population
    success: Success
    who: str
    """Those who met with the cause, as a plural; of rules by group with `{group}` in it."""
    others: str
    """Those they are compared with."""
    exposed: str = ""
    """SQL: who met with it; those for whom it is null are left out."""
    group: str = ""
    """SQL instead of `exposed`: a text, by which each group is compared with all others."""
    names: str = ""
    """Whose numbers the groups are, `rep` or `product`; empty: the groups are words themselves."""
    among: str = "true"
    """SQL: whom it is asked of at all."""
    alike: str = "source"
    """SQL: only those who are alike in this are compared."""
    both_spans: bool = False
    """The span before is compared with, instead of looking at this one alone."""
    advice: str
    link: str
    """Where it is seen or set: a path of the pages."""
