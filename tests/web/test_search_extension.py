"""A database whose user may not create the extension of the search says what to do, and stays as it was."""

import psycopg
import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from deployments.stack.postgres import Postgres
from models.database import engine, migrate
from models.search import MissingExtension


def test_without_rights_the_upgrade_says_what_the_owner_has_to_run(postgres_server: Postgres) -> None:
    owner = postgres_server.url("postgres")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE ROLE poor LOGIN PASSWORD 'poor'")
        connection.execute("CREATE DATABASE poor_tend")
    with psycopg.connect(postgres_server.url("poor_tend"), autocommit=True) as connection:
        connection.execute("GRANT ALL ON SCHEMA public TO poor")
    url = make_url(postgres_server.url("poor_tend")).set(username="poor").render_as_string(hide_password=False)

    with pytest.raises(MissingExtension, match="CREATE EXTENSION pg_trgm"):
        migrate(url)
    assert inspect(engine(url)).get_table_names() == []

    with psycopg.connect(postgres_server.url("poor_tend"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
    migrate(url)
    assert "login" in inspect(engine(url)).get_table_names()
    engine(url).dispose()
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("DROP DATABASE poor_tend WITH (FORCE)")
        connection.execute("DROP ROLE poor")
