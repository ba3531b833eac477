"""Runs migrations on the connection that models.database hands over."""

from alembic import context
from sqlmodel import SQLModel

import models  # noqa: F401  registers the tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
