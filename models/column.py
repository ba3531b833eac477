"""Column kinds that several tables share."""

from typing import Annotated, Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

Json = Annotated[Any, "what JSON can hold"]


def identity() -> Any:
    """A 64-bit number given by the database."""
    return Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))


def moment(*, now: bool = False, nullable: bool = True, default: str | None = None) -> Any:
    """A timestamptz column: a moment always carries a zone. The database fills in `now`, or another default."""
    filled_in = {"server_default": text(default or "now()")} if now or default else {}
    return Field(
        default=None,
        sa_type=DateTime(timezone=True),
        nullable=nullable and not now,
        sa_column_kwargs=filled_in,
    )


def reference(
    target: str,
    *,
    nullable: bool = True,
    index: bool = False,
    on_delete: str | None = None,
    primary_key: bool = False,
) -> Any:
    """A foreign key to a bigint, such as `contact.id`; rows that die with what they point to say CASCADE."""
    key = ForeignKey(target, ondelete=on_delete)
    nullable = nullable and not primary_key
    return Field(
        default=None, sa_column=Column(BigInteger, key, primary_key=primary_key, nullable=nullable, index=index)
    )


def json_document(default: str | None = "{}") -> Any:
    """A jsonb column. Replace the value as a whole: changes inside it are not seen."""
    return Field(
        default=None,
        sa_column=Column(JSONB(none_as_null=True), nullable=default is None, server_default=default),
    )


def amount(precision: int = 14, scale: int = 2, *, nullable: bool = True, default: str | None = None) -> Any:
    """A number of exactly `scale` decimals: money, points."""
    return Field(default=None, sa_column=Column(Numeric(precision, scale), nullable=nullable, server_default=default))
