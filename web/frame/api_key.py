"""The key of this installation, by which programs post and ask."""

import hmac

from fastapi import Request
from sqlalchemy import Connection

from models.access.token import read_secret


def given_api_key(request: Request) -> str | None:
    """What stands in the header `Authorization: Bearer KEY`; None without such a header."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" else None


def has_api_key(request: Request, connection: Connection) -> bool:
    """Whether the request has the key of this installation."""
    key = given_api_key(request)
    return key is not None and hmac.compare_digest(key.encode(), read_secret(connection, "api key").encode())
