"""The chapters by their names in addresses."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from web.reports.chapters.chapter import Chapter
from web.reports.chapters.definitions import definitions
from web.reports.chapters.fields import fields
from web.reports.chapters.forecast import forecast
from web.reports.chapters.funnel import funnel
from web.reports.chapters.goals import goals
from web.reports.chapters.journeys import journeys
from web.reports.chapters.mails import mails
from web.reports.chapters.people import people
from web.reports.chapters.response import response
from web.reports.chapters.review import review
from web.reports.chapters.runs import runs
from web.reports.chapters.sources import sources
from web.reports.chapters.time_to_buy import time_to_buy
from web.reports.query import ReportRequest

CHAPTER_READERS: Mapping[str, Callable[[Connection, ReportRequest], Chapter]] = {
    "funnel": funnel,
    "people": people,
    "response": response,
    "time-to-buy": time_to_buy,
    "mails": mails,
    "journeys": journeys,
    "sources": sources,
    "fields": fields,
    "forecast": forecast,
    "goals": goals,
    "review": review,
    "definitions": definitions,
    "runs": runs,
}
"""Name -> what reads it."""
