"""Runs migrations on the connection that models.database hands over, and makes the views as the code says."""

from alembic import context
from sqlmodel import SQLModel

import models  # noqa: F401  registers the tables
from models.kpi.views import refresh_views

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
    # Tests stop at older revisions, which have not all the tables.
    if context.get_context().get_current_revision() == context.script.get_current_head():
        refresh_views(connection)
