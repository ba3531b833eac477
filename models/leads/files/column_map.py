"""What somebody says of the columns of one file of leads, beside what the playbook says of its source."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from models.leads.files.csv_file import CsvLayout, InvalidCsvFile
from models.playbook.document import Playbook
from models.playbook.source import CONTACT_FIELDS, SPECIAL_FIELDS, Source, normalize_name
from models.values.readers.bad_value import quote_value


def read_column_map(given: Sequence[str], playbook: Playbook, source: str | None) -> dict[str, str]:
    """Column -> field, of `their column=our field`; raises InvalidCsvFile for what is none."""
    known = {*CONTACT_FIELDS, *SPECIAL_FIELDS, *playbook.fields}
    columns: dict[str, str] = {}
    for each in given:
        theirs, _, ours = (part.strip() for part in each.rpartition("="))
        if not theirs or ours not in known:
            raise InvalidCsvFile(
                f"--map {quote_value(each)} cannot be read. Write --map 'their column=our field', where our field is "
                f"one of {', '.join(sorted(known))}."
            )
        columns[theirs] = ours
    if columns and source is None:
        raise InvalidCsvFile("--map needs one source for the whole file: say --source NAME, too.")
    return columns


def require_mapped_columns(path: Path, layout: CsvLayout, columns: Mapping[str, str]) -> None:
    """Raises InvalidCsvFile for a column that was named and is not there."""
    there = {normalize_name(column) for column in layout.columns}
    for column in columns:
        if normalize_name(column) not in there:
            raise InvalidCsvFile(
                f"{path} has no column {quote_value(column)}, which --map names: {layout.column_list()} were found."
            )


def with_columns(playbook: Playbook, source: str | None, columns: Mapping[str, str]) -> Playbook:
    """The playbook with these columns among the fields of the source."""
    if not columns or source is None or source not in playbook.sources:
        return playbook
    return _Extended.of(playbook, source, tuple(columns.items()))


class _Extended:
    """Rules of a source are worked out once for a playbook, so the same one is given again."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook

    def __hash__(self) -> int:
        return id(self.playbook)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Extended) and other.playbook is self.playbook

    @staticmethod
    def of(playbook: Playbook, source: str, columns: tuple[tuple[str, str], ...]) -> Playbook:
        return _extended(_Extended(playbook), source, columns)


@lru_cache(maxsize=10)
def _extended(given: _Extended, source: str, columns: tuple[tuple[str, str], ...]) -> Playbook:
    rules: Source = given.playbook.sources[source]
    fields = dict(rules.fields)
    for column, field in columns:
        fields[field] = (column, *fields.get(field, ()))
    changed = rules.model_copy(update={"fields": fields})
    return given.playbook.model_copy(update={"sources": {**given.playbook.sources, source: changed}})
