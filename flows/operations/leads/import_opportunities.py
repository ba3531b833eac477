"""Import opportunities: the deals of another system, with its accounts, products and teams, become history."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from sqlalchemy import Connection

from flows.operations.leads.import_artifacts import show_plan
from flows.operations.leads.import_leads import SourceName
from flows.private_flow import WithoutAddress, flow
from flows.run_artifacts import begin_progress, show_counts
from models.database import engine
from models.leads.capture import capture
from models.leads.files.csv_file import CsvLayout, InvalidCsvFile, inspect_csv, read_rows
from models.leads.imported_lead import require_whole_row
from models.leads.imports.import_plan import FIRST_ROWS, ImportPlan, taken_back, within
from models.leads.opportunities.columns import ColumnMap, DealColumns, find_columns, read_map
from models.leads.opportunities.deal import Deal, DealReading, read_deal
from models.leads.opportunities.deal_contacts import account_key, account_leads, own_contacts
from models.leads.opportunities.deal_rows import deal_row_key
from models.leads.opportunities.file_scan import FileScan, scan
from models.leads.opportunities.lists_beside import ListsBeside, find_lists
from models.leads.opportunities.product_names import ProductNames, match_products, store_products
from models.leads.opportunities.sales_team import SalesTeam, store_team
from models.leads.opportunities.store_deals import PlacedDeal, store_deals
from models.leads.reading.lead import UnreadableLead
from models.leads.reading.source_match import find_source
from models.leads.rejected_lead import mark_repaired, reject
from models.playbook import Playbook, current_playbook
from models.tables.sales import DealStage
from models.values.readers.bad_value import quote_value
from models.values.sanitize import Problem
from models.values.storable import storable
from models.wording import counted

ACCOUNTS_AT_ONCE = 1_000

LABELS = {
    "new": "new",
    "changed": "changed since",
    "seen_before": "imported before",
    "older": "older than what is known, so left as it is",
    "rejected": "rejected (see /rejected)",
    "won": "won",
    "lost": "lost",
    "open": "open",
    "without_account": "without an account, each with a contact of its own",
}
"""How the message of a flow run calls the counts of an OpportunityImportResult, in its order."""

OUTCOMES = {
    "rejected": "rejected",
    "new": "a new deal",
    "changed": "changes a known deal",
    "older": "older than what is known",
    "seen_before": "imported before",
}
"""What becomes of one row, by the count that says it."""


@dataclass(frozen=True)
class OpportunityImportResult:
    """What became of the rows of a file of deals."""

    read: int = 0
    new: int = 0
    """Deals that nobody had told of."""
    changed: int = 0
    """Deals that stand otherwise than they did."""
    seen_before: int = 0
    """Rows that changed nothing."""
    older: int = 0
    """Rows that are older than what is known of their deals, which stay as they are."""
    rejected: int = 0
    """Rows that could not be taken; they are kept for repair, each with its reason."""
    won: int = 0
    """Of those taken."""
    lost: int = 0
    open: int = 0
    without_account: int = 0
    """Of those taken: deals that name neither an account nor a person; each has a contact of its own."""

    def __add__(self, other: "OpportunityImportResult") -> "OpportunityImportResult":
        names = [each.name for each in fields(self)]
        return OpportunityImportResult(*(getattr(self, name) + getattr(other, name) for name in names))

    def __str__(self) -> str:
        return ", ".join([counted(self.read, "row"), *(f"{n:,} {kind}" for kind, n in self.in_words().items() if n)])

    def in_words(self) -> dict[str, int]:
        """What became of the deals -> how many."""
        return {label: getattr(self, name) for name, label in LABELS.items()}


Begin = Callable[[], AbstractContextManager[Connection]]
"""Begins a transaction, or a part of one."""


def _run_name() -> str:
    asked = flow_run.parameters
    name = f"import {Path(asked['file']).name}"
    return f"dry run: {name}" if asked["dry_run"] else name


@flow(name="import-opportunities", flow_run_name=_run_name)
async def import_opportunities(
    file: Path, source: SourceName, map: list[WithoutAddress] | None = None, dry_run: bool = True
) -> State[None]:
    """Put the deals of another system into the database, as history: nobody is mailed or asked about any of them.

    The file is its export, a row for each deal. Lists of accounts, products and salespeople with their teams that lie
    beside it are taken as well. Accounts become contacts, won deals are orders. What cannot be read is kept under
    "Rejected leads" with the reason. Importing the file again changes nothing; a row that was changed is updated.

    Args:
        file: The file, on the machine of the worker. CSV, with the names of the columns in the first line.
        source: Where it is from.
        map: What Tend does not know of the file, such as "their column=rep" or "product:GTXPro=GTX Pro".
        dry_run: Only say what would become of the rows, and of the first ten one by one. Take it away to import them.
    """
    if dry_run:
        return await _show_dry_run(file, source.value, tuple(map or ()))
    total = OpportunityImportResult()
    start = await asyncio.to_thread(begin_opportunity_import, file, source.value, tuple(map or ()))
    description = f"Import of {file.name}"
    progress = await begin_progress("import-opportunities", description)
    parts = start.parts()
    while part := await asyncio.to_thread(next, parts, None):
        total += await asyncio.to_thread(start.store, part)
        await progress.reach(total.read, start.layout.rows)
    await progress.reach(1.0)
    await show_counts(total.in_words(), key="imported-opportunities", description=f"{description}: {total}")
    return Completed(message=". ".join([str(total), *start.remarks]))


async def _show_dry_run(file: Path, source: str, given: tuple[str, ...]) -> State[None]:
    total, start = await asyncio.to_thread(rehearse_opportunities, file, source, given)
    said = f"Would import {file.name}: {total}"
    await show_counts(total.in_words(), key="imported-opportunities", description=said)
    await show_plan(start.plan, key="planned-opportunities", file=file.name)
    return Completed(message=". ".join([f"Would be {total}", *start.remarks]))


@dataclass
class OpportunityImport:
    """An import that can begin: accounts, products and people are stored, deals are not."""

    path: Path
    layout: CsvLayout
    columns: DealColumns
    reading: DealReading
    playbook: Playbook
    accounts: Mapping[str, int]
    """The key of an account -> its contact."""
    remarks: list[str]
    seen: dict[str, str] = field(default_factory=dict)
    """Reference of each deal so far -> the key of its row."""
    plan: ImportPlan = field(default_factory=ImportPlan)
    """Why rows were rejected; of a dry run also the first rows one by one."""
    begin: Begin = lambda: engine().begin()

    def parts(self) -> Iterator[list[dict[str, Any]]]:
        """The rows, some at a time."""
        return read_rows(self.path, self.layout)

    def store(self, rows: list[dict[str, Any]]) -> OpportunityImportResult:
        """Store some of the rows. Being killed in it stores none of their deals, and the next import goes on."""
        taken: list[tuple[Deal, dict[str, Any], str]] = []
        rejected: list[tuple[dict[str, Any], UnreadableLead]] = []
        repeated = 0
        for row in rows:
            values = {**self.columns.others(row), **self.columns.values(row)}
            try:
                deal, key = self._read(row), deal_row_key(self.reading.source, values)
                if self._is_repeated(deal, key):
                    repeated += 1
                else:
                    taken.append((deal, self.columns.others(row), key))
            except UnreadableLead as error:
                rejected.append((values, error))
        with self.begin() as connection:
            self._reject(connection, rejected)
            own = own_contacts(connection, [deal for deal, _, _ in taken if self._has_own_contact(deal)], self.reading)
        placed = [PlacedDeal(deal, self._contact(deal, own), others) for deal, others, _ in taken]
        with self.begin() as connection:
            stored = store_deals(connection, placed, self.reading, self.playbook.orders.currency)
            mark_repaired(connection, {key: stored.events[deal.reference] for deal, _, key in taken}, self.reading.now)
        stages = [deal.stage for deal, _, _ in taken]
        return OpportunityImportResult(
            read=len(rows),
            new=stored.counts["new"],
            changed=stored.counts["changed"],
            seen_before=stored.counts["known"] + repeated,
            older=stored.counts["older"],
            rejected=len(rejected),
            won=stages.count(DealStage.WON),
            lost=stages.count(DealStage.LOST),
            open=stages.count(DealStage.OPEN),
            without_account=sum(not (deal.account or deal.email) for deal, _, _ in taken),
        )

    def _read(self, row: Mapping[str, Any]) -> Deal:
        require_whole_row(row)
        values = storable(self.columns.values(row))
        return read_deal(values, self.reading)

    def _is_repeated(self, deal: Deal, key: str) -> bool:
        """Whether the row was there before in this file; raises UnreadableLead where it said other things then."""
        before = self.seen.get(deal.reference)
        if before is None:
            self.seen[deal.reference] = key
        if before in (None, key):
            return before == key
        expected = "a number that one row has (the first row of it was taken; this one says other things)"
        raise UnreadableLead([Problem(field="reference", found=quote_value(deal.reference), expected=expected)])

    def _reject(self, connection: Connection, rejected: list[tuple[dict[str, Any], UnreadableLead]]) -> None:
        for values, error in rejected:
            self.plan.reject(error.problems)
            raw = json.dumps(values).encode(errors="backslashreplace")
            key = deal_row_key(self.reading.source, values)
            reject(connection, self.reading.source, "application/json", raw, error.problems, self.reading.now, key)

    def _has_own_contact(self, deal: Deal) -> bool:
        return bool(deal.email) or not deal.account

    def _contact(self, deal: Deal, own: Mapping[str, int]) -> int:
        return own[deal.reference] if self._has_own_contact(deal) else self.accounts[account_key(deal.account or "")]


def import_opportunity_file(path: Path, source: str | None, given: tuple[str, ...] = ()) -> OpportunityImportResult:
    """Import a file of deals; see begin_opportunity_import."""
    start = begin_opportunity_import(path, source, given)
    return sum((start.store(part) for part in start.parts()), OpportunityImportResult())


def rehearse_opportunities(
    path: Path, source: str | None, given: tuple[str, ...] = ()
) -> tuple[OpportunityImportResult, OpportunityImport]:
    """What importing a file of deals would do, by doing it in a transaction of which nothing stays.

    Whoever works with the same contacts waits for it.
    """
    total = OpportunityImportResult()
    with taken_back() as connection:
        start = begin_opportunity_import(path, source, given, begin=lambda: within(connection))
        for part in start.parts():
            alone = part[:FIRST_ROWS] if start.plan.wants_rows else []
            for row in alone:
                done = start.store([row])
                start.plan.add(row, next(OUTCOMES[name] for name in OUTCOMES if getattr(done, name)))
                total += done
            if rest := part[len(alone) :]:
                total += start.store(rest)
    return total, start


def begin_opportunity_import(
    path: Path, source: str | None, given: tuple[str, ...] = (), *, begin: Begin = lambda: engine().begin()
) -> OpportunityImport:
    """Look through a file of deals, and store what its deals need: products, people with their teams, accounts.

    `given` are maps as `--map` has them; `begin` begins a transaction. Raises InvalidCsvFile or UnknownSource before
    anything is stored.
    """
    with engine().connect() as connection:
        playbook = current_playbook(connection)
    if source is None:
        raise InvalidCsvFile(f"Say which system the deals of {path} are from: --source NAME.")
    rules = find_source(source, playbook)
    country = rules.country or playbook.company.country
    layout, said = inspect_csv(path, country), read_map(given, rules.opportunities)
    columns = find_columns(str(path), layout.columns, said)
    if layout.rows < 1:
        raise InvalidCsvFile(f"{path} has columns but no rows: a row for each deal was expected below the first line.")
    whole = scan((row for part in read_rows(path, layout) for row in part), columns)
    lists, now = find_lists(path, country), datetime.now(UTC)
    with begin() as connection:
        products, team, remarks = _store_lists(connection, lists, whole, said, playbook, country, source)
    opened, closed = whole.date_columns(country)
    reading = DealReading(
        source=source,
        country=country,
        zone=ZoneInfo(playbook.company.time_zone),
        now=now,
        said=said,
        products=products,
        team=team,
        opened=opened,
        closed=closed,
        largest=playbook.orders.largest,
    )
    accounts = _store_accounts(lists, whole, reading, playbook, begin)
    remarks = [*layout.remarks, *lists.remarks, *remarks, *_date_remarks(columns, reading), *_account_remarks(whole)]
    return OpportunityImport(path, layout, columns, reading, playbook, accounts, remarks, begin=begin)


def _store_lists(
    connection: Connection,
    lists: ListsBeside,
    whole: FileScan,
    said: ColumnMap,
    playbook: Playbook,
    country: str,
    source: str,
) -> tuple[ProductNames, SalesTeam, list[str]]:
    currency = playbook.orders.currency
    listed = lists.rows.get("products", [])
    remarks = store_products(connection, listed, currency, country)
    spelled = {word: said.spelled("product", word) for word in whole.products}
    products = match_products(connection, whole.products, spelled, currency, has_list=bool(listed))
    named = {said.spelled("rep", word) for word in whole.people}
    team, strangers = store_team(connection, lists.rows.get("salespeople", []), sorted(named), source)
    remarks += products.remarks
    if strangers:
        remarks.append(f"In no list of salespeople, and kept without a team: {', '.join(strangers[:20])}.")
    return products, team, remarks


def _store_accounts(
    lists: ListsBeside, whole: FileScan, reading: DealReading, playbook: Playbook, begin: Begin
) -> dict[str, int]:
    days: dict[str, date | None] = {}
    for theirs, day in whole.first_days(reading.opened).items():
        name = reading.said.spelled("account", theirs)
        days[name] = min(filter(None, (day, days.get(name))), default=None)
    leads = account_leads(lists.rows.get("accounts", []), days, reading, playbook)
    keys = list(leads)
    accounts: dict[str, int] = {}
    for start in range(0, len(keys), ACCOUNTS_AT_ONCE):
        part = keys[start : start + ACCOUNTS_AT_ONCE]
        with begin() as connection:
            captured = capture(connection, [leads[key] for key in part], reading.now)
        accounts |= {key: one.contact_id for key, one in zip(part, captured, strict=True)}
    return accounts


def _date_remarks(columns: DealColumns, reading: DealReading) -> list[str]:
    named = (("opened_at", reading.opened), ("closed_at", reading.closed))
    return [
        remark
        for part, column in named
        if part in columns.parts and (remark := column.remark(quote_value(columns.parts[part][0])))
    ]


def _account_remarks(whole: FileScan) -> list[str]:
    if not whole.without_account:
        return []
    return [f"{counted(whole.without_account, 'row')} name no account: each such deal has a contact of its own."]
