"""Reads what sources cost from a CSV file, as ad platforms and people write it: a row a month, a day or a campaign.

A file is read wholly or not at all: half of what a month cost looks like all of it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from babel.numbers import list_currencies

from models.kpi.contribution.spend import MonthSpend, add_up
from models.leads.files.csv_file import SEPARATORS, InvalidCsvFile, inspect_csv
from models.leads.files.csv_record import read_records
from models.playbook.source import normalize_name
from models.values.readers.amount import Amount, read_amount
from models.values.readers.bad_value import BadValue, quote_value
from models.values.readers.day import read_date
from models.wording import counted, full_date

AMOUNTS = (
    *("amountspent", "totalspent", "spend", "adspend", "totalspend", "cost", "totalcost", "adcost", "mediacost"),
    *("amount", "kosten", "ausgegebenerbetrag", "ausgaben", "betrag", "montantdépensé", "dépenses", "coût", "montant"),
    *("importegastado", "gasto", "costo", "coste", "importe", "importospeso", "spesa", "valorusado", "custo"),
)
"""What a column of spend is called, without case, blanks and currency; the first of them that a file has counts."""
BEGINS = (
    *("month", "day", "date", "week", "reportingstarts", "startdate", "startdateinutc", "gregoriandate", "timeperiod"),
    *("monat", "tag", "datum", "woche", "beginn", "mois", "jour", "semaine", "débutdesrapports", "mes", "día", "fecha"),
    *("iniciodelinforme", "mese", "giorno", "mês", "dia", "data"),
)
WEEKS = ("week", "woche", "semaine")
ENDS = ("reportingends", "enddate", "enddateinutc", "ende", "findesrapports", "findelinforme")
SOURCES = ("source", "channel", "platform", "leadsource", "utmsource", "trafficsource", "quelle", "kanal", "canal")
CURRENCIES = ("currency", "currencycode", "accountcurrency", "währung", "devise", "moneda", "valuta", "moeda")
TOTALS = ("total", "totals", "grandtotal", "gesamt", "summe", "somme", "totale")

CURRENCY_OF_COLUMN = re.compile(r"[(\[]\s*([A-Za-z]{3})\s*[)\]]")
MONTH_FIRST = re.compile(r"(0?[1-9]|1[0-2])[/.-]((?:19|20)\d{2})")
YEAR_FIRST = re.compile(r"((?:19|20)\d{2})[-/. M]?\s?(0?[1-9]|1[0-2])")
NAMED_MONTH = re.compile(r"([^\W\d_]+)\.?[\s,'-]*((?:19|20)\d{2})")
NOTHING = {"", "-", "--", "\N{EN DASH}", "\N{EM DASH}", "n/a"}
MOST_PROBLEMS = 5
ROWS_BEFORE_HEADER = 20
"""Reports of ad platforms begin with their name and the days that they are about."""


class InvalidSpendFile(InvalidCsvFile):
    """A file that does not say what sources cost: what was found, and what to do. Nothing of it was stored."""


@dataclass(frozen=True)
class SpendFile:
    """What a file says."""

    months: tuple[MonthSpend, ...]
    """One for each source, month and currency."""
    rows: int
    remarks: tuple[str, ...]
    """How something was read, a sentence each."""


@dataclass(frozen=True)
class _Columns:
    """Which column of a file has what; None: no column."""

    begin: int
    amount: int
    end: int | None
    source: int | None
    currency: int | None
    currency_of_amounts: str | None
    """As the name of the column says."""
    is_by_week: bool
    """A row is about the seven days from its date on."""

    @property
    def found(self) -> int:
        """How many of them there are."""
        return 2 + sum(one is not None for one in (self.end, self.source, self.currency))


@dataclass(frozen=True)
class _Table:
    columns: _Columns
    names: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]
    """With the number of the record in the file."""


def read_spend_file(
    path: Path, source: str | None = None, *, country: str = "US", currency: str = "USD", today: date
) -> SpendFile:
    """What each source cost in each month. Raises InvalidSpendFile, with a sentence, if any row cannot be read.

    `source` says whose spend it is where the file has no column for that; `currency` is that of amounts that name none.
    """
    layout = inspect_csv(path, country)
    with path.open(encoding=layout.encoding, errors=layout.errors, newline="") as file:
        lines = list(file)
    table = _table(path, lines)
    if table.columns.source is None and not source:
        raise InvalidSpendFile(
            f"{path} has no column that says which source the money went to ({', '.join(SOURCES[:4])}). "
            "Add one, or name the source of all rows: --source NAME."
        )
    rows, totals = _without_totals(table, country)
    months, problems = [], []
    for number, values in rows:
        try:
            months.append(_row(table.columns, values, source, country, currency, today))
        except BadValue as error:
            problems.append(f"row {number}: {error}")
    if problems:
        more = f" And {counted(len(problems) - MOST_PROBLEMS, 'more row')}." if len(problems) > MOST_PROBLEMS else ""
        raise InvalidSpendFile(
            f"Nothing of {path} was stored, for a part of a month's spend would look like all of it. "
            f"{'; '.join(problems[:MOST_PROBLEMS])}.{more} Mend the file and import it again."
        )
    remarks = [*layout.remarks, *([f"{counted(totals, 'row')} of totals left out."] if totals else [])]
    return SpendFile(tuple(_positive(path, add_up(months))), len(rows), tuple(remarks))


def _table(path: Path, lines: Sequence[str]) -> _Table:
    """By the separator and the header of which most columns are known."""
    found = [table for separator in SEPARATORS if (table := _split(lines, separator)) is not None]
    if not found:
        raise InvalidSpendFile(
            f"{path} has no columns for the month and what it cost: a line with names such as source, month, amount, "
            "currency was expected, or a report of an ad platform with Day and Cost."
        )
    return max(found, key=lambda table: (table.columns.found, len(table.names)))


def _split(lines: Sequence[str], separator: str) -> _Table | None:
    records = list(enumerate((one.values for one in read_records(iter(lines), separator) if not one.is_empty), 1))
    for place, (_, names) in enumerate(islice(records, ROWS_BEFORE_HEADER)):
        if (columns := _columns(names)) is not None:
            return _Table(columns, names, records[place + 1 :])
    return None


def _columns(names: Sequence[str]) -> _Columns | None:
    plain = [normalize_name(CURRENCY_OF_COLUMN.sub("", name)) for name in names]
    amount, begin = _first(plain, AMOUNTS), _first(plain, BEGINS)
    if amount is None or begin is None:
        return None
    said = CURRENCY_OF_COLUMN.search(names[amount])
    code = said[1].upper() if said else None
    end, source, currency = (_first(plain, known) for known in (ENDS, SOURCES, CURRENCIES))
    return _Columns(begin, amount, end, source, currency, code, is_by_week=plain[begin] in WEEKS)


def _first(names: Sequence[str], known: Iterable[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _without_totals(table: _Table, country: str) -> tuple[list[tuple[int, Sequence[str]]], int]:
    """The rows that are no sums of others, and how many are."""
    begin = table.columns.begin
    kept = [row for row in table.rows if not _says_total(row[1], begin)]
    # Some exports put the sum into a row that has all the dates and no name.
    labels = [place for place, name in enumerate(table.names) if normalize_name(name).endswith("name")]
    for place in labels:
        unnamed = [row for row in kept if not _value(row[1], place)]
        if len(unnamed) == 1 and len(kept) > 1:
            rest = [row for row in kept if row is not unnamed[0]]
            if _sum(table.columns, unnamed, country) == _sum(table.columns, rest, country):
                kept = rest
    return kept, len(table.rows) - len(kept)


def _says_total(values: Sequence[str], begin: int) -> bool:
    first = next((value for value in values if value.strip()), "")
    starts = [normalize_name(part.partition(":")[0]) for part in (first, _value(values, begin))]
    return any(start in TOTALS for start in starts)


def _sum(columns: _Columns, rows: Iterable[tuple[int, Sequence[str]]], country: str) -> Decimal | None:
    try:
        return sum((_amount(_value(values, columns.amount), country).amount for _, values in rows), Decimal(0))
    except BadValue:
        return None


def _value(values: Sequence[str], place: int | None) -> str:
    return values[place].strip() if place is not None and place < len(values) else ""


def _row(
    columns: _Columns, values: Sequence[str], source: str | None, country: str, currency: str, today: date
) -> MonthSpend:
    name = source or _value(values, columns.source)
    if not name:
        raise BadValue("", "the name of a source")
    amount = _amount(_value(values, columns.amount), country)
    month = _month(columns, values, country)
    if month > today:
        raise BadValue(_value(values, columns.begin), f"a month that has begun by {full_date(today)}")
    code = (_value(values, columns.currency) or amount.currency or columns.currency_of_amounts or currency).upper()
    if code not in list_currencies():
        raise BadValue(code, "the code of a currency such as USD")
    return MonthSpend(name, month, code, amount.amount)


def _month(columns: _Columns, values: Sequence[str], country: str) -> date:
    """The month that a row is about; BadValue where it is about days of two."""
    begin, end = _value(values, columns.begin), _value(values, columns.end)
    month = read_month(begin, country)
    last = (read_date(begin, country) + timedelta(days=6)).replace(day=1) if columns.is_by_week else month
    if end and not columns.is_by_week:
        last = read_month(end, country)
    if last != month:
        days = f"{begin} to {end}" if end else f"the week from {begin}"
        raise BadValue(days, "days of one month (export by day or by month)")
    return month


def _amount(value: str, country: str) -> Amount:
    return Amount(Decimal(0), None) if value.casefold() in NOTHING else read_amount(value, country)


def read_month(value: str, country: str = "US") -> date:
    """The first day of the month that a text names, or in which the day is that it names; BadValue if neither."""
    text = " ".join(value.split())
    if found := YEAR_FIRST.fullmatch(text):
        return date(int(found[1]), int(found[2]), 1)
    if found := MONTH_FIRST.fullmatch(text):
        return date(int(found[2]), int(found[1]), 1)
    if found := NAMED_MONTH.fullmatch(text):
        text = f"1 {found[1]} {found[2]}"
    try:
        return read_date(text, country).replace(day=1)
    except BadValue:
        raise BadValue(value, "a month such as 2026-03, or a day") from None


def _positive(path: Path, months: Iterable[MonthSpend]) -> Iterator[MonthSpend]:
    for one in months:
        if one.amount < 0:
            raise InvalidSpendFile(
                f"Nothing of {path} was stored: {one.source} would have cost {one.amount} {one.currency} in "
                f"{one.month:%Y-%m}. Credits without what they were for cannot be counted."
            )
        yield one


def source_remarks(months: Iterable[MonthSpend], known: Sequence[str], labels: Mapping[str, str]) -> list[str]:
    """A sentence for each source of which there is no lead and which the playbook does not have.

    `labels` are the playbook's: what a source is called by people.
    """
    by_name = Counter(one.source for one in months)
    spelled = {normalize_name(name) for name in (*known, *labels, *labels.values())}
    return [
        f"No lead has come from {quote_value(name)}, and the playbook has no such source: it stands in the reports "
        f"with its cost and no leads. Sources with leads: {', '.join(known) or 'none'}."
        for name in sorted(by_name)
        if normalize_name(name) not in spelled
    ]
