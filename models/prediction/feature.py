"""What a model looks at in a lead: a feature turns one column of a table into a few levels. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int64]


class FeatureKind(StrEnum):
    """The kind of values in a column."""

    CATEGORY = "category"
    """Words; the frequent ones are levels, then all others, then nothing."""
    NUMBER = "number"
    """Numbers; ranges are levels, then nothing."""
    COUNT = "count"
    """How often something happened; nothing means never."""


@dataclass(frozen=True)
class Feature:
    """One column, and the levels that it is cut into."""

    name: str
    label: str
    """How people call it."""
    kind: FeatureKind
    values: tuple[str, ...] = ()
    """Of a category: the frequent values, as they are mostly spelled."""
    edges: tuple[float, ...] = ()
    """Of a number: where a new range begins."""

    @property
    def size(self) -> int:
        """How many levels there are."""
        return len(self.values) + 2 if self.kind is FeatureKind.CATEGORY else len(self.edges) + 2

    @property
    def missing(self) -> int:
        """The level of leads without a value."""
        return 0 if self.kind is FeatureKind.COUNT else self.size - 1

    def codes(self, table: pd.DataFrame) -> Codes:
        """The level of each lead, as its number."""
        if self.name not in table:
            return np.full(len(table), self.missing)
        if self.kind is FeatureKind.CATEGORY:
            return self._codes_of_words(table[self.name])
        numbers = pd.to_numeric(table[self.name], errors="coerce").to_numpy(float, na_value=np.nan)
        ranges = np.searchsorted(np.array(self.edges), numbers, side="right")
        return np.where(np.isnan(numbers), self.missing, ranges)

    def _codes_of_words(self, column: "pd.Series[Any]") -> Codes:
        places = {normalize_value(value): place for place, value in enumerate(self.values)}
        codes, found = pd.factorize(column)
        levels = [
            places.get(normalize_value(value), len(self.values)) if normalize_value(value) else self.missing
            for value in found
        ]
        return np.array([*levels, self.missing])[codes]

    def to_document(self) -> dict[str, Any]:
        """As a JSON document."""
        plain: dict[str, Any] = {"name": self.name, "label": self.label, "kind": self.kind.value}
        return plain | {"values": list(self.values), "edges": list(self.edges)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Feature":
        """Back from JSON."""
        values, edges = tuple(document["values"]), tuple(document["edges"])
        return cls(document["name"], document["label"], FeatureKind(document["kind"]), values, edges)


def normalize_value(value: Any) -> str:
    """What makes two spellings one: neither case nor blanks matter."""
    return " ".join(str(value).split()).casefold()


def is_constant(feature: Feature, table: pd.DataFrame) -> bool:
    """Whether all leads have the same level in it, so that it predicts nothing."""
    return len(np.unique(feature.codes(table))) < 2
