"""Leads of a CSV file as a table to train on, for trying out a model on somebody's data."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.playbook.source import EMPTY_WORDS
from models.prediction.binning import Column
from models.prediction.feature import FeatureKind
from models.prediction.training import TrainingData
from models.values.readers.checkbox import NO, YES

FEW_NUMBERS = 12
"""A column of no more different numbers than this is read as words: it may be a code."""
UNNAMED = "has no name"
OUTCOME_WORDS = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False), "won": True, "lost": False}


class InvalidTable(ValueError):
    """A file that cannot be trained on: what was found, and what was expected."""


def read_table(path: Path, target: str, leave_out: Mapping[str, str], time: str | None) -> TrainingData:
    """The leads in a file. Words that mean nothing, such as Select, are nothing. Raises InvalidTable.

    Without a column for the time the rows are taken to be in the order in which the leads came.
    """
    table = _read(path)
    for name in [target, *leave_out, *([time] if time else [])]:
        _require(name, table, path)
    won = _outcomes(table[target], target)
    order = _time_order(table[time]) if time else np.arange(len(table))
    columns = {str(name): Column(str(name), _kind(table[name])) for name in table if name not in (target, time)}
    nameless = {name: UNNAMED for name in columns if name.startswith("Unnamed: ")}
    past = TrainingData(table.iloc[order].reset_index(drop=True), columns, won[order], {})
    return past.without(nameless | ({time: "the order in time"} if time in columns else {}) | dict(leave_out))


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise InvalidTable(
            f"{path} cannot be read: {error}. A CSV file in UTF-8 with names in line 1 was expected."
        ) from None
    empty = {"", *EMPTY_WORDS}
    return table.map(lambda value: None if value.strip().casefold() in empty else value.strip())


def _require(name: str, table: pd.DataFrame, path: Path) -> None:
    if name not in table:
        there = ", ".join(str(column) for column in table)
        raise InvalidTable(f"{path} has no column {name!r}. It has: {there}.")


def _outcomes(column: "pd.Series[str]", target: str) -> npt.NDArray[np.bool_]:
    read = column.map(lambda value: OUTCOME_WORDS.get(value.casefold()) if value else None)
    if read.isna().any():
        line = int(read.isna().to_numpy().argmax())
        raise InvalidTable(
            f"Column {target!r} holds {column.iloc[line]!r} in line {line + 2}; 1 or 0, yes or no, won or lost was "
            "expected for each lead. Leave out leads that are not decided."
        )
    return read.to_numpy(bool)


def _time_order(column: "pd.Series[str]") -> npt.NDArray[np.int64]:
    """The places of the rows, the oldest first; a time may be a number or a date."""
    numbers = pd.to_numeric(column, errors="coerce")
    times = numbers if numbers.notna().all() else pd.to_datetime(column, errors="coerce", utc=True, format="mixed")
    if times.isna().any():
        line = int(times.isna().to_numpy().argmax())
        raise InvalidTable(
            f"Column {column.name!r} holds {column.iloc[line]!r} in line {line + 2}; a number or a date that tells the "
            "order in time was expected for each lead."
        )
    return np.argsort(times.to_numpy(), kind="stable")


def _kind(column: "pd.Series[str]") -> FeatureKind:
    given = column.dropna()
    are_numbers = pd.to_numeric(given, errors="coerce").notna().all() and given.nunique() > FEW_NUMBERS
    return FeatureKind.NUMBER if are_numbers else FeatureKind.CATEGORY
