"""Registers with Prefect what this checkout holds: its blocks, the work pool `local`, and all deployments.

`python -m deployments.stack.register`. It takes seconds, so `tend up` does it only when something changed: see
`signature()`.
"""

import asyncio
import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

from deployments.stack.command_error import CommandError
from deployments.stack.paths import ROOT, replace_file

POOL = "local"
MAILBOX, EARLIER_MAILBOX = "tend-mailbox", "this-machine"
"""The name of the block that is the local mailbox, and what it was called before."""
# A form's choices come from the models, the journeys and the playbook; a deployment's folder from where we are.
SIGNED_FILES = (
    "prefect.yaml",
    "requirements.lock",
    "deployments/playbook.yaml",
    "blocks",
    "deployments",
    "flows",
    "models",
)


def signature(root: Path = ROOT) -> str:
    """Changes whenever what Prefect is told could change."""
    digest = hashlib.sha256(str(root).encode())
    for name in SIGNED_FILES:
        for path in sorted([root / name, *(root / name).rglob("*.py")]):
            if path.is_file():
                digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def registration_folder(prefect_database: str, prefect_home: Path) -> Path:
    """The folder for what is known to be in that Prefect database; another, or a new one, has another folder."""
    query = (
        "SELECT concat(system_identifier, '-', oid) FROM pg_control_system(), pg_database"
        " WHERE datname = current_database()"
    )
    try:
        with psycopg.connect(prefect_database.replace("+asyncpg", "", 1), connect_timeout=10) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise CommandError(
            f"Prefect's database cannot be reached ({reason}): check TEND_PREFECT_DATABASE_URL."
        ) from error
    assert row is not None
    folder = prefect_home / f"database-{row[0]}"
    folder.mkdir(exist_ok=True)
    return folder


def is_registered(registration: Path) -> bool:
    """Whether this very checkout was told to that Prefect database."""
    seen = registration / "registered"
    return seen.exists() and seen.read_text() == signature()


def mark_registered(registration: Path) -> None:
    """Note that this checkout is registered in that Prefect database."""
    replace_file(registration / "registered", signature())


async def register_blocks() -> int:
    """Register every block class of blocks/, found, not listed; returns how many."""
    from prefect.blocks.core import Block

    # Abstract ones are nothing that ops could fill in.
    found = [cls for cls in _classes("blocks") if Block.is_block_class(cls) and not inspect.isabstract(cls)]
    for cls in found:
        await cls.register_type_and_schema()
    return len(found)


async def make_pool() -> None:
    """The pool whose workers run each flow run as a process; it may be there already."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    async with get_client() as client:
        try:
            await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        except ObjectAlreadyExists:
            return


def _classes(package: str) -> Iterator[type]:
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if cls.__module__ == module.name:
                yield cls


async def name_mailer() -> None:
    """Set the variable `mailer`, where ops look for it, to the local mailbox; what they have set stays.

    Where it is the mailbox by its earlier name it gets the present one, and the block of that name goes.
    """
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.variables import Variable

    from blocks.current_mailer import VARIABLE
    from blocks.local_mailbox import LocalMailbox

    slug, chosen = LocalMailbox.get_block_type_slug(), await Variable.aget(VARIABLE)
    was_renamed = chosen == f"{slug}/{EARLIER_MAILBOX}"
    if chosen is not None and not was_renamed:
        return
    await LocalMailbox().save(MAILBOX, overwrite=True)
    with suppress(ObjectAlreadyExists, ValueError):
        await Variable.aset(VARIABLE, f"{slug}/{MAILBOX}", overwrite=was_renamed)
    if was_renamed:
        with suppress(ValueError):
            await LocalMailbox.adelete(EARLIER_MAILBOX)


async def offer_choices() -> int:
    """Fill the dropdowns of the forms from Tend's tables; returns how many forms changed."""
    from flows.form_choices import read_choices, update_choices
    from models.database import engine

    with engine().connect() as connection:
        choices = read_choices(connection)
    return await update_choices(choices)


async def main() -> None:
    """All of it; repeating it changes nothing."""
    from deployments.stack.deploy import deploy_all
    from flows.operations.scheduled_runs import name_scheduled_runs

    print(f"{await register_blocks()} blocks registered")
    await name_mailer()
    await make_pool()
    print(f"{await deploy_all()} flows deployed")
    await offer_choices()
    await name_scheduled_runs()


if __name__ == "__main__":
    asyncio.run(main())
