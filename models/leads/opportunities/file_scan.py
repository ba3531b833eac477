"""Looks through a whole file of deals before anything is stored: what only the whole tells."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from models.leads.opportunities.columns import DealColumns
from models.leads.opportunities.date_column import DateColumn, DateColumnEvidence, decide
from models.orders.read_order import LONGEST_REFERENCE
from models.values.readers.bad_value import BadValue
from models.values.storable import as_text


def words_of(values: Mapping[str, str], part: str) -> str:
    """A word of a row as it is compared: on one line, and not too long."""
    return " ".join(as_text(values.get(part, "")).split())[:LONGEST_REFERENCE]


@dataclass
class FileScan:
    """What a file says as a whole."""

    products: Counter[str] = field(default_factory=Counter)
    """Word -> rows."""
    people: Counter[str] = field(default_factory=Counter)
    opened: DateColumnEvidence = field(default_factory=DateColumnEvidence)
    closed: DateColumnEvidence = field(default_factory=DateColumnEvidence)
    accounts: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Account -> when its deals were opened, as it is written."""
    without_account: int = 0
    """Rows that name neither an account nor an address."""

    def date_columns(self, country: str) -> tuple[DateColumn, DateColumn]:
        """How days of opening and of closing are to be read."""
        return decide(self.opened, country, [self.closed]), decide(self.closed, country, [self.opened])

    def first_days(self, opened: DateColumn) -> dict[str, date | None]:
        """Account -> the day of its first deal; None where no day can be read."""
        return {account: min(_days(texts, opened), default=None) for account, texts in self.accounts.items()}


def _days(texts: Iterable[str], column: DateColumn) -> Iterable[date]:
    for text in texts:
        try:
            if day := column.read(text):
                yield day
        except BadValue:
            continue


def scan(rows: Iterable[Mapping[str, object]], columns: DealColumns) -> FileScan:
    """Look through all rows once; of their texts only those that differ are kept."""
    found = FileScan()
    for row in rows:
        values = columns.values(row)
        if product := words_of(values, "product"):
            found.products[product] += 1
        if rep := words_of(values, "rep"):
            found.people[rep] += 1
        if "opened_at" in values:
            found.opened.see(values["opened_at"])
        if "closed_at" in values:
            found.closed.see(values["closed_at"])
        if account := words_of(values, "account"):
            found.accounts[account].add(values.get("opened_at", ""))
        elif "email" not in values:
            found.without_account += 1
    return found
