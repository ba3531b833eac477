"""Notes of absence and automatic answers in the languages of our readers, beside what people write in the same "
"words."""

import pytest

from models.mail.inbound.classify import classify
from models.mail.inbound.mime import ParsedMail
from models.tables.inbound_mail import InboundKind

SUBJECTS_OF_PROGRAMS = [
    "Automatic reply: Hello",
    "Automatic reply: Nyaan",
    "Auto reply: Nyaan",
    "Auto-Reply: Example Agency",
    "Autoreply",
    "[Auto-Reply] Re: client sites",
    "Out of Office: Example Agency",
    "Out of the office until Monday",
    "OOO until 9/21",
    "I'm out of the office",
    "Vacation reply",
    "Away from the office",
    "Abwesenheitsnotiz: Example Agency",
    "Automatische Antwort: Ihre Anfrage",
    "Abwesenheitsnotiz",
    "Réponse automatique : Example Agency",
    "Réponse automatique : Bonjour",
    "Respuesta automática: Hola",
    "Fuera de la oficina — respuesta automática",
    "Risposta automatica: Example Agency",
    "Automatisch antwoord: Afwezig",
    "Afwezig: Hallo",
    "Resposta automática: Olá",
    "Autosvar: Hej",
    "Automatiskt svar: Hej",
    "Automatisk svar: Hej",
    "Automaattinen vastaus: Hei",
    "Odpowiedź automatyczna: Witam",
    "Automatická odpověď: Dobrý den",
    "Automatikus válasz: Ajánlat",
    "Răspuns automat: Salut",
    "Otomatik Yanıt: Merhaba",
    "Автоматический ответ: Привет",
    "Автоматична відповідь: Привіт",
    "Αυτόματη απάντηση: Γεια",
    "自動応答: こんにちは",
    "自动回复: 你好",
    "自動回覆: 你好",
    "자동 회신: 안녕하세요",
    "رد تلقائي: مرحبا",
    "תשובה אוטומטית: שלום",
    "[TAG] Out of Office",
    "Automatische Antwort: AW: Inquiry",
    "Out of Office AutoReply: Hello",
    "Absence du bureau",
]

SUBJECTS_OF_PEOPLE = [
    "I'm out of the office tomorrow so let us do the call today",
    "Mi trovo fuori ufficio ma vorrei acquistare",
    "Je suis en congés mais je veux commander deux places",
    "Je suis en déplacement, rappelez-moi lundi",
    "I'm not available on Tuesday. Please contact me next week about the purchase.",
    "Re: Example Agency's client sites",
    "Re: back in the office — let’s talk",
    "Office hours next week?",
    "Re: automatic invoicing question",
    "Question on leave policy",
    "Out of office chairs: quote?",
    "Re: your vacation rental",
    "Re: Out of office hours?",
    "Away game tickets",
    "Re: Automatic reply: Hello",
    "On vacation: which tent?",
    "Vacation rental offer",
    "Question about absence management",
    "Abwesenheitsplaner: Angebot",
    "Urlaubsplanung 2026",
    "Automatic doors - quote",
    "Absence tracking software",
    "Congés payés: question sur le module",
    "Vacaciones: consulta",
    "Out of stock?",
    "Ferie e permessi: modulo",
    "Frage zur Abwesenheitsverwaltung",
]

