"""How many people a company has, as forms ask for it."""

from typing import Any

import pytest

from models.values.readers.bad_value import BadValue
from models.values.readers.count import read_employees


@pytest.mark.parametrize(
    ("written", "lower_end"),
    [
        *(("50", 50), (50, 50), (50.0, 50), ("50.0", 50), ("0", 0), ("1 000", 1000), ("1'000", 1000), ("5K", 5000)),
        *(("5.5K", 5500), ("10 Mio", 10_000_000), ("11–50", 11), ("11-50", 11), ("11 — 50", 11), ("51 to 200", 51)),
        *(("51 bis 200", 51), ("de 11 à 50", 11), ("entre 10 y 50", 10), ("1 a 10", 1), ("between 11 and 50", 11)),
        *(("1-10 employees", 1), ("201-500 Mitarbeiter", 201), ("50 people", 50), ("50 FTE", 50), ("10k-50k", 10_000)),
        *(("10 001+", 10_001), ("10,001+", 10_001), ("500 plus", 500), ("500 or more", 500), (">= 500", 500)),
        *(("at least 500", 500), ("> 500", 501), ("more than 500", 501), ("über 500", 501), ("plus de 50", 51)),
        *(("<10", 1), ("under 10", 1), ("up to 10", 1), ("weniger als 10", 1), ("~50", 50), ("about 50", 50)),
    ],
)
@pytest.mark.parametrize("country", ["US", "DE", "FR"])
def test_of_a_range_the_lower_end_counts(written: Any, lower_end: int, country: str) -> None:
    """Of fewer than some it is one: a company has somebody."""
    assert read_employees(written, country) == lower_end


def test_thousands_are_those_of_the_country() -> None:
    assert read_employees("10.000-50.000", "DE") == 10_000
    assert read_employees("1,000+", "US") == 1_000
    assert read_employees("1.000", "DE") == 1_000


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "ten",
            "many",
            "just me",
            "5 or 6",
            "Nov-50",
            "10-Jan",
            "1.000",
            "10.000-50.000",
            "2,5",
            "2.5",
            "50%",
            "-5",
        ),
        *(
            "50-10",
            "10-50k",
            "1-2-3",
            "2026-03-31",
            "<many",
            "20M",
            "$50",
            "+1 415 555 0123",
            "1" * 70,
            50.5,
            True,
            None,
        ),
    ],
)
def test_what_is_no_clear_number_of_people_is_refused(written: Any) -> None:
    """Among them what a spreadsheet has made of 11-50, and a lower end that may be ten or ten thousand."""
    with pytest.raises(BadValue, match="a number of people such as 50"):
        read_employees(written, "US")
