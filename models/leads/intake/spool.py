"""The spool: posted leads that could not be stored wait on disk, byte for byte, until they can."""

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from psycopg.errors import UndefinedColumn, UndefinedFunction, UndefinedTable
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from models.database import NoDatabase, engine
from models.leads.intake.receive import Post, receive, reject_post
from models.leads.public_form import Poster
from models.playbook import NoPlaybook
from models.values.storable import as_text

log = logging.getLogger("tend.leads")

PASSING = (OperationalError, InterfaceError, PoolTimeout, NoDatabase, NoPlaybook)
BEFORE_MIGRATION = (UndefinedTable, UndefinedColumn, UndefinedFunction)
SUFFIX, DRAFT = ".lead", ".new"
DRAFT_LASTS = timedelta(minutes=1)
"""A file that is still being written after that was left by a process that died."""
TRIES = 3
"""After so many leads in a row that errors which pass have stopped, the rest waits for the next look."""


def passes(error: Exception) -> bool:
    """Whether an error passes by itself: Postgres is away or starting, or the installation is set up or migrated."""
    return isinstance(error, PASSING) or isinstance(getattr(error, "orig", None), BEFORE_MIGRATION)


class BrokenFile(RuntimeError):
    """A file on disk in which leads wait is cut or damaged: see what of the lead is left in it."""


class OwnError(RuntimeError):
    """An error of ours, not of the lead: send it again from here once it is mended. The log says more."""


def spool_folder() -> Path:
    """Where leads wait: TEND_SPOOL, else `.tend/spool` in the checkout. It must outlive the process."""
    own = Path(__file__).resolve().parents[3] / ".tend" / "spool"
    return Path(os.environ.get("TEND_SPOOL") or own)


def keep_post(post: Post, error: Exception) -> None:
    """Store a post that an error of ours has stopped: as a rejected lead, or on disk while the error passes.

    What waits on disk is taken in by itself; a rejected lead waits for a person. Raises OSError when the disk cannot
    be written either.
    """
    log.error("A lead of source %r could not be stored and is kept as it was sent.", post.source, exc_info=error)
    if not passes(error):
        try:
            _reject(post, _own_error(error))
        except Exception:
            log.exception("It could not be stored as a rejected lead either.")
        else:
            return
    _write(post)


def _reject(post: Post, error: Exception) -> None:
    with engine().begin() as connection:
        reject_post(connection, post, error, post.received_at)


def _own_error(error: Exception) -> OwnError:
    return OwnError(f"{OwnError.__doc__} ({as_text(str(error))[:500]})")


def _write(post: Post) -> None:
    """One file a post: a line of JSON, then the body as it came. It is whole or not there."""
    folder = spool_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = asdict(replace(post, raw=b"")) | {"raw": None, "received_at": post.received_at.isoformat()}
    path = folder / f"{post.key.rpartition(':')[2]}{SUFFIX}"
    draft = path.with_suffix(DRAFT)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(about).encode() + b"\n" + post.raw)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync(folder)


def _sync(folder: Path) -> None:
    """Make sure that the name of a new file is on the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def waiting_posts() -> list[Path]:
    """The posts that wait on disk, the oldest first."""
    folder = spool_folder()
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def take_in_waiting() -> int:
    """Take in the posts that wait on disk; gives how many. They stay while Postgres is away.

    Safe to repeat and to run in several processes: each has a key, under which it is stored once. A file that is
    damaged, or was not written to its end, is kept as a rejected lead, byte for byte. None holds up the others.
    """
    taken = fruitless = 0
    for path in (*waiting_posts(), *_abandoned_drafts()):
        try:
            taken += _take_in(path)
            fruitless = 0
        except Exception as error:
            if passes(error):
                log.warning("The lead %s waits on disk: %s", path.name, as_text(str(error))[:500])
                fruitless += 1
            else:
                log.exception("The lead %s waits on disk and could not be stored as a rejected lead either.", path.name)
        if fruitless == TRIES:
            break
    return taken


def _abandoned_drafts() -> Iterator[Path]:
    folder, oldest = spool_folder(), time.time() - DRAFT_LASTS.total_seconds()
    for draft in sorted(folder.glob(f"*{DRAFT}")) if folder.is_dir() else []:
        with suppress(FileNotFoundError):
            if draft.stat().st_mtime < oldest:
                yield draft


def _take_in(path: Path) -> bool:
    """Store what a file holds, and delete it; False when another process has done so."""
    try:
        content, written_at = path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return False
    try:
        post = _read(path, content)
    except (ValueError, KeyError, TypeError) as error:
        log.error("The file %s is damaged; what is in it is kept as a rejected lead.", path.name, exc_info=error)
        broken = Post(source="", content_type="", raw=content, received_at=written_at, key=f"spool:{path.stem}")
        _reject(broken, BrokenFile(BrokenFile.__doc__))
    else:
        _store(post)
    path.unlink(missing_ok=True)
    return True


def _store(post: Post) -> None:
    try:
        with engine().begin() as connection:
            receive(connection, post, datetime.now(UTC))
    except Exception as error:
        if passes(error):
            raise
        log.exception("A lead that waited on disk could not be taken in and is kept as rejected.")
        _reject(post, _own_error(error))


def _read(path: Path, content: bytes) -> Post:
    """Raises ValueError, KeyError or TypeError where it is not what `_write` writes."""
    line, end, raw = content.partition(b"\n")
    if not end or path.suffix != SUFFIX:
        raise ValueError("it was not written to its end")
    about = json.loads(line)
    poster, received_at = Poster(**about["poster"]), datetime.fromisoformat(about["received_at"])
    own = {"raw": raw, "poster": poster, "received_at": received_at, "key": about["key"] or f"spool:{path.stem}"}
    return Post(**about | own)
