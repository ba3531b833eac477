"""What pages for ops ask of whoever opens them or sends a form: a login, and a role that may do it."""

import re
from dataclasses import dataclass

from fastapi import Request

from models.tables.access.login import Role
from web.frame.needs import read_needs
from web.frame.security import require_same_origin
from web.frame.who import acting, who_asks

# Other sites and schemes, and what browsers turn into them, are no paths of ours.
OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")

NEEDS_ROLE = (
    "This takes the role “{needed}”, and your login has the role “{has}”. Nothing was changed. Somebody with the role "
    "“set up” can give you another role on the page Logins."
)


class NeedsRole(Exception):
    """The role of a login is not enough; the sentence says which one is."""


@dataclass(frozen=True)
class RequiredRole:
    """A dependency: lets through whoever may do what this role may, and refuses forms of other sites."""

    role: Role

    def __call__(self, request: Request) -> None:
        """Raises NeedsLogin for strangers, NeedsRole for a role that is not enough."""
        require_same_origin(request)
        who = acting(request)
        if not who.may(self.role):
            raise NeedsRole(NEEDS_ROLE.format(needed=self.role, has=who.role))
        read_needs(request)


def require_role(role: str) -> RequiredRole:
    """The dependency for a role: `look`, `work` or `set up`. Each POST of a page for ops names one of the last two."""
    return RequiredRole(Role(role))


def require_ops(request: Request) -> None:
    """A dependency: lets ops through, sends others to the login page, refuses forms of other sites."""
    require_role("look")(request)


def has_session(request: Request) -> bool:
    """Whether ops ask: at this machine, or on a browser that has logged in."""
    return who_asks(request) is not None


def own_path(path: str) -> str:
    """A path of this site to go on to; the overview for anything else."""
    return path if OWN_PATH.fullmatch(path) else "/"
