"""Many numbers handed to a statement at once."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, cast, func
from sqlalchemy.dialects.postgresql import ARRAY


def id_list(ids: Iterable[int]) -> str:
    """As Postgres writes a bigint[]; the driver takes longer over ten thousand numbers than Postgres."""
    return f"{{{','.join(map(str, ids))}}}"


def any_of(name: str) -> ColumnElement[Any]:
    """What a column is compared with to be in the id_list that is handed in under this name."""
    return func.any(cast(bindparam(name, type_=Text), ARRAY(BigInteger)))
