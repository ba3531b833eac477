"""A dry run of an import of leads."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.leads.capture import CaptureResult
from models.leads.imports.import_plan import FIRST_ROWS, ImportPlan, taken_back
from models.leads.imports.lead_import import Import, ImportResult, StoredRows
from models.leads.reading.lead import Lead

JOINS = "joins a known contact"


class LeadRehearsal:
    """A dry run of an import: each part is stored in a transaction of which nothing stays.

    Part by part, so that it keeps nobody waiting who works with the same contacts. Whoever came in an earlier part is
    known again by row, address, number and the source's own id.
    """

    def __init__(self, start: Import) -> None:
        self._start = start
        self._rows: set[int] = set()
        self._people: set[tuple[str, str]] = set()
        self._new: set[int] = set()
        self.plan = ImportPlan()

    def store(self, rows: list[dict[str, Any]], now: datetime) -> ImportResult:
        """What would become of some of the rows, after those before them."""
        total = ImportResult()
        with taken_back() as connection:
            alone = rows[:FIRST_ROWS] if self.plan.wants_rows else []
            for row in alone:
                stored = self._start.store_in(connection, [row], now)
                total += self._counted(stored, row)
            if rest := rows[len(alone) :]:
                total += self._counted(self._start.store_in(connection, rest, now))
        return total

    def _counted(self, stored: StoredRows, row: Mapping[str, Any] | None = None) -> ImportResult:
        reasons = [self.plan.reject(error.problems) for error in stored.rejected]
        captured = [self._as_after(lead, one) for lead, one in zip(stored.leads, stored.captured, strict=True)]
        if row is not None and self.plan.wants_rows:
            one = captured[0] if captured else None
            outcome = self._outcome(one)
            joined = one.contact_id if one and outcome == JOINS else None
            self.plan.add(row, outcome, joined, *reasons)
        return replace(stored, captured=captured).result

    def _as_after(self, lead: Lead, one: CaptureResult) -> CaptureResult:
        """What became of it, had the rows before it stayed."""
        people = {
            (kind, value)
            for kind, value in (("email", lead.email), ("phone", lead.phone), (lead.source, lead.source_key))
            if value
        }
        row, known = hash(lead.event_key), not people.isdisjoint(self._people)
        is_new_event = one.is_new_event and row not in self._rows
        self._rows.add(row)
        self._people |= people
        return one._replace(is_new_event=is_new_event, is_new_contact=one.is_new_contact and not known)

    def _outcome(self, one: CaptureResult | None) -> str:
        if one is None:
            return "rejected"
        if not one.is_new_event:
            return "imported before"
        if one.is_new_contact:
            self._new.add(one.contact_id)
            return "a new contact"
        return "joins a row before it" if one.contact_id in self._new else JOINS
