"""Countries as people call them."""

import pytest

from models.values.readers.country import country_code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("Germany", "DE"), ("Deutschland", "DE"), ("DE", "DE"), ("de", "DE"), ("DEU", "DE"), ("Allemagne", "DE")),
        *(
            ("Alemania", "DE"),
            ("Niemcy", "DE"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("United States", "US"),
            ("America", "US"),
        ),
        *(
            ("Etats-Unis", "US"),
            ("UK", "GB"),
            ("U.K.", "GB"),
            ("England", "GB"),
            ("Holland", "NL"),
            ("Österreich", "AT"),
        ),
        *(("Schweiz", "CH"), ("Suisse", "CH"), ("中国", "CN"), ("日本", "JP"), ("Россия", "RU"), ("Türkiye", "TR")),
        *(("Turkey", "TR"), ("The Netherlands", "NL"), ("South Korea", "KR"), ("Czech Republic", "CZ"), ("CAN", "CA")),
        *(("", None), ("Korea", None), ("Bavaria", None), ("EU", None), ("Select", None), ("840", None)),
    ],
)
def test_a_country_is_known_by_its_names_and_codes(written: str, code: str | None) -> None:
    assert country_code(written) == code
