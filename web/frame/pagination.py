"""Keyset pagination: the newest rows of a list, and the id before which the next page begins."""

from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar

from fastapi import Query

AT_ONCE = 50

BeforeId = Annotated[int | None, Query(ge=0, lt=2**63)]
"""The id before which a page begins; no more than Postgres can hold."""


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


RowWithId = TypeVar("RowWithId", bound=_HasId)


def paginate(lines: Sequence[RowWithId]) -> tuple[Sequence[RowWithId], int | None]:
    """The lines of this page, and the id before which the next one begins; None on the last page.

    `lines` are the newest AT_ONCE and one more, if there is one: it tells that another page follows.
    """
    return lines[:AT_ONCE], lines[AT_ONCE - 1].id if len(lines) > AT_ONCE else None
