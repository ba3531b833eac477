"""What sources cost: the playbook's entries, and months imported from files of ad platforms. One writer of the table.

Of a month of a source that both name the playbook counts, for it is what people wrote and reviewed; several entries of
the playbook for one month add up. Importing a file again replaces the months that it has.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from models.database import to_json
from models.kpi.period import calendar_months
from models.playbook import Playbook
from models.playbook.source import normalize_name

IMPORTED = text("SELECT source, month, currency, amount FROM source_spend ORDER BY source, month, currency")

KNOWN_SOURCES = text("SELECT DISTINCT source FROM contact WHERE source <> '' ORDER BY source")

REPLACE = text("""
WITH spent AS (
    SELECT * FROM jsonb_to_recordset(CAST(:months AS jsonb))
                  AS s (source text, month date, currency text, amount numeric)
), gone AS (
    DELETE FROM source_spend old USING (SELECT DISTINCT source, month FROM spent) named
    WHERE old.source = named.source AND old.month = named.month
      AND NOT EXISTS (SELECT FROM spent WHERE (spent.source, spent.month, spent.currency)
                                            = (old.source, old.month, old.currency))
)
INSERT INTO source_spend (source, month, currency, amount, imported_at)
SELECT source, month, currency, amount, :now FROM spent
ON CONFLICT (source, month, currency) DO UPDATE SET amount = excluded.amount, imported_at = excluded.imported_at
""")


KNOWN_MONTHS = text("""
SELECT DISTINCT s.source, s.month FROM source_spend s
JOIN jsonb_to_recordset(CAST(:months AS jsonb)) AS named (source text, month date) USING (source, month)
""")


@dataclass(frozen=True)
class MonthSpend:
    """What a source cost in a month, in one currency."""

    source: str
    month: date
    """Its first day."""
    currency: str
    amount: Decimal


def known_months(connection: Connection, months: Iterable[MonthSpend]) -> set[tuple[str, date]]:
    """Those of these months of these sources that are stored, which storing would replace: source and first day."""
    return {(row.source, row.month) for row in connection.execute(KNOWN_MONTHS, {"months": to_json(add_up(months))})}


def store_spend(connection: Connection, months: Iterable[MonthSpend], now: datetime) -> int:
    """Replace what is known of these months of these sources; amounts of one month add up. Gives how many months.

    The caller commits.
    """
    added = add_up(months)
    connection.execute(REPLACE, {"months": to_json(added), "now": now})
    return len(added)


def spend_by_month(connection: Connection, playbook: Playbook, sources: Sequence[str] = ()) -> list[MonthSpend]:
    """What every source cost in every month that anybody named, in the currency of the reports where a rate is known.

    A source is called as its leads say, of which `sources` are known, whatever its case and blanks.
    """
    own = playbook.report_currency
    named = [
        MonthSpend(one.source, date.fromisoformat(f"{one.month}-01"), one.currency or own, one.amount)
        for one in playbook.reports.spend
    ]
    spelled = _spellings(playbook, sources)
    by_playbook = [_respelled(one, spelled) for one in named]
    decided = {(one.source, one.month) for one in by_playbook}
    imported = [_respelled(MonthSpend(*row), spelled) for row in connection.execute(IMPORTED)]
    both = [*by_playbook, *(one for one in imported if (one.source, one.month) not in decided)]
    return add_up(_in_currency(one, own, playbook) for one in both)


def add_up(months: Iterable[MonthSpend]) -> list[MonthSpend]:
    """One for each source, month and currency, in order."""
    sums: defaultdict[tuple[str, date, str], Decimal] = defaultdict(Decimal)
    for one in months:
        sums[one.source, one.month, one.currency] += one.amount
    return [MonthSpend(*key, amount.quantize(Decimal("0.01"))) for key, amount in sorted(sums.items())]


def known_sources(connection: Connection) -> list[str]:
    """What contacts have come from, in order."""
    return list(connection.execute(KNOWN_SOURCES).scalars())


def _spellings(playbook: Playbook, sources: Sequence[str]) -> dict[str, str]:
    """How a source may be written -> how its leads say it: by its own name, and by its label in the playbook."""
    labels = {normalize_name(source.label): name for name, source in playbook.sources.items()}
    names = sorted({*playbook.sources, *sources})
    return labels | {normalize_name(name): name for name in names} | {name: name for name in names}


def _respelled(one: MonthSpend, spelled: Mapping[str, str]) -> MonthSpend:
    name = spelled.get(one.source) or spelled.get(normalize_name(one.source), one.source)
    return MonthSpend(name, one.month, one.currency, one.amount)


def _in_currency(one: MonthSpend, own: str, playbook: Playbook) -> MonthSpend:
    """By the rate at the end of the month; as it is where there is none."""
    end = calendar_months(one.month).last
    rates = [rate for rate in playbook.reports.rates if rate.currency == one.currency and rate.since <= end]
    if one.currency == own or not rates:
        return one
    newest = max(rates, key=lambda rate: rate.since)
    return MonthSpend(one.source, one.month, own, one.amount * newest.rate)
