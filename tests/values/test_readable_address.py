"""International addresses as people read them."""

import pytest

from models.values.readers.readable_address import readable_address
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, browser


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("joe@xn--mller-kva.example", "joe@müller.example"),
        ("joe@mail.xn--bcher-kva.example", "joe@mail.bücher.example"),
        ("joe@xn--eckwd4c7c.jp", "joe@ドメイン.jp"),
        ("joe@xn--80ak6aa92e.com", "joe@xn--80ak6aa92e.com"),  # in Cyrillic letters that look like apple.com
        ("joe@xn--pple-43d.com", "joe@xn--pple-43d.com"),  # a Cyrillic a before Latin letters
        ("joe@xn--.com", "joe@xn--.com"),
        ("joe@example.com", "joe@example.com"),
        ("Ana Ribeiro", "Ana Ribeiro"),
        ("@xn--mller-kva.example", "@xn--mller-kva.example"),
    ],
)
def test_a_domain_is_shown_in_its_letters_unless_they_could_deceive(address: str, shown: str) -> None:
    assert readable_address(address) == shown


@pytest.mark.usefixtures("database_url")
def test_the_page_of_a_contact_without_a_name_is_headed_by_the_readable_address() -> None:
    apply_playbook()
    contact = a_contact(email="joe@xn--mller-kva.example", first_name=None, last_name=None, company=None)
    page = browser().get(f"/contacts/{contact}").text
    assert "<h1>joe@müller.example" in page
    assert "mailto:joe@xn--mller-kva.example" in page or "joe@xn--mller-kva.example" in page