NOTES = [
    "I am currently away returning to the office on May 5th. I will have limited access to email and will respond to "
    "you upon my return.\n\nKijitora, Nyaan.",
    "Thank you for your email. I am out of the office until further notice.",
    "Hello,\n\nI am currently out of the office until Friday.",
    "Ich bin derzeit nicht im Büro und ab dem 5. Oktober wieder erreichbar.",
    "Ich bin bis zum 05.09. nicht im Büro.",
    "Vielen Dank für Ihre Nachricht. Ich befinde mich im Urlaub.",
    "Ich bin derzeit außer Haus und habe keinen Zugriff auf E-Mails.",
    "Ich bin im Urlaub bis zum 15. Januar.",
    "Vielen Dank für Ihre Nachricht. Ich bin derzeit nicht im Büro und werde mich nach meiner Rückkehr bei Ihnen "
    "melden.",
    "Ich bin derzeit nicht im Büro und habe keinen Zugriff auf meine E-Mails. Für dringende Angelegenheiten wenden "
    "Sie sich bitte an mein Team.",
    "Vielen Dank für Ihre Nachricht. Ich bin derzeit im Urlaub und nicht erreichbar. Ich werde Ihre E-Mail nach "
    "meiner Rückkehr bearbeiten.",
    "Je suis actuellement absent du bureau.",
    "Bonjour,\n\nJe suis actuellement absent du bureau et de retour le 24 septembre 2026.\nPour toute urgence "
    "concernant le projet Atlas, merci de contacter le service opérations.\n\nCordialement,\nYann Leclerc",
    "Bonjour, je suis actuellement absent du bureau et je prendrai connaissance de votre message à mon retour.",
    "Je suis absente du 15/11 au 25/11.",
    "Je suis actuellement absent jusqu'au 20 septembre.",
    "Estaré fuera de la oficina hasta el lunes. Para urgencias, contactar a soporte@prospecto-demo.test.",
    "Estaré fuera de la oficina con acceso limitado a correos hasta el 10 de octubre 2026.\nResponderé a su mensaje "
    "lo antes posible.",
    "Me encuentro de vacaciones del 12 al 20 de octubre.",
    "Estaré ausente hasta el 20/10.",
    "Sono fuori ufficio fino al 20 ottobre. Per urgenze contattare il collega Mario.",
    "Buongiorno,\nsono in ferie e rientrerò il 3 settembre.\nCordiali saluti\nAnna",
    "Bedankt voor uw bericht. Ik ben vanaf 26 maart t/m 29 maart 2026 niet aanwezig.",
    "Op woensdag 11 mrt en donderdag 12 mrt ben ik vrij.",
    "ik ben niet aanwezig op dinsdag 17/02/2026",
    "Ik ben momenteel afwezig.",
    "Estou de férias até ao dia 20. Em caso de urgência contacte o meu colega.",
    "Jag är på semester och åter på kontoret den 5 augusti. Vid brådskande ärenden kontakta Lars.",
    "Jeg er på ferie og tilbage på kontoret mandag.",
    "Jeg er ikke på kontoret i dag. Ved hastesaker, kontakt Ola.",
    "Olen lomalla ja palaan 5.8. Kiireellisissä asioissa ottakaa yhteyttä Mattiin.",
    "Jestem na urlopie do 15 sierpnia. W pilnych sprawach proszę o kontakt z Janem.",
    "Jsem na dovolené do 15. srpna. V naléhavých případech kontaktujte kolegu.",
    "Szabadságon vagyok augusztus 15-ig. Sürgős esetben keresse kollégámat.",
    "Sunt în concediu până pe 15 august. Pentru urgențe contactați colegul meu.",
    "15 Ağustos tarihine kadar izindeyim. Acil durumlar için iş arkadaşıma ulaşabilirsiniz.",
    "Я в отпуске до 15 августа. По срочным вопросам обращайтесь к коллеге.",
    "Я у відпустці до 15 серпня. З термінових питань звертайтеся до колеги.",
    "Είμαι σε άδεια έως 15 Αυγούστου. Για επείγοντα επικοινωνήστε με τον συνάδελφο.",
    "8月10日から15日まで休暇をいただいております。緊急の場合は同僚までご連絡ください。",
    "我目前正在休假，8月15日返回。如有紧急事项，请联系我的同事。",
    "현재 휴가 중입니다. 8월 15일에 복귀합니다. 급한 용무는 동료에게 연락 바랍니다.",
    "أنا خارج المكتب حتى 15 أغسطس. للأمور العاجلة يرجى التواصل مع زميلي.",
    "אני בחופשה ואחזור ב-15 באוגוסט. בנושאים דחופים נא לפנות לעמיתי.",
    "I'm out of office with limited access to my email.",
    "I am currently on maternity leave and will return in February.",
    "Dear Sender:\n\nThank you for your email. I’m currently out of the office with limited access to my email. I "
    "apologize for any inconvenience if replies are delayed. I will be back in the office on October 12th and will "
    "follow up to you as soon as possible.",
    "Thank you for your email. I am currently out of the office on annual leave returning July 15th. I will have "
    "limited access to my emails during this time. For urgent queries, contact support@enterprise.com.",
    "Hello,\n\nI am currently on vacation and will have limited access to my email.\nIf your message requires "
    "immediate attention, please contact someone else in my absence.\n\nThank you,\nx",
]

