"""Values of strangers are read in a time that grows with their length and no faster, whatever field they are for."""

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from models.leads.reading.lead import UnreadableLead
from models.leads.reading.read_lead import read_lead
from models.leads.reading.told_late import KEY_HOLDER
from models.playbook.source import CONTACT_FIELDS, SPECIAL_FIELDS
from tests.support.playbook import the_shipped_playbook

SHORT, LONG = 12_500, 50_000
UNNOTICED_SECONDS = 0.05
REPEATED = ("a", " ", "1", "\n", "@", "<", "a ", "1 ", "-", ".", ",", "(", "[", "a@b.", "1:00 ", "$", "T00:00 ", " x")
NOW = datetime.now(UTC)
FIELDS = sorted({*CONTACT_FIELDS, *SPECIAL_FIELDS, *the_shipped_playbook().fields, "form", "event_id", "contact_id"})


def seconds(source: str, field: str, repeated: str, size: int) -> float:
    value = repeated * (size // len(repeated)) + "\x01"
    began = time.process_time()
    with suppress(UnreadableLead):
        read_lead(source, the_shipped_playbook(), {"contact_id": "17", field: value}, NOW, sending=KEY_HOLDER)
    return time.process_time() - began


@pytest.mark.parametrize("field", FIELDS)
def test_a_long_value_takes_as_much_longer_as_it_is_longer(field: str) -> None:
    source = "shop" if field.startswith("order_") else "api"
    for repeated in REPEATED:
        if seconds(source, field, repeated, LONG) > UNNOTICED_SECONDS:
            short, long = (min(seconds(source, field, repeated, size) for _ in range(3)) for size in (SHORT, LONG))
            assert long <= 10 * short, repeated
