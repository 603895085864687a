"""What a message tells of the customer, kind by kind: contacts, names, counts, what he sells and works with."""

from collections.abc import Callable

import pytest

from app.dialogue import Dialogue
from app.types import DialogueState, Pending
from tests.dialogue.conftest import NOON, Customer

Talk = Callable[..., Customer]
PHONE = {"phone": "+77012221100", "contact": "+77012221100"}


@pytest.mark.parametrize(
    ("texts", "slots"),
    [
        (("8 701 222 11 00",), PHONE),
        (("+7 (701) 222-11-00",), PHONE),
        (("87012221100",), PHONE),
        (("7012221100",), PHONE),
        (("8 701 222 11 0",), {}),
        (("8 701 222 11 000",), {}),
        (("моя почта anna@mail.kz",), {"email": "anna@mail.kz", "contact": "anna@mail.kz"}),
        (("меня зовут Айгуль",), {"name": "Айгуль"}),
        (("я Айгуль",), {"name": "Айгуль"}),
        (("менің атым Айгүл",), {"name": "Айгүл"}),
        (("my name is Anna",), {"name": "Anna"}),
        (("Айгуль, 8 701 222 11 00",), {**PHONE, "name": "Айгуль"}),
        (("у нас 12 сотрудников",), {"company_size": "12"}),
        (("нас двое",), {"company_size": "2"}),
        (("12 касс и 3 магазина",), {"shops": "3"}),
        (("у нас 3-4 магазина",), {"shops": "4"}),
        (("we have 4 shops and 12 people",), {"shops": "4", "company_size": "12"}),
        (("біздің 3 дүкен бар",), {"shops": "3"}),
        (("бізде 5 қызметкер",), {"company_size": "5"}),
        (("аптека",), {"business_type": "pharmacy"}),
        (("у нас салон красоты",), {"business_type": "services"}),
        (("кафе на 20 мест",), {"business_type": "food_service"}),
        (("оптовая база",), {"business_type": "wholesale"}),
        (("продуктовый магазин, 1С",), {"business_type": "grocery"}),
        (("учёт в 1С",), {"current_tools": "1c"}),
        (("ведём в экселе",), {"current_tools": "excel"}),
        (("у нас тетрадка",), {"current_tools": "notebook"}),
        # a short reply answers the question that was asked
        (("привет", "2"), {"shops": "2"}),
        (("привет", "два"), {"shops": "2"}),
        # what is put right is another, and what is only mentioned beside it is not
        (("у нас 10 сотрудников", "не 10, а 12"), {"company_size": "12"}),
        (("меня зовут Айгуль", "меня зовут Асель"), {"name": "Асель"}),
        (("мой номер 8 701 222 11 00", "точнее 8 701 222 11 01"), {"phone": "+77012221101", "contact": "+77012221101"}),
        (("у нас 3 магазина", "у нас 3 магазина и 40 сотрудников"), {"shops": "3", "company_size": "40"}),
        (("у нас 3 магазина", "сколько стоит терминал на 5 касс?"), {"shops": "3"}),
    ],
)  # fmt: skip
def test_what_is_known_afterwards(talk: Talk, texts: tuple[str, ...], slots: dict[str, str]) -> None:
    assert talk(*texts).slots == slots


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("у нас 9999 сотрудников", {"company_size": "9999"}),
        ("у нас 10000 сотрудников", {}),
        ("у нас 999 магазинов", {"shops": "999"}),
        ("у нас 1000 магазинов", {}),
    ],
)
def test_more_people_or_shops_than_anybody_has_are_another_number(talk: Talk, text: str, slots: dict[str, str]) -> None:
    assert talk(text).slots == slots


def answering(dialogue: Dialogue, slot: str, text: str, flow: str) -> str | None:
    """What an answer to the open question for a slot leaves in it."""
    state = DialogueState(
        flow=flow, turns=1, said=("greeting",), pending=Pending(slot), asked={slot: 1}, seen_at=NOON.timestamp()
    )
    customer = Customer(dialogue, state)
    customer.says(text)
    return customer.slots.get(slot)


def test_an_order_has_fewer_than_a_million_pieces(dialogue: Dialogue) -> None:
    assert answering(dialogue, "quantity", "999999", "transactional") == "999999"
    assert answering(dialogue, "quantity", "1000000", "transactional") is None


def test_three_trades_of_one_customer_are_kept(talk: Talk) -> None:
    kept = talk("у нас аптека, кафе, оптовая база, продуктовый магазин").slots["business_type"]
    assert kept == "pharmacy, food_service, wholesale"


@pytest.mark.parametrize(("length", "kept"), [(199, 199), (200, 200), (201, 200), (300, 200)])
def test_two_hundred_characters_of_an_answer_in_his_own_words_are_kept(
    dialogue: Dialogue, length: int, kept: int
) -> None:
    said = ("долго ждём поставщика и теряем покупателей " * 8)[:length]
    value = answering(dialogue, "desired_outcome", said, "spin_selling")
    assert value is not None
    assert said.startswith(value)
    assert len(value) == kept
