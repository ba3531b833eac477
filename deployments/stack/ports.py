"""Checks that a port is free, and says which process has it if not."""

import contextlib
import errno
import socket
import time

import psutil

from deployments.stack.command_error import CommandError

POLL_SECONDS = 0.1


def check_port(host: str, port: int, option: str, patience: float = 0.0) -> None:
    """CommandError, with the option that chooses another port, when this one cannot be listened on.

    With patience, in seconds, one that is taken is waited for: whoever was ended a moment ago may still have it.
    """
    give_up = time.monotonic() + patience
    while (error := _find_fault(host, port)) and error.errno == errno.EADDRINUSE and time.monotonic() < give_up:
        time.sleep(POLL_SECONDS)
    if error:
        raise CommandError(_explain(error, host, port, option)) from error


def _find_fault(host: str, port: int) -> OSError | None:
    """Why nobody can listen there; None when that is possible."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        return error
    return None


def _explain(error: OSError, host: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken{_by_whom(port)}: end that, or choose another port with {option}."
    if error.errno == errno.EACCES:
        return f"Port {port} is for root only: choose one above 1023 with {option}."
    return f"Cannot listen on {host}:{port} ({error.strerror}): choose another with --host or {option}."


def _by_whom(port: int) -> str:
    """` by NAME (process PID)`, or nothing when the system does not tell us."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listens and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
