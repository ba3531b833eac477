"""Runs a command that its parent's death ends: `launch.py PARENT SIGNAL USER GROUP COMMAND...`.

A supervisor that is killed with -9 can end nobody; Linux then sends each child the signal (0: none, it lives on).
PARENT to GROUP are numbers; USER and GROUP are -1 to stay who we are. It runs with `python -I -S`, without the
project, so that it costs nothing.
"""

import ctypes
import os
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def bind_to_parent(command: Sequence[str], signal: int, user: int = -1, group: int = -1) -> list[str]:
    """The command line that runs a command by way of this file, with this process for its parent."""
    numbers = [str(number) for number in (os.getpid(), signal, user, group)]
    return [sys.executable, "-I", "-S", __file__, *numbers, *command]


def main(parent: int, signal: int, user: int, group: int, *command: str) -> None:
    """Become the command."""
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    # After setuid: a change of user clears it.
    if signal and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal)
        if os.getppid() != parent:
            sys.exit("The parent ended before its child began.")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
