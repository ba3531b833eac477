"""Downloads that are made at the speed of the database, however slowly they are read."""

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from tempfile import TemporaryFile
from threading import Condition, Thread, current_thread

SENT_AT_ONCE = 256 * 1024


def made_ahead(parts: Generator[bytes, None, None]) -> Iterator[bytes]:
    """The bytes that `parts` yields, in parts of another size.

    They are made in a thread of their own and lie in a file until they are read. So whoever reads for an hour keeps no
    connection and no old state of the database for an hour, and none of it lies in memory. An error of `parts` comes
    after all that was made before it. Whoever goes away ends it.
    """
    with _File(parts) as file:
        yield from file.read()


class _File:
    """What was made so far, and how far it has been read."""

    def __init__(self, parts: Generator[bytes, None, None]) -> None:
        self._parts = parts
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115, it is closed at the end of `with`
        self._changed = Condition()
        self._size = 0
        self._is_whole = False
        self._is_given_up = False
        self._error: Exception | None = None
        self._thread = Thread(target=self._make, name="download", daemon=True)

    def __enter__(self) -> "_File":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_given_up = True
        # What nobody closed is ended by the garbage collector, in whichever thread it runs, perhaps in this very one.
        if current_thread() is not self._thread:
            self._thread.join()
        self._file.close()

    def read(self) -> Iterator[bytes]:
        """Everything from the beginning, as soon as it is there."""
        place = 0
        while part := self._part(place):
            yield part
            place += len(part)
        if self._error:
            raise self._error

    def _part(self, place: int) -> bytes:
        """What follows; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._size > place or self._is_whole)
            size = self._size
        return os.pread(self._file.fileno(), min(SENT_AT_ONCE, size - place), place)

    def _make(self) -> None:
        try:
            with closing(self._parts):
                for part in self._parts:
                    if self._is_given_up:
                        return
                    self._file.write(part)
                    self._grow(len(part))
        except Exception as error:
            self._error = error
        finally:
            with self._changed:
                self._is_whole = True
                self._changed.notify_all()

    def _grow(self, size: int) -> None:
        with self._changed:
            self._size += size
            self._changed.notify_all()
