"""Contacts that are gone since the last run of the report."""

from datetime import datetime

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from models.column import moment


class DeletedContact(SQLModel, table=True):
    """The number of a contact that is gone, erased or merged, until the next run of the report has seen it."""

    __tablename__ = "deleted_contact"

    contact_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    deleted_at: datetime = moment(now=True)
