"""Ends what a supervisor that was killed leaves behind: `python -m deployments.stack.guard STATE`.

Its input is a pipe whose other end the supervisor holds. However that ends, the pipe ends with it, on every system.
"""

import sys
from pathlib import Path

from deployments.stack.stack_record import (
    delete_record,
    end_leftover_postgres,
    end_leftover_processes,
    lock_stack,
    read_record,
)

# All within five seconds: nothing works on alone.
GRACE_SECONDS, POSTGRES_SECONDS = 3.0, 1.5
LOCK_SECONDS = 2.0


def guard(state: Path) -> list[str]:
    """Wait for the end of the input, then end what is recorded in `state`; returns what was ended.

    Nothing when the supervisor ended in order, or when the next `tend up` is there already, which ends it itself.
    """
    sys.stdin.buffer.read()
    # Its lock is freed at its death, but perhaps a moment after the pipe.
    with lock_stack(state, LOCK_SECONDS) as ours:
        record = read_record(state)
        if not ours or record is None or record.supervisor.process():
            return []
        ended = end_leftover_processes(record, GRACE_SECONDS)
        end_leftover_postgres(record, POSTGRES_SECONDS)
        delete_record(state)
        return ended


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