OF_PEOPLE = [
    "I'm away from Friday but yes, send the offer",
    "Question on leave policy: does your tool count half days?",
    "I am on vacation until Monday, can you call me on Tuesday?",
    "I'll be out of the office next week, so let's talk on the 12th.",
    "We are closed on Fridays. Please send the invoice to accounting.",
    "I am back from vacation and would like to see a demo.",
    "Our people are often on leave and we need a tool for that.",
    "My colleague is on holiday, I take over from here. What does it cost?",
    "Ich bin nächste Woche im Urlaub, bitte schicken Sie das Angebot vorher.",
    "Ich bin ab Montag im Urlaub. Rufen Sie mich danach bitte an.",
    "Je suis absent demain mais envoyez-moi le devis.",
    "Estoy de viaje, llámeme el lunes.",
    "I was out of the office, sorry for the late reply. It looks good to us.",
    "Sorry, I was on vacation. We decided to go with it.",
    "Thanks!",
    "Please contact my colleague Bob, he decides on this.",
    "Please call me",
    "Thank you for your email. I will think about it.",
    "I no longer work with them, but I can introduce you to the new head of IT.",
    "Not in the office today, ring my mobile.",
    "Ik ben vrij om te praten op maandag.",
    "We use another system at the moment.",
    "Back in the office on Monday, happy to talk then.",
    "Yes, 500 pallets. I am currently out of the office, but my team is there.",
    "I'm travelling to Berlin in June and would like to visit you.",
    "Jag är intresserad, ring mig.",
    "No, thank you.",
    "We are not available on Monday. Tuesday at 10 works for us.",
    "I am available on Thursday",
]

# What firms, lists and mailbox providers put on the mail of people.
HEADERS_OF_PEOPLE = {
    "x-auto-response-suppress": "DR, RN, NRN, OOF, AutoReply",
    "feedback-id": "1:1:fastmail",
    "list-id": "<sales.example.com>",
    "list-unsubscribe": "<mailto:leave@example.com>",
    "precedence": "bulk",
    "auto-submitted": "no (written by a person)",
}


def kind_of(text: str, subject: str = "Re: Hello", **headers: str) -> InboundKind:
    """What a mail from the contact's own address is taken for."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    mail = ParsedMail(
        headers=named, from_address="ana@example.com", return_path="ana@example.com", subject=subject, text=text
    )
    return classify(mail).kind


@pytest.mark.parametrize("subject", SUBJECTS_OF_PROGRAMS)
def test_a_program_is_known_by_the_subject_that_it_sets(subject: str) -> None:
    assert kind_of("Hello", subject) is InboundKind.OUT_OF_OFFICE


@pytest.mark.parametrize("subject", SUBJECTS_OF_PEOPLE)
def test_people_use_the_same_words_in_subjects(subject: str) -> None:
    assert kind_of("Hello", subject) is InboundKind.REPLY


@pytest.mark.parametrize("text", NOTES)
def test_a_note_of_absence_without_any_header_is_known_by_what_it_says(text: str) -> None:
    assert kind_of(text) is InboundKind.OUT_OF_OFFICE


@pytest.mark.parametrize("text", OF_PEOPLE)
def test_who_says_more_than_that_they_are_away_is_a_person_whatever_headers_their_mail_has(text: str) -> None:
    assert kind_of(text) is InboundKind.REPLY
    assert kind_of(text, **HEADERS_OF_PEOPLE) is InboundKind.REPLY


def test_a_header_that_people_have_too_turns_the_scale_where_most_of_the_text_speaks_of_an_absence() -> None:
    note = "I will be away on 1 July. Please contact our team if it is urgent. Our new catalogue is out."
    assert kind_of(note) is InboundKind.REPLY
    assert kind_of(note, x_auto_response_suppress="All") is InboundKind.OUT_OF_OFFICE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto-submitted", "auto-replied"),
        ("auto-submitted", "auto-replied (vacation); owner-email=ana@example.com"),
        ("auto-submitted", "(by the server) auto-generated"),
        ("auto-submitted", "Auto-Notified; x=y"),
        ("x-autoreply", "yes"),
        ("x-autorespond", "Hello"),
        ("x-mail-autoreply", "tend.example.com"),
        ("x-autogenerated", "Reply"),
        ("x-apple-action", "VACATION"),
        ("precedence", "auto_reply"),
        ("x-precedence", "auto_reply"),
    ],
)
def test_headers_that_only_answering_programs_set_are_evidence(name: str, value: str) -> None:
    mail = ParsedMail(headers={name: value}, from_address="ana@example.com", subject="Re: Hello", text="Received.")
    found = classify(mail)
    assert (found.kind, bool(found.reason)) == (InboundKind.AUTO_REPLY, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [("auto-submitted", "no"), ("auto-submitted", "no; x=y"), ("auto-submitted", ""), ("x-autoreply", "no")],
)
def test_a_header_that_says_no_is_none(name: str, value: str) -> None:
    assert kind_of("Received.", **{name: value}) is InboundKind.REPLY


def test_a_text_that_says_itself_that_a_program_sends_it_is_believed_unless_somebody_wants_something() -> None:
    automatic = "This is an automated response to your message. Your ticket is #123."
    assert kind_of(automatic) is InboundKind.AUTO_REPLY
    assert kind_of(f"{automatic} Ha, just joking: send me the offer") is InboundKind.REPLY
