"""Which column of an export is which part of a deal, as Salesforce, HubSpot, Pipedrive and others call it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from models.leads.files.csv_file import InvalidCsvFile
from models.playbook.source import OpportunityField, OpportunityNames, SpelledField, normalize_name
from models.values.readers.bad_value import quote_value

NAMES: Mapping[str, Sequence[str]] = {
    "reference": ("opportunity id", "deal id", "record id", "opportunity number", "deal number", "potential id", "id"),
    "name": ("opportunity name", "deal name", "deal title", "potential name", "title", "topic", "name"),
    "account": (
        *("account", "account name", "company", "company name", "organization", "organisation", "organization name"),
        *("associated company", "deal organization", "primary company", "customer", "customer name", "client"),
    ),
    "email": ("contact email", "person email", "associated contact email", "email", "email address"),
    "rep": (
        *("sales agent", "opportunity owner", "deal owner", "owner", "owner name", "owner full name", "salesperson"),
        *("sales rep", "rep", "agent", "assigned to", "assigned user", "potential owner", "responsible"),
    ),
    "product": ("product", "product name", "products", "deal product", "line item", "item"),
    "status": ("status", "deal status", "opportunity status", "state"),
    "stage": ("deal stage", "opportunity stage", "sales stage", "stage", "stage name", "pipeline stage"),
    "is_won": ("is won", "is closed won", "won"),
    "is_closed": ("is closed", "is deal closed", "closed"),
    "opened_at": (
        *("engage date", "engagement date", "opened", "opened at", "open date", "opened date", "created date"),
        *("create date", "date created", "created", "created at", "created on", "created time", "deal created"),
        *("deal deal created", "add time", "start date"),
    ),
    "closed_at": (
        *("close date", "closed date", "date closed", "closed at", "closed on", "closing date", "actual close date"),
        *("actual closing date", "deal closed on", "won time", "lost time", "deal won time", "deal lost time"),
        *("closed won date", "end date"),
    ),
    "changed_at": (
        *("last modified date", "last modified", "last modified time", "modified date", "modified", "modified on"),
        *("modified time", "date modified", "last updated", "last update", "updated", "updated at", "updated on"),
        *("update time", "deal update time", "system modstamp", "lastmodifieddate", "hs lastmodifieddate"),
    ),
    "amount": (
        *("close value", "closed value", "amount", "deal amount", "deal value", "value", "opportunity amount"),
        *(
            "total amount",
            "actual revenue",
            "revenue",
            "est revenue",
            "estimated revenue",
            "amount in company currency",
        ),
    ),
    "currency": (
        *("currency", "currency iso code", "deal currency", "amount currency", "currency of value"),
        *("deal currency of value", "total amount currency", "opportunity currency"),
    ),
}
"""Part of a deal -> what exports call it, the first having precedence."""

SEVERAL = ("closed_at",)
"""Parts that may stand in one of several columns, such as when it was won and when it was lost."""

FIELDS = get_args(OpportunityField)
SPELLED = get_args(SpelledField)


@dataclass(frozen=True)
class ColumnMap:
    """What somebody says of a file beside what its columns are called."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column of the file, in plain spelling -> part of a deal."""
    asked: frozenset[str] = frozenset()
    """Columns that were named for this file; they have to be there."""
    spellings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Part of a deal -> a word of the file, in plain spelling -> ours."""

    def spelled(self, part: str, text: str) -> str:
        """A word as we write it."""
        return self.spellings.get(part, {}).get(_plain(text), text)


def read_map(given: Iterable[str], names: OpportunityNames) -> ColumnMap:
    """The map of a playbook's source with what was given beside it: `Owner of it=rep`, `product:GTXPro=GTX Pro`.

    Raises InvalidCsvFile for what is neither.
    """
    columns: dict[str, str] = {normalize_name(name): part for part, called in names.columns.items() for name in called}
    spellings: dict[str, dict[str, str]] = {
        part: {_plain(word): ours for word, ours in words.items()} for part, words in names.spellings.items()
    }
    asked = set()
    for each in given:
        theirs, _, ours = (piece.strip() for piece in each.rpartition("="))
        part, _, word = (piece.strip() for piece in theirs.partition(":"))
        if part in SPELLED and word and ours:
            spellings.setdefault(part, {})[_plain(word)] = ours
        elif theirs and ours in FIELDS:
            columns[normalize_name(theirs)] = ours
            asked.add(normalize_name(theirs))
        else:
            raise InvalidCsvFile(
                f"--map {quote_value(each)} cannot be read. Write --map 'their column=our field', where our field is "
                f"one of {', '.join(FIELDS)}; or --map 'product:their word=our word', with one of {', '.join(SPELLED)} "
                f"before it."
            )
    return ColumnMap(columns, frozenset(asked), spellings)


def _plain(word: str) -> str:
    return normalize_name(word) or word


@dataclass(frozen=True)
class DealColumns:
    """Which columns of one file are which part of a deal."""

    parts: Mapping[str, tuple[str, ...]]
    """Part -> the columns that have it, the first filled one counting."""

    def values(self, row: Mapping[str, object]) -> dict[str, str]:
        """What a row says, by part; what is empty is left out."""
        found: dict[str, str] = {}
        for part, columns in self.parts.items():
            for column in columns:
                if text := str(row.get(column) or "").strip():
                    found[part] = text
                    break
        return found

    def others(self, row: Mapping[str, object]) -> dict[str, object]:
        """What a row says beside it."""
        taken = {column for columns in self.parts.values() for column in columns}
        return {column: value for column, value in row.items() if column not in taken and value not in (None, "")}


def find_columns(file: str, columns: Sequence[str], said: ColumnMap) -> DealColumns:
    """Which columns are what; InvalidCsvFile where a file has no deals, or does not say how they stand."""
    named = [(normalize_name(column), column) for column in columns if column]
    listed = ", ".join(quote_value(column) for column in columns if column)
    if unknown := sorted(said.asked - {name for name, _ in named}):
        raise InvalidCsvFile(f"{file} has no column {unknown[0]}, which --map names: {listed} were found.")
    parts: dict[str, tuple[str, ...]] = {}
    for part in FIELDS:
        mapped = [column for name, column in named if said.columns.get(name) == part]
        found = mapped or _by_name(part, [(name, column) for name, column in named if name not in said.columns])
        if found:
            parts[part] = tuple(found if part in SEVERAL else found[:1])
    for wanted, what, example in REQUIRED:
        if not parts.keys() & wanted:
            raise InvalidCsvFile(
                f"{file} has no column {what}: one such as {', '.join(NAMES[example][:3])} was expected, {listed} were "
                f"found. Say which it is (--map 'their column={example}'), or import it as another kind of file."
            )
    return DealColumns(parts)


REQUIRED = (
    ({"reference", "name"}, "for the number of a deal", "reference"),
    ({"stage", "status", "is_won"}, "that says how a deal stands", "stage"),
)
"""Parts of which a file has one, what that is, and an example."""


def _by_name(part: str, named: Sequence[tuple[str, str]]) -> list[str]:
    """The columns that are called as this part is somewhere, the commonest name first."""
    known = {normalize_name(name): place for place, name in enumerate(NAMES[part])}
    return [column for _, column in sorted((known[name], column) for name, column in named if name in known)]
