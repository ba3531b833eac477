"""CPU that a piece of work took, of this process and of the Postgres process behind its connection (Linux only)."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Cpu:
    """Seconds of CPU; known once the work is over."""

    ours: float = 0.0
    postgres: float = 0.0
    """Of the connection's own process, without parallel workers."""

    @property
    def both(self) -> float:
        """What a quiet machine would take for it, but for waiting."""
        return self.ours + self.postgres


@contextmanager
def measured_cpu(connection: Connection) -> Iterator[Cpu]:
    """Measure what is done within the block through this connection."""
    pid, cpu = connection.execute(text("SELECT pg_backend_pid()")).scalar_one(), Cpu()
    ours, postgres = time.process_time(), _seconds(pid)
    yield cpu
    cpu.ours, cpu.postgres = time.process_time() - ours, _seconds(pid) - postgres


def _seconds(pid: int) -> float:
    # After the name, which may hold spaces: the 12th and 13th are ticks in user and system mode.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
