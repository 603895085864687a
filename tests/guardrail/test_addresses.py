"""Where a text sends somebody: what is found, in which spelling it is compared, and whose it is."""

import pytest

from app.guardrail import addresses_of, check, known_addresses
from app.guardrail.addresses import addresses
from app.guardrail.text.words import read
from app.types import Passage, Section
from tests.guardrail.sample import in_shop

HOURS = Section(id="hours", category="salon", title="Часы", text="Мы открыты каждый день.")
WHERE = Section(
    id="where", category="salon", title="Где мы", text="Сайт www.flora.kz/shop, почта hi@flora.kz, телефон 8 (701) 555-44-33."
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("на HTTPS://www.Flora.kz/Shop/.", "link", "flora.kz/shop"),
        ("сайт flora.kz, да", "link", "flora.kz"),
        ("сайт флора.рф", "link", "флора.рф"),
        ("на flora точка кз", "link", "flora.кз"),
        ("на 10.20.30.40", "link", "10.20.30.40"),
        ("почта Hi@Flora.kz.", "mail", "hi@flora.kz"),
        ("пишите @flora_kz", "name", "@flora_kz"),
        ("+7 (701) 555-44-33", "phone", "7015554433"),
        ("87015554433", "phone", "7015554433"),
        ("звоните 55-44-33", "phone", "554433"),
        ("карта 4400 4301 1234 5678", "account", "4400430112345678"),
        ("счёт KZ12 3456 7890 1234 5678", "account", "kz12345678901234 5678".replace(" ", "")),
    ],
)
def test_an_address_is_found_in_one_spelling(text: str, kind: str, value: str) -> None:
    assert [(a.kind, a.value) for a in addresses(read(text))] == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        "Стоит 1 250 000 000 ₸.",
        "С 09:00 до 21:00, 12.05.2026 и 2026-05-12.",
        "Файл tovary.xlsx и версия 2.0.",
        "Т.е. в мес.Цена та же.",
        "Start.You can try it.",
        "У вас одна точка нет второй.",
        "Двадцать четыре тысячи девятьсот тенге.",
        "От 1 до 2, от 3 до 5 магазинов.",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert addresses(read(text)) == []


@pytest.mark.parametrize(
    "draft",
    ["Сайт flora.kz/shop.", "Зайдите на flora.kz.", "Пишите на hi@flora.kz.", "Звоните +7 701 555 44 33.", "Наберите 555-44-33."],
)  # fmt: skip
def test_the_whole_knowledge_base_is_a_source(draft: str) -> None:
    used = (Passage(HOURS, 1.0),)

    assert [finding.check for finding in check(draft, in_shop(used)).findings] == ["contact"]
    assert check(draft, in_shop(used, contacts=known_addresses((HOURS, WHERE)))).ok


def test_another_page_of_a_known_host_is_another_address() -> None:
    context = in_shop((Passage(WHERE, 1.0),))

    assert [finding.check for finding in check("Оплатите на flora.kz/pay.", context).findings] == ["contact"]


def test_an_earlier_answer_of_the_machines_vouches_for_nothing() -> None:
    said = ("Ваш номер +7 705 111 22 33, верно?",)

    assert not check("Звоните +7 705 111 22 33.", in_shop((), customer=("87051112233",), earlier=said)).ok
    assert not check("Звоните +7 705 111 22 33.", in_shop((), earlier=said)).ok, (
        "the customer's message is not heard any more"
    )


def test_what_a_person_of_ours_gave_is_known() -> None:
    given = addresses_of("Наш телефон +7 705 111 22 33.")

    assert check("Звоните +7 705 111 22 33.", in_shop((), contacts=given)).ok
