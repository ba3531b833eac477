"""Values that are made to hold up a reader: each is read or refused at once, however long and odd it is."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from models.values.readers.amount import read_amount
from models.values.readers.bad_value import BadValue
from models.values.readers.checkbox import read_checkbox
from models.values.readers.count import read_employees
from models.values.readers.country import country_code
from models.values.readers.day import read_date
from models.values.readers.email_address import read_emails
from models.values.readers.number import read_number
from models.values.readers.person_name import greeting, read_full_name, read_last_name
from models.values.readers.phone import read_phones

READERS: dict[str, Callable[[str], Any]] = {
    **{"number": read_number, "amount": read_amount, "employees": read_employees, "date": read_date},
    **{"checkbox": read_checkbox, "email": read_emails, "phone": lambda text: read_phones(text, "US")},
    **{"name": read_full_name, "last name": read_last_name, "greeting": greeting, "country": country_code},
}
LENGTH = 10_000
REPEATED = (
    "[",
    "(",
    "<",
    "<@",
    "“",
    '"',
    ",",
    " ",
    "1 ",
    "1,",
    "1'",
    "-",
    "x",
    "#",
    "a@",
    "a. ",
    "I agree ",
    "ich stimme ",
)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("repeated", REPEATED)
def test_no_value_holds_up_its_reader(reader: str, repeated: str) -> None:
    text = "a" + repeated * (LENGTH // len(repeated) - 1)
    country_code("US")  # gathers the names of countries, once
    begun = time.process_time()
    with suppress(BadValue):
        READERS[reader](text)
    assert time.process_time() - begun < 0.5
