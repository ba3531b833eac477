"""`tend secrets`: what other systems and ops need to be let in."""

from deployments.database_address import database_address
from deployments.refusal import Refusal
from models.database import engine
from models.token import secret


def secrets_of_this_installation() -> dict[str, str]:
    """Those that people use; the key that signs links never leaves the database."""
    address, is_up = database_address()
    if not is_up:
        raise Refusal("The secrets lie in the database, which is down. ./tend up starts it.")
    with engine(address).connect() as connection:
        return {name: secret(connection, name) for name in ("api key", "ops password")}
