"""The key of this installation, by which programs post and ask."""

import hmac

from fastapi import Request
from sqlalchemy import Connection

from models.access.token import read_secret


def given_api_key(request: Request) -> str | None:
    """What stands in the header `Authorization: Bearer KEY`; None without such a header."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" else None


class _Known:
    """The key as it was read last by this process."""

    key: str | None = None


def read_api_key(connection: Connection) -> None:
    """Read the key, for whoever asks from now on."""
    _Known.key = read_secret(connection, "api key")


def has_api_key(request: Request, connection: Connection) -> bool:
    """Whether the request has the key of this installation."""
    read_api_key(connection)
    return has_last_api_key(request)


def has_last_api_key(request: Request) -> bool:
    """The same without a database: by the key as it was read last. Whoever guesses keys asks the database nothing."""
    key = given_api_key(request)
    return key is not None and _Known.key is not None and hmac.compare_digest(key.encode(), _Known.key.encode())
