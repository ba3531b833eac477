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


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("The Bahamas", "BS"), ("Gambia, The", "GM"), ("Moldova, Republic of", "MD"), ("Republic of India", "IN")),
        *(("Iran, Islamic Republic of", "IR"), ("Tanzania, United Republic of", "TZ"), ("Viet Nam", "VN")),
        *(("Bolivia, Plurinational State of", "BO"), ("Venezuela, Bolivarian Republic of", "VE")),
        *(("Korea, Republic of", "KR"), ("Korea, Democratic People's Republic of", "KP"), ("Korea (South)", "KR")),
        *(
            ("Congo, the Democratic Republic of the", "CD"),
            ("Congo (Kinshasa)", "CD"),
            ("Congo, Republic of the", "CG"),
        ),
        *(("Taiwan, Province of China", "TW"), ("People's Republic of China", "CN"), ("Hong Kong SAR", "HK")),
        *(("Kingdom of Saudi Arabia", "SA"), ("KSA", "SA"), ("United Arab Emirates (UAE)", "AE"), ("U.A.E.", "AE")),
        *(("EEUU", "US"), ("EE. UU.", "US")),
        *(
            ("Holy See (Vatican City State)", "VA"),
            ("Falkland Islands (Malvinas)", "FK"),
            ("Virgin Islands, U.S.", "VI"),
        ),
        *(("Palestine, State of", "PS"), ("Libyan Arab Jamahiriya", "LY"), ("Dominican Republic", "DO")),
        *(("United Kingdom of Great Britain and Northern Ireland", "GB"), ("N. Ireland", "GB"), ("Dominica", "DM")),
        *(("Saint Kitts and Nevis", "KN"), ("St Vincent & Grenadines", "VC"), ("Trinidad", "TT")),
        *(
            ("Germany (DE)", "DE"),
            ("DE - Germany", "DE"),
            ("Deutschland / Germany", "DE"),
            ("\U0001f1e9\U0001f1ea", "DE"),
        ),
        *(("Philipines", "PH"), ("Untied States", "US"), ("Switserland", "CH"), ("Indonisia", "ID")),
        *(("Slovekia", None), ("Scandinavia", None), ("Latin America", None), ("France / Germany", None)),
        *(("Republic", None), ("States", None), ("Kingdom of the", None), ("x" * 5_000, None)),
    ],
)
def test_the_names_that_lists_and_typists_give_a_country_are_known(written: str, code: str | None) -> None:
    assert country_code(written) == code
