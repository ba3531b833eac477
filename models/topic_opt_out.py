"""Topics that somebody does not want mail about, while they want others."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.column import moment, reference


class TopicOptOut(SQLModel, table=True):
    """One contact and one topic of the playbook."""

    __tablename__ = "topic_opt_out"

    contact_id: int = reference("contact.id", primary_key=True, on_delete="CASCADE")
    topic: str = Field(primary_key=True)
    at: datetime = moment(nullable=False)
