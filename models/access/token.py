"""Signed tokens for links that need no login: nobody can make or change one without the installation's key."""

import secrets
from functools import cache
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection, select, update
from sqlmodel import col

from models.database import database_url, engine
from models.tables.installation import Secret


class ForgedToken(ValueError):
    """This link is not one of ours, or was cut off when it was copied. Open it from the mail again."""


def sign_token(purpose: str, value: Any) -> str:
    """A token for the URL that carries `value` (anything that JSON can express) and is good for one purpose only."""
    return _serializer(database_url(), purpose).dumps(value)


def verify_token(purpose: str, token: str) -> Any:
    """What `sign_token` was given. Raises ForgedToken for anything else."""
    try:
        return _serializer(database_url(), purpose).loads(token)
    except BadSignature:
        raise ForgedToken(ForgedToken.__doc__) from None


def read_secret(connection: Connection, name: str) -> str:
    """A value of this installation: `signing key`, `api key`, `ops password`."""
    return connection.execute(select(col(Secret.value)).where(col(Secret.name) == name)).scalar_one()


def replace_secret(connection: Connection, name: str) -> str:
    """Give a secret another value, and return it. The caller commits."""
    value = secrets.token_urlsafe(32)
    connection.execute(update(Secret).where(col(Secret.name) == name).values(value=value))
    return value


def signing_key() -> str:
    """The key of this installation."""
    return _signing_key(database_url())


@cache
def _serializer(address: str, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(_signing_key(address), salt=purpose)


@cache
def _signing_key(address: str) -> str:
    with engine(address).connect() as connection:
        return read_secret(connection, "signing key")
