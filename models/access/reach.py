"""From where the pages are reached: from this machine alone, or from elsewhere as well, by what the settings say.

Only where this machine alone reaches them are pages for ops open without a password.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

LISTENING = "TEND_HOST"
WEB_URL = "TEND_WEB_URL"
PROXIES = "TEND_TRUSTED_PROXIES"
EXAMPLE = "https://tend.example.com"


class ContradictorySettings(ValueError):
    """Settings by which the pages for ops might be open to everybody; the sentence says what to set."""


@dataclass(frozen=True)
class Reach:
    """What the settings say. Empty texts where they say nothing."""

    listening: str = ""
    """The host that the web process listens on."""
    web_url: str = ""
    """The address under which the world reaches the pages."""
    proxies: str = ""
    """Proxies that stand before the pages."""

    @property
    def is_this_machine_alone(self) -> bool:
        """Whether at least one setting names this machine, and none names anything else."""
        said = [is_loopback(self.listening)] if self.listening else []
        said += [is_loopback(_host(self.web_url))] if self.web_url else []
        return bool(said) and all(said)

    def check(self) -> None:
        """Raises ContradictorySettings for settings that would leave open what nobody wants open."""
        if self.web_url and not _host(self.web_url):
            raise ContradictorySettings(
                f"{WEB_URL} is {self.web_url!r}, which is no address of pages. Set it to the one under which others "
                f"reach them, with http:// or https:// before it, such as {EXAMPLE}."
            )
        if self.web_url and is_loopback(_host(self.web_url)) and self.listening and not is_loopback(self.listening):
            raise ContradictorySettings(
                f"The pages are to listen on {self.listening}, where others reach them, and {WEB_URL} is "
                f"{self.web_url}, which only this machine reaches. Set {WEB_URL} to the address that others use, such "
                f"as {EXAMPLE}, or listen on 127.0.0.1."
            )
        if self.proxies and self.is_this_machine_alone:
            raise ContradictorySettings(
                f"{PROXIES} says that a proxy stands before the pages ({self.proxies}), and {WEB_URL} does not say "
                "under which address others reach them, so the pages for ops would be open to everybody. Set "
                f"{WEB_URL} to that address, such as {EXAMPLE}; without a proxy, leave {PROXIES} out."
            )


def read_reach(environment: Mapping[str, str] = os.environ, arguments: Sequence[str] = ()) -> Reach:
    """What the environment says; `arguments` are those of uvicorn, where it was started without `./tend up`."""
    listening = environment.get(LISTENING) or _host_option(arguments) or environment.get("UVICORN_HOST", "")
    return Reach(listening, environment.get(WEB_URL, ""), environment.get(PROXIES, ""))


def check_start() -> None:
    """Before the pages of this process answer. Raises ContradictorySettings."""
    read_reach(arguments=sys.argv[1:]).check()


def is_loopback(host: str) -> bool:
    """Whether a host, as it stands in an address, is this machine itself, whatever a name server says."""
    name = host.strip("[]").removesuffix(".").lower()
    if name == "localhost":
        return True
    try:
        found = ip_address(name)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


def _host(url: str) -> str:
    """The host of an address of pages; empty for what is none."""
    try:
        parts = urlsplit(url.strip())
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _host_option(arguments: Sequence[str]) -> str:
    """What stands after --host, or in --host=."""
    parts = [part for argument in arguments for part in argument.split("=", 1)]
    at = parts.index("--host") + 1 if "--host" in parts else len(parts)
    return parts[at] if at < len(parts) else ""
