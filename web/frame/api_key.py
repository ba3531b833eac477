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


def has_api_key(request: Request, connection: Connection) -> bool:
    """Whether the request has the key of this installation."""
    _Known.key = read_secret(connection, "api key")
    return had_api_key(request)


def had_api_key(request: Request) -> bool:
    """The same without a database: by the key as it was read last."""
    key = given_api_key(request)
    return key is not None and _Known.key is not None and hmac.compare_digest(key.encode(), _Known.key.encode())
