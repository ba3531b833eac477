"""The database of a test: a copy of the migrated template, which every test finds as if it were new."""

import psycopg

from deployments.stack.postgres import Postgres
from models.database import engine, migrate
from models.playbook import apply
from tests.support.playbook import the_shipped_playbook

TEMPLATE = "template_tend"
COPY = "tend"

AS_REPLICA = "-c session_replication_role=replica"
"""No triggers are fired: rows come and go in any order, and nobody is notified."""

WATCH_THE_SCHEMA = """
    CREATE SCHEMA tests;
    CREATE TABLE tests.schema_change (command text);
    CREATE FUNCTION tests.record_schema_change() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO tests.schema_change VALUES (tg_tag); END $$;
    CREATE EVENT TRIGGER schema_change ON ddl_command_end EXECUTE FUNCTION tests.record_schema_change();
"""
TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
END_OTHERS = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
IS_ANOTHER = """
    SELECT command FROM tests.schema_change
    UNION ALL SELECT datname FROM pg_database WHERE datname = current_database() AND NOT datallowconn
"""
LARGEST = "SELECT coalesce(max(pg_relation_size(quote_ident(name)::regclass)), 0) FROM unnest(%s::text[]) name"
RESTART_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""
INSERT_SHIPPED_PLAYBOOK = """
    CREATE FUNCTION tests.insert_shipped_playbook() RETURNS void LANGUAGE sql
    SET session_replication_role = replica AS $$ {} $$
"""
CONTINUE_SEQUENCES = """
    SELECT format('SELECT setval(%L, %s)', format('%I.%I', schemaname, sequencename), last_value)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""
EMPTIED_BYTES = 400_000
"""Up to which size a table is emptied: deleted rows keep their room, and later tests read over them."""


class DatabaseCopy:
    """Handed from test to test. A copy takes longer than most tests, so what a test wrote is deleted instead.

    Nothing is vacuumed on the way, so rows lie in the order in which they were written, as in a new table. After a test
    that changed the schema or what the template holds, or that wrote much, the copy is dropped and made anew.
    """

    def __init__(self, server: Postgres) -> None:
        self.address = server.url(COPY)
        _make_template(server)
        self._outside = psycopg.connect(server.url("postgres"), autocommit=True)
        self._inside: psycopg.Connection | None = None
        self._filled: list[str] = []
        self._contents: list[object] = []

    def make(self) -> None:
        """See to it that it is there."""
        if self._inside is None:
            self._outside.execute(f"CREATE DATABASE {COPY} TEMPLATE {TEMPLATE}")
            self._inside = psycopg.connect(self.address, autocommit=True, options=AS_REPLICA)
            self._filled = _filled_tables(self._inside)
            self._contents = self._read(self._inside)

    def empty(self) -> None:
        """Bring it back to what the template is, or drop it. Whoever is still connected is thrown out."""
        engine(self.address).dispose()
        if self._inside is None or not self._is_emptied(self._inside):
            self.drop()

    def drop(self) -> None:
        """Drop it."""
        if self._inside is not None:
            self._inside.close()
            self._inside = None
        self._outside.execute(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")

    def close(self) -> None:
        """Leave the server."""
        self.drop()
        self._outside.close()

    def _is_emptied(self, inside: psycopg.Connection) -> bool:
        try:
            inside.execute(END_OTHERS)
            if inside.execute(IS_ANOTHER).fetchone() or self._read(inside) != self._contents:
                return False
            written = [name for name in _filled_tables(inside) if name not in self._filled]
            if inside.execute(LARGEST, [written]).fetchone()[0] > EMPTIED_BYTES:
                return False
            inside.execute("; ".join([*(f'DELETE FROM "{name}"' for name in written), RESTART_SEQUENCES]))
        except psycopg.OperationalError:  # a test that ends servers or closes databases
            return False
        return True

    def _read(self, inside: psycopg.Connection) -> list[object]:
        """What those tables hold that have rows in the template."""
        return [sorted(inside.execute(f'SELECT * FROM "{name}"'), key=repr) for name in self._filled]


def _make_template(server: Postgres) -> None:
    server.create_database(TEMPLATE)
    address = server.url(TEMPLATE)
    migrate(address)
    with psycopg.connect(address, options=AS_REPLICA) as connection:
        connection.execute(WATCH_THE_SCHEMA)
    _keep_shipped_playbook(address)
    engine(address).dispose()  # a database with open connections cannot be copied


def _keep_shipped_playbook(address: str) -> None:
    """Applying it takes fifty statements, and most tests begin with it: the template keeps the rows that it makes."""
    with psycopg.connect(address, options=AS_REPLICA, autocommit=True) as connection:
        before = _filled_tables(connection)
        with engine(address).begin() as product:
            apply(product, the_shipped_playbook())
        made = [name for name in _filled_tables(connection) if name not in before]
        for name in made:
            connection.execute(f'CREATE TABLE tests."{name}" AS TABLE "{name}"')
        inserts = [f'INSERT INTO "{name}" TABLE tests."{name}"' for name in made]
        inserts += [statement for (statement,) in connection.execute(CONTINUE_SEQUENCES)]
        connection.execute(INSERT_SHIPPED_PLAYBOOK.format("; ".join(inserts)))
        connection.execute("; ".join([*(f'DELETE FROM "{name}"' for name in made), RESTART_SEQUENCES]))


def _filled_tables(connection: psycopg.Connection) -> list[str]:
    """Which tables hold rows."""
    names = [name for (name,) in connection.execute(TABLES)]
    row = connection.execute("SELECT " + ", ".join(f'EXISTS (SELECT FROM "{name}")' for name in names)).fetchone()
    return [name for name, has_rows in zip(names, row, strict=True) if has_rows]
