"""Which mailer sends, as ops choose it in Prefect: a variable, a block, and what is said when they do not fit."""

import asyncio
from collections.abc import Iterator

import pytest
from prefect.blocks.core import Block
from prefect.variables import Variable
from pydantic import SecretStr

from blocks.current_mailer import InvalidMailer, NoSuchMailer, _Cache, current_mailer
from blocks.local_mailbox import LocalMailbox
from blocks.mailer import Mailer
from blocks.sendgrid import SendGridMailer, Tracking
from blocks.smtp import SmtpMailer

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def nothing_chosen(prefect_server: None) -> Iterator[None]:
    _Cache.mailer, _Cache.until = None, 0.0
    yield
    _Cache.mailer, _Cache.until = None, 0.0
    Variable.unset("mailer")


def in_force() -> Mailer:
    """As it is a minute later."""
    _Cache.until = 0.0
    return asyncio.run(current_mailer())


def choose(address: str) -> None:
    Variable.set("mailer", address, overwrite=True)


def test_without_a_choice_mail_goes_to_the_local_mailbox() -> None:
    assert isinstance(in_force(), LocalMailbox)


def test_a_saved_block_sends_and_keeps_its_connections_until_it_changes() -> None:
    key = SecretStr("SG.abc.def\n")
    SendGridMailer(api_key=key, tracking=Tracking.SENDGRID).save("main", overwrite=True)
    choose("sendgrid-mailer/main")

    first = in_force()
    assert isinstance(first, SendGridMailer)
    assert (first.api_key.get_secret_value(), first.tracking) == ("SG.abc.def", Tracking.SENDGRID)
    assert in_force() is first

    SendGridMailer(api_key=key, sandbox=True).save("main", overwrite=True)
    changed = in_force()
    assert isinstance(changed, SendGridMailer)
    assert (changed.sandbox, changed.tracking) == (True, Tracking.TEND)

    SmtpMailer(host="mail.example.com").save("office", overwrite=True)
    choose("smtp-mailer/office")
    assert isinstance(in_force(), SmtpMailer)


@pytest.mark.parametrize("address", ["sendgrid-mailer/nobody", "what is this", "nothing/here"])
def test_a_choice_that_is_none_is_named(address: str) -> None:
    choose(address)
    with pytest.raises(NoSuchMailer, match="is no saved mailer block"):
        in_force()


def test_a_block_that_the_ui_let_through_says_what_is_wrong_without_its_key() -> None:
    block = SendGridMailer.model_construct(api_key=SecretStr("SG.abc def"), host="api.sendgrid.com")
    Block.save(block, "mistyped", overwrite=True)
    choose("sendgrid-mailer/mistyped")

    with pytest.raises(InvalidMailer) as raised:
        in_force()

    assert "api_key: Value error, expected a key such as SG.abc.def" in str(raised.value)
    assert "host: Value error, expected https://api.sendgrid.com" in str(raised.value)
    assert "SG.abc def" not in str(raised.value)
