"""Names of people from all over the world: how they are kept, and by what a mail may greet them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.readers.bad_value import BadValue
from models.values.readers.person_name import (
    company_in,
    greeting,
    in_case,
    read_first_name,
    read_full_name,
    read_last_name,
)

NAMES = """
Ann Lee                       | Ann            | Lee                   | Ann
Ann Marie Lee                 | Ann            | Marie Lee             | Ann
ANN LEE                       | Ann            | Lee                   | Ann
ann lee                       | Ann            | Lee                   | Ann
jOHN sMITH                    | John           | Smith                 | John
Smith, John                   | John           | Smith                 | John
SMITH, JOHN                   | John           | Smith                 | John
Smith, John, Jr.              | John           | Smith                 | John
Smith Jr., John               | John           | Smith                 | John
Smith, Jr., John              | John           | Smith                 | John
John Smith, Jr.               | John           | Smith                 | John
John Smith Jr.                | John           | Smith                 | John
John Smith jr                 | John           | Smith                 | John
John Smith III                | John           | Smith                 | John
John Smith, MD, PhD           | John           | Smith                 | John
John Smith M.D.               | John           | Smith                 | John
John Smith, DO                | John           | Smith                 | John
Ann Lee, Esq.                 | Ann            | Lee                   | Ann
Ann Lee, CPA, MBA             | Ann            | Lee                   | Ann
Ma, Andrew                    | Andrew         | Ma                    | Andrew
Andrew Ma                     | Andrew         | Ma                    | Andrew
David Roth, M.Ed              | David          | Roth                  | David
John Smith, MSW               | John           | Smith                 | John
García López, ANA             | Ana            | García López          | Ana
The Honorable James A. Rea, PhD | James        | Rea                   | James
Ben null                      | Ben            |                       | Ben
Ann undefined                 | Ann            |                       | Ann
Robert Lee Elder III          | Robert         | Lee Elder             | Robert
Ann Lee, CEO                  | Ann            | Lee                   | Ann
Ann Lee, VP Sales             | Ann            | Lee                   | Ann
Ann Lee, Acme Inc.            | Ann            | Lee                   | Ann
Ann Lee.                      | Ann            | Lee                   | Ann
Ann Lee (she/her)             | Ann            | Lee                   | Ann
Robert (Bob) Smith            | Robert         | Smith                 | Robert
Dwayne "The Rock" Johnson     | Dwayne         | Johnson               | Dwayne
Dr. Ann Lee                   | Ann            | Lee                   | Ann
Dr Ann Lee                    | Ann            | Lee                   | Ann
Dr. Lee                       |                | Lee                   |
Lee Dr                        |                | Lee                   |
Mr. Smith                     |                | Smith                 |
Mr John Smith                 | John           | Smith                 | John
MR JOHN SMITH                 | John           | Smith                 | John
Mrs. Smith                    |                | Smith                 |
Ms. J. Doe                    | J.             | Doe                   |
Mx. Sam Ray                   | Sam            | Ray                   | Sam
Miss Jane Eyre                | Jane           | Eyre                  | Jane
Prof. Jane Goodall            | Jane           | Goodall               | Jane
Rev. John Smith               | John           | Smith                 | John
Capt. James T. Kirk           | James          | Kirk                  | James
Lt. Col. Ann Lee              | Ann            | Lee                   | Ann
Hon. Ruth Bader Ginsburg      | Ruth           | Bader Ginsburg        | Ruth
Sir Ian McKellen              | Ian            | McKellen              | Ian
Dame Judi Dench               | Judi           | Dench                 | Judi
Fr. John Brown                | John           | Brown                 | John
Don Draper                    | Don            | Draper                | Don
Major Jackson                 | Major          | Jackson               | Major
J. Edgar Hoover               | J. Edgar       | Hoover                | Edgar
J.K. Rowling                  | J.K.           | Rowling               |
J. R. R. Tolkien              | J. R. R.       | Tolkien               |
John Q. Public                | John           | Public                | John
JP Morgan                     | JP             | Morgan                | JP
TJ Miller                     | TJ             | Miller                | TJ
Björk                         | Björk          |                       | Björk
Cher                          | Cher           |                       | Cher
MARIA                         | Maria          |                       | Maria
J                             | J              |                       |
McDonald, Ronald              | Ronald         | McDonald              | Ronald
RONALD MCDONALD               | Ronald         | McDonald              | Ronald
ronald mcdonald               | Ronald         | McDonald              | Ronald
Ewan McGregor                 | Ewan           | McGregor              | Ewan
O'BRIEN PATRICK               |                | O'Brien Patrick       |
Bob 🎉                        | Bob            |                       | Bob
★ Ann Lee ❤️                   | Ann            | Lee                   | Ann
SEAN O'BRIEN                  | Sean           | O'Brien               | Sean
Sean O’Brien                  | Sean           | O'Brien               | Sean
sinéad o'connor               | Sinéad         | O'Connor              | Sinéad
DeShawn Jones                 | DeShawn        | Jones                 | DeShawn
LaToya Jackson                | LaToya         | Jackson               | LaToya
Ann-Marie Lee                 | Ann-Marie      | Lee                   | Ann-Marie
ANNE-MARIE DUPONT             | Anne-Marie     | Dupont                | Anne-Marie
Leonardo DiCaprio             | Leonardo       | DiCaprio              | Leonardo
Jan van der Berg              | Jan            | van der Berg          | Jan
JAN VAN DER BERG              | Jan            | van der Berg          | Jan
jan van der berg              | Jan            | van der Berg          | Jan
Berg, Jan van der             | Jan            | van der Berg          | Jan
Vincent van Gogh              | Vincent        | van Gogh              | Vincent
Van Morrison                  | Van            | Morrison              | Van
Dhr. Jan Jansen               | Jan            | Jansen                | Jan
Mevrouw De Vries              | De             | Vries                 | De
Herr Müller                   |                | Müller                |
Frau Dr. Müller               |                | Müller                |
Herr Hans Müller              | Hans           | Müller                | Hans
Prof. Dr. Dr. h.c. Hans Müller | Hans          | Müller                | Hans
Dr. med. Anna Schmidt         | Anna           | Schmidt               | Anna
Dipl.-Ing. Karl Weiß          | Karl           | Weiß                  | Karl
Karl-Heinz Groß               | Karl-Heinz     | Groß                  | Karl-Heinz
Ursula von der Leyen          | Ursula         | von der Leyen         | Ursula
URSULA VON DER LEYEN          | Ursula         | von der Leyen         | Ursula
M. Jean Dupont                | Jean           | Dupont                | Jean
Mme Dupont                    |                | Dupont                |
Mlle Claire Martin            | Claire         | Martin                | Claire
Jean DUPONT                   | Jean           | Dupont                | Jean
DUPONT Jean                   | Jean           | Dupont                | Jean
Jean-Pierre DE LA TOUR        | Jean-Pierre    | de la Tour            | Jean-Pierre
Charles de Gaulle             | Charles        | de Gaulle             | Charles
Alexandre Dumas fils          | Alexandre      | Dumas fils            | Alexandre
Sr. Juan García               | Juan           | García                | Juan
Sra. García                   |                | García                |
Srta. Ana López               | Ana            | López                 | Ana
María José García López       | María          | José García López     | María
MARÍA DE LA CRUZ              | María          | de la Cruz            | María
De la Cruz, María             | María          | De la Cruz            | María
Gabriel García Márquez        | Gabriel        | García Márquez        | Gabriel
Lic. Pedro Gómez              | Pedro          | Gómez                 | Pedro
José Ortega y Gasset          | José           | Ortega y Gasset       | José
Sig. Mario Rossi              | Mario          | Rossi                 | Mario
Sig.ra Maria Rossi            | Maria          | Rossi                 | Maria
Dott.ssa Anna Bianchi         | Anna           | Bianchi               | Anna
Avv. Luca D'Angelo            | Luca           | D'Angelo              | Luca
LUCA D'ANGELO                 | Luca           | D'Angelo              | Luca
Dra. Ana Souza                | Ana            | Souza                 | Ana
João da Silva                 | João           | da Silva              | João
JOÃO DOS SANTOS               | João           | dos Santos            | João
José Silva Neto               | José           | Silva Neto            | José
Neto, José                    | José           | Neto                  | José
Fru Hansen                    |                | Hansen                |
Søren Kierkegaard             | Søren          | Kierkegaard           | Søren
Åsa Öberg                     | Åsa            | Öberg                 | Åsa
Lars af Ekenstam              | Lars           | af Ekenstam           | Lars
Herra Virtanen                |                | Virtanen              |
Pani Kowalska                 |                | Kowalska              |
Mgr Jan Kowalski              | Jan            | Kowalski              | Jan
Łukasz Żak                    | Łukasz         | Żak                   | Łukasz
Ing. Petr Novák, Ph.D.        | Petr           | Novák                 | Petr
MUDr. Jana Nováková           | Jana           | Nováková              | Jana
Paní Nováková                 |                | Nováková              |
г-н Иванов                    |                | Иванов                |
Анна Иванова                  | Анна           | Иванова               | Анна
АННА ИВАНОВА                  | Анна           | Иванова               | Анна
Ольга Петренко                | Ольга          | Петренко              | Ольга
Γιώργος Παπαδόπουλος          | Γιώργος        | Παπαδόπουλος          | Γιώργος
Κα Παπαδοπούλου               |                | Παπαδοπούλου          |
Sayın Ayşe Yılmaz             | Ayşe           | Yılmaz                | Ayşe
İBRAHİM ÇELİK                 | İbrahim        | Çelik                 | İbrahim
Mehmet Bey                    |                | Mehmet                |
Shri Ram Kumar                | Ram            | Kumar                 | Ram
Smt. Sushma Rao               | Sushma         | Rao                   | Sushma
Priya Ramakrishnan            | Priya          | Ramakrishnan          | Priya
A. P. J. Abdul Kalam          | A. P. J. Abdul | Kalam                 | Abdul
Abdul Rahman Khan             | Abdul Rahman   | Khan                  | Abdul Rahman
Abd al-Rahman                 | Abd al-Rahman  |                       | Abd al-Rahman
Sheikh Omar Farouk            | Omar           | Farouk                | Omar
Mohammed bin Salman           | Mohammed       | bin Salman            | Mohammed
فاطمة الزهراء                 | فاطمة          | الزهراء               | فاطمة
דוד לוי                       | דוד            | לוי                   | דוד
अमित शर्मा                    | अमित           | शर्मा                 | अमित
Encik Ahmad Zaki              | Ahmad          | Zaki                  | Ahmad
Bapak Joko Widodo             | Joko           | Widodo                | Joko
Nguyễn Văn An                 |                | Nguyễn Văn An         |
Tran Thi Mai                  |                | Tran Thi Mai          |
Zhang Wei                     |                | Zhang Wei             |
Wei Zhang                     | Wei            | Zhang                 | Wei
Tanaka Yuki                   |                | Tanaka Yuki           |
Tanaka-san                    |                | Tanaka                |
Yuki Tanaka                   | Yuki           | Tanaka                | Yuki
田中 太郎                      |                | 田中 太郎              |
王小明                         |                | 王小明                 |
김민수                         |                | 김민수                 |
Kim Lee                       | Kim            | Lee                   | Kim
Ann & Bob Lee                 |                | Ann & Bob Lee         |
Ann and Bob Lee               |                | Ann and Bob Lee       |
Hans und Eva Müller           |                | Hans und Eva Müller   |
Ann/Bob                       |                | Ann/Bob               |
Jennifer Null                 | Jennifer       | Null                  | Jennifer
None Smith                    | None           | Smith                 | None
Christian Test                | Christian      | Test                  | Christian
John Co                       | John           | Co                    | John
Kelly Price                   | Kelly          | Price                 | Kelly
Sia Furler                    | Sia            | Furler                | Sia
Martin Luther King Jr         | Martin         | Luther King           | Martin
Ludwig van Beethoven          | Ludwig         | van Beethoven         | Ludwig
Siobhán Ní Dhomhnaill         | Siobhán        | Ní Dhomhnaill         | Siobhán
Owain ap Rhys                 | Owain          | ap Rhys               | Owain
Ōkubo Ren, PhD                | Ōkubo          | Ren                   | Ōkubo
Nakamura Ren                  |                | Nakamura Ren          |
Thandiwe Nkosi                | Thandiwe       | Nkosi                 | Thandiwe
Chimamanda Ngozi Adichie      | Chimamanda     | Ngozi Adichie         | Chimamanda
"""
TABLE = [[cell.strip() for cell in line.split("|")] for line in NAMES.strip().splitlines()]


def test_the_table_is_of_the_whole_world() -> None:
    assert len(TABLE) >= 150


@pytest.mark.parametrize(("written", "first", "last", "greeted"), TABLE, ids=[line[0] for line in TABLE])
def test_a_name_is_kept_as_its_owner_writes_it_and_greets_as_they_accept(
    written: str, first: str, last: str, greeted: str
) -> None:
    found = read_full_name(written)
    assert (found.first or "", found.last or "") == (first, last)
    assert (greeting(found.first) or "") == greeted


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "-",
            ".",
            "?",
            "123",
            "Ann123",
            "Dr.",
            "Mr",
            "Test",
            "test test",
            "asdf",
            "aaa",
            "Test User",
            "Reception",
            "First Last",
        ),
        *(
            "Ann🙂Lee",
            "🎁🎁🎁",
            "http://spam.example",
            "www.spam.ru",
            "spam.com",
            "ann@example.com",
            "Ann <b>",
        ),
        *("please call me back", "I want to know the price", "my name is Ann", "Buy cheap pills for your money now"),
        *(
            "Hello, I would like a demo of this",
            "Ann!!!",
            "{{first_name}}",
            "Ann; DROP TABLE",
            "a" * 81,
            "€€€",
            "+1 415 555",
        ),
    ],
)
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(BadValue, match="a person's name"):
        read_full_name(written)


@pytest.mark.parametrize(
    "written",
    [
        *("Acme, Inc.", "Acme Inc", "ACME INC.", "Northwind Traders LLC", "Müller GmbH", "GmbH Müller", "Siemens AG"),
        *(
            "Louis Vuitton SA",
            "Nokia Oy",
            "Philips N.V.",
            "Rossi S.r.l.",
            "Dupont SARL",
            "Żak Sp. z o.o.",
            "ООО Ромашка",
        ),
        *(
            "株式会社 田中",
            "Silva Ltda.",
            "Tata Pvt. Ltd.",
            "John & Co",
            "Smith Consulting",
            "Lee Holdings",
            "UAB Lietuva",
        ),
        *("Cemex S.A. de C.V.", "Novo A/S", "The Ford Company", "University of Maine Foundation"),
    ],
)
def test_a_company_is_no_person(written: str) -> None:
    assert company_in(written)
    with pytest.raises(BadValue, match="a person's name"):
        read_full_name(written)


@pytest.mark.parametrize("country", ["HU", "VN", "JP"])
def test_where_family_names_come_first_the_order_says_nothing(country: str) -> None:
    assert read_full_name("Nagy Anna", country) == (None, "Nagy Anna")
    assert read_full_name("Nagy, Anna", country) == ("Anna", "Nagy")
    assert read_full_name("Anna NAGY", country) == ("Anna", "Nagy")
    assert read_full_name("Nagy Anna", "US") == ("Nagy", "Anna")


@pytest.mark.parametrize(
    ("written", "kept"),
    [("ANN", "Ann"), ("Dr. Ann", "Ann"), ("Ann Marie", "Ann Marie"), ("McKenzie", "McKenzie"), ("Select", "Select")],
)
def test_a_first_name_has_no_title(written: str, kept: str) -> None:
    assert read_first_name(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("SMITH", "Smith"),
        ("Smith, Jr.", "Smith"),
        ("VAN DER BERG", "van der Berg"),
        ("O'BRIEN", "O'Brien"),
        ("Test", "Test"),
    ],
)
def test_a_last_name_has_no_suffix(written: str, kept: str) -> None:
    assert read_last_name(written) == kept


@pytest.mark.parametrize(
    "first_name", [None, "", " ", "Dr.", "J.", "J", "A. B.", "info", "Test", "Ann & Bob", "太郎", "Acme Inc."]
)
def test_who_cannot_be_greeted_is_greeted_by_no_name(first_name: str | None) -> None:
    assert greeting(first_name) is None


def test_a_name_kept_long_ago_is_put_in_order_for_the_greeting() -> None:
    assert [greeting(name) for name in ("ANN", "Dr. Ann", "ann", "J. Edgar")] == ["Ann", "Ann", "Ann", "Edgar"]


@given(st.text(max_size=40) | st.text("abcAB .,-'", max_size=20))
def test_anything_at_all_is_a_name_or_refused(written: str) -> None:
    with suppress(BadValue):
        found = read_full_name(written)
        assert found.first or found.last
    with suppress(BadValue):
        assert in_case(read_first_name(written))
    assert greeting(written) != ""
