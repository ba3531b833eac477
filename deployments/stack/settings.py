"""Settings of the stack: its addresses, and the environment variables of its processes."""

import hashlib
import ipaddress
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from deployments.stack.command_error import CommandError
from deployments.stack.paths import IS_DEMO, PREFECT, STATE, TEMP
from deployments.stack.prefect_login import CLIENT, SERVER, login_environment
from models.access.prefect_server import INSTALLATION
from models.access.reach import ContradictorySettings, Reach, read_reach

# Prefect's server looks for late, paused and expired runs every few seconds; idle, that is a fifth of its CPU time,
# and nothing here needs it at once. What starts a run (scheduler, worker) stays quick.
PREFECT_DEFAULTS = {
    # Artifacts go with the flow run that made them.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,orphans",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "30",
    "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT30S",
    "PREFECT_WORKER_QUERY_SECONDS": "5",
    "PREFECT_RUNNER_POLL_FREQUENCY": "5",
}


@dataclass(frozen=True)
class Addresses:
    """Where the stack is reached."""

    host: str = "127.0.0.1"
    port: int = 8000
    prefect_port: int = 4200

    @property
    def web(self) -> str:
        """The base of links in mails; TEND_WEB_URL says it when a proxy stands before us, which is never the demo."""
        named = "" if IS_DEMO else os.environ.get("TEND_WEB_URL")
        return named or f"http://{self._reachable_host}:{self.port}"

    @property
    def is_open_to_others(self) -> bool:
        """Whether more than this machine can reach the pages, so that those for ops and Prefect ask for a password."""
        return not Reach(self.host, self.web).is_this_machine_alone

    @property
    def prefect(self) -> str:
        """Prefect has no TLS of its own, so it listens on loopback whatever --host says."""
        return f"http://127.0.0.1:{self.prefect_port}"

    def check(self) -> None:
        """Raises CommandError for settings by which pages for ops might be open to everybody."""
        ours = {"TEND_HOST": self.host} | ({"TEND_WEB_URL": self.web} if IS_DEMO else {})
        try:
            read_reach(_environment_of_user() | ours).check()
        except ContradictorySettings as error:
            raise CommandError(str(error)) from None

    @property
    def _reachable_host(self) -> str:
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return self.host
        if address.is_unspecified:
            return socket.gethostname()
        return f"[{address}]" if address.version == 6 else self.host


@dataclass(frozen=True)
class Databases:
    """The libpq addresses of Tend's tables and of Prefect's."""

    tend: str
    prefect: str


def named_databases() -> Databases:
    """The addresses that the user gave; empty where the embedded server is to be used, as it always is for the demo."""
    if IS_DEMO:
        return Databases("", "")
    return Databases(os.environ.get("TEND_DATABASE_URL", ""), os.environ.get("TEND_PREFECT_DATABASE_URL", ""))


def trusted_proxies() -> str:
    """The proxies whose X-Forwarded-For is believed, as uvicorn takes them. Raises CommandError for what is none."""
    named = [one.strip() for one in os.environ.get("TEND_TRUSTED_PROXIES", "127.0.0.1, ::1").split(",") if one.strip()]
    for one in named:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            # "*" is refused as well: whoever is believed by everybody can be anybody.
            raise CommandError(
                f"TEND_TRUSTED_PROXIES names {one!r}; addresses or networks of your proxies were expected, such as "
                "127.0.0.1, 10.0.0.0/8."
            ) from None
    return ",".join(named)


def stack_environment(addresses: Addresses, databases: Databases, memo: Path) -> dict[str, str]:
    """The environment of every process of the stack; what the user set for Prefect's pace wins."""
    ours = {
        "TEND_DATABASE_URL": databases.tend,
        "TEND_HOST": addresses.host,
        INSTALLATION: installation(),
        "TEND_WEB_URL": addresses.web,
        "PREFECT_HOME": str(PREFECT),
        "PREFECT_API_URL": f"{addresses.prefect}/api",
        "PREFECT_API_DATABASE_CONNECTION_URL": for_asyncpg(databases.prefect),
        # Prefect notes there that its blocks are registered; the note must go when the database goes.
        "PREFECT_SERVER_MEMO_STORE_PATH": str(memo),
        # Prefect's workers would share /tmp/runner_storage, which belongs to the first user who ran one.
        "TMPDIR": str(TEMP),
        "PYTHONUNBUFFERED": "1",
    }
    environment = PREFECT_DEFAULTS | _environment_of_user() | ours
    return environment | login_environment(environment, is_needed=addresses.is_open_to_others)


def _environment_of_user() -> dict[str, str]:
    """What the user set, without what is meant for another Prefect. The demo stands behind no proxy, has no login."""
    # A key of Prefect's cloud would take the place of the login.
    left_out = {"PREFECT_API_KEY", CLIENT} | ({"TEND_TRUSTED_PROXIES", SERVER} if IS_DEMO else set())
    return {name: value for name, value in os.environ.items() if name not in left_out}


def installation() -> str:
    """By which this installation's Prefect server is told from any other on the same port."""
    return hashlib.sha256(os.fsencode(STATE)).hexdigest()[:12]


def for_asyncpg(url: str) -> str:
    """The same address for SQLAlchemy with asyncpg, the driver that Prefect's server uses."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}" if scheme in {"postgres", "postgresql"} else url
