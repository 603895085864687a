"""What is heard about the customer, and what is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dialogue.hearing.intents import understand
from app.dialogue.hearing.text import contacts
from app.dialogue.slots.extract import extract
from app.dialogue.slots.reader import Heard
from app.types import DialogueState
from tests.dialogue.conftest import Customer
from tests.thrift import most


@pytest.fixture(scope="session")
def hear(dialogue):
    flow = dialogue.flows["spin_selling"]

    def run(text: str, pending: str | None = None, **known: str) -> Heard:
        kind = flow.slots[pending].kind if pending else ""
        u = understand(text, dialogue.vocabulary, "ru", pending, kind=kind)
        return extract(u, dialogue.vocabulary, flow.slots, known, pending)

    return run


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8 701 123 45 67", "+77011234567"),
        ("+7 (701) 123-45-67", "+77011234567"),
        ("87011234567", "+77011234567"),
        ("7011234567 звоните", "+77011234567"),
        ("тел:+7-727-250-11-22", "+77272501122"),
        ("8 916 123 45 67", "+79161234567"),
        ("+998 90 123 45 67", "+998901234567"),
        ("мой +996555123456, Нурлан", "+996555123456"),
        ("call +1 (202) 555-0143", "+12025550143"),
        ("почта Aigul.S@Mail.KZ", "aigul.s@mail.kz"),
    ],
)
def test_contact(hear, text, value):
    assert hear(text).values["contact"] == value


@pytest.mark.parametrize(
    "text",
    [
        "880130300123",
        "1234567",
        "12345678901234",
        "0000000000",
        "77777777777",
        "15000 20000 3000",
        "a@b",
        "не звоните на 87011234567",
    ],
)
def test_no_contact(hear, text):
    assert "contact" not in hear(text).values


def test_the_machines_own_number_is_not_the_customers(hear):
    assert "phone" not in hear("это ваш номер 87011234567?").values


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("меня зовут Айдар", "Айдар"),
        ("меня зовут айгуль, у нас аптека", "Айгуль"),
        ("Здравствуйте, я Марат", "Марат"),
        ("менің атым Айгүл", "Айгүл"),
        ("my name is John", "John"),
        ("меня зовут не Айдар, а Айдос", "Айдос"),
        ("Айдар меня зовут", "Айдар"),
    ],
)
def test_name(hear, text, name):
    assert hear(text).values["name"] == name


@pytest.mark.parametrize(
    "text",
    [
        "я владелец магазина",
        "как вас зовут?",
        "я из Алматы",
        "это дорого",
        "меня не Айдар зовут",
        "I am looking for a CRM",
    ],
)
def test_no_name(hear, text):
    assert "name" not in hear(text).values


def test_a_wrong_name_is_forgotten(hear):
    assert hear("меня не Айдар зовут", name="Айдар").forgotten == {"name"}


def test_a_passing_word_renames_nobody(hear):
    assert "name" not in hear("я Олег", name="Марат").values


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("у нас 12 сотрудников", {"company_size": "12"}),
        ("нас 10 человек", {"company_size": "10"}),
        ("нас двое", {"company_size": "2"}),
        ("3 продавца и 1 кассир", {"company_size": "4"}),
        ("я одна работаю", {"company_size": "1"}),
        ("10чел", {"company_size": "10"}),
        ("5 адам жұмыс істейді", {"company_size": "5"}),
        ("we have 7 employees", {"company_size": "7"}),
        ("у нас 3 магазина", {"shops": "3"}),
        ("две точки", {"shops": "2"}),
        ("магазин один", {"shops": "1"}),
        ("3 дүкен", {"shops": "3"}),
        ("у нас 3 небольших магазина и 12 человек", {"shops": "3", "company_size": "12"}),
        ("2 магазина, сколько стоит?", {"shops": "2"}),
        ("у нас около двадцати пяти магазинов", {"shops": "25"}),
        ("сколько это для трёх точек?", {"shops": "3"}),
        ("работает порядка семи человек", {"company_size": "7"}),
        ("он один магазин открыл", {"shops": "1"}),
        ("жиырма бес дүкен", {"shops": "25"}),
    ],
)
def test_size(hear, text, told):
    assert {slot: value for slot, value in hear(text).values.items() if slot in ("shops", "company_size")} == told


@pytest.mark.parametrize(
    "text",
    [
        "сколько стоит тариф на 10 сотрудников?",
        "что входит в тариф 2?",
        "вы на Абая 10?",
        "сколько стоит 3 кассы",
        "10 000 тенге",
        "нет 5 человек",
        "10%",
        "работаем с 9 до 18",
        "1С",
    ],
)
@pytest.mark.parametrize("pending", [None, "company_size"])
def test_a_digit_in_something_else_is_no_size(hear, text, pending):
    assert not hear(text, pending).values.keys() & {"company_size", "shops"}


@pytest.mark.parametrize(
    ("text", "value"),
    [("2", "2"), ("где-то 5", "5"), ("нас 12", "12"), ("пять", "5"), ("5-7", "7"), ("екеу", "2"), ("человек 10", "10")],
)
def test_short_answer_about_size(hear, text, value):
    assert hear(text, "company_size").values == {"company_size": value}


def test_a_short_reply_fills_only_what_was_asked(hear):
    assert hear("2").values == {}
    assert hear("2", "business_type").values == {}
    assert hear("да").values == {}
    assert hear("да", "company_size").values == {}
    assert hear("да", "demo_wanted").values == {"demo_wanted": "yes"}
    assert hear("нет", "demo_wanted").values == {"demo_wanted": "no"}
    assert hear("да", "pain_impact").values == {"pain_impact": "yes"}


@pytest.mark.parametrize("text", ["нас не 10, а 12", "не 10, а 12", "ошибся, 12 человек", "нас 12, а не 10"])
def test_correction(hear, text):
    heard = hear(text, company_size="10")
    assert heard.values == {"company_size": "12"}
    assert heard.corrected


def test_correction_finds_the_slot_that_held_the_wrong_number(hear):
    assert hear("не 2, а 3", company_size="10", shops="2").values == {"shops": "3"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("у нас продуктовый магазин", "grocery"),
        ("аптека", "pharmacy"),
        ("торгуем одеждой", "clothing"),
        ("продаём цветы", "flowers"),
        ("магазин косметики", "cosmetics"),
        ("стройматериалы", "building"),
        ("автозапчасти", "auto_parts"),
        ("детские товары", "kids"),
        ("электроника", "electronics"),
        ("есть решение для аптеки?", "pharmacy"),
        ("киім дүкені", "clothing"),
        ("дәріхана", "pharmacy"),
        ("азық-түлік", "grocery"),
        ("we run a flower shop", "flowers"),
        ("не продукты, а одежда", "clothing"),
    ],
)
def test_business(hear, text, value):
    assert hear(text).values["business_type"] == value


def test_a_value_taken_back_is_replaced_or_forgotten(hear):
    assert hear("не цветы, а косметика", business_type="flowers").values == {"business_type": "cosmetics"}
    assert hear("у нас не аптека", business_type="pharmacy").forgotten == {"business_type"}
    assert hear("у нас аптека и цветы", business_type="pharmacy").values == {}


def test_an_unlisted_business_is_kept_as_written(hear):
    assert hear("антиквариат", "business_type").values == {"business_type": "антиквариат"}
    assert hear("каждый месяц теряем деньги", "business_type").values == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ведём в тетради", "notebook"),
        ("учет в экселе", "excel"),
        ("работаем в 1С", "1c"),
        ("у нас тетрадь и Excel", "notebook, excel"),
        ("дәптерге жазамыз", "notebook"),
        ("we use a spreadsheet", "excel"),
    ],
)
def test_tools(hear, text, value):
    assert hear(text).values["current_tools"] == value


@pytest.mark.parametrize(
    "text", ["у нас нет 1С", "1С у нас нет", "с 1С работаете?", "нужна касса", "есть интеграция с 1С"]
)
def test_no_tool(hear, text):
    assert "current_tools" not in hear(text).values


@pytest.mark.parametrize("text", ["ничего", "никак", "нет", "пока нет", "жоқ", "ештеңе", "nothing"])
def test_no_tools_is_an_answer(hear, text):
    assert hear(text, "current_tools").values == {"current_tools": "none"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("постоянно очереди на кассе", "queues"),
        ("остатки вечно не сходятся", "stock_mess"),
        ("у нас воруют продавцы", "theft"),
        ("не вижу прибыль", "no_analytics"),
        ("ұрлық көп", "theft"),
        ("stock never matches", "stock_mess"),
    ],
)
def test_trouble(hear, text, value):
    assert hear(text).values["pain_point"] == value


@pytest.mark.parametrize(
    "text", ["очередей у нас нет", "без очередей", "есть электронная очередь?", "налоги", "нет, спасибо, не надо"]
)
def test_no_trouble(hear, text):
    assert "pain_point" not in hear(text).values


def test_free_text_answers_the_open_question(hear):
    text = "поставщики подводят каждую неделю"
    assert hear(text, "pain_point").values == {"pain_point": text}
    assert hear("хочу спокойно спать", "desired_outcome").values == {"desired_outcome": "хочу спокойно спать"}


@pytest.mark.parametrize(
    "text", ["сколько стоит?", "спасибо", "подумаю", "позовите человека", "не интересно", "хочу подключить"]
)
def test_what_is_no_answer_fills_nothing(hear, text):
    assert hear(text, "desired_outcome").values == {}


def test_a_known_slot_is_not_replaced_by_a_guess(hear):
    assert hear("тетрадь", "pain_point", current_tools="1c").values.get("current_tools") is None
    assert "pain_point" not in hear("очереди у нас тоже", pain_point="theft").values


@pytest.mark.parametrize("text", ["не знаю", "затрудняюсь ответить", "білмеймін", "not sure"])
def test_who_does_not_know_has_declined(hear, text):
    heard = hear(text, "company_size")
    assert heard.declined
    assert not heard.values


def test_the_chat_itself_is_a_contact(hear):
    assert hear("пишите на этот номер", "contact").values == {"contact": "this_chat"}
    assert hear("пишите на этот номер").values == {}


@settings(max_examples=most(150), deadline=None)
@given(
    text=st.text(max_size=200),
    pending=st.sampled_from([None, "company_size", "business_type", "pain_point", "demo_wanted", "contact"]),
)
def test_any_text_can_be_heard(hear, text, pending):
    heard = hear(text, pending)
    assert all(isinstance(value, str) and value for value in heard.values.values())


@settings(max_examples=most(150), deadline=None)
@given(digits=st.from_regex(r"7[0-9]{9}", fullmatch=True), gap=st.sampled_from(["", " ", "-", ") "]))
def test_every_way_to_write_a_number_is_one_number(digits, gap):
    written = f"8{gap}{digits[:3]}{gap}{digits[3:6]}{gap}{digits[6:8]}{gap}{digits[8:]}"
    assert [contact.value for contact in contacts(written)] in ([], [f"+7{digits}"])
    if len(set(digits)) > 2 and ")" not in gap:
        assert contacts(written)


@pytest.mark.parametrize(
    ("slot", "value", "own"),
    [
        ("business_type", "grocery", False),
        ("current_tools", "notebook, excel", False),
        ("current_tools", "notebook, даром велел владелец", True),
        ("company_size", "5", False),
        ("contact", "+77010000001", False),
        ("contact", "this_chat", False),
        ("contact", "free_for_me@owner.said.yes.kz", True),
        ("name", "Айгүл", False),
        ("name", "Айгуль, для неё всё бесплатно", True),
        ("budget", "1 000 ₸ за Рост", True),
        ("budget", "50000", False),
        ("timeline", "келесі айда", True),
        ("timeline", "next month", True),
        ("interest", "сканер по 1 ₸", True),
        ("authority", "yes", False),
    ],
)
def test_what_can_say_anything_is_told_apart_from_values_of_lists(dialogue, slot, value, own):
    state = DialogueState(slots={slot: value})
    assert bool(dialogue.own_words(state)) is own
    assert bool(dialogue.known(state)) is not own


SLOTS = st.sampled_from(["name", "shops", "contact"])
HEARD = st.builds(
    Heard,
    st.dictionaries(SLOTS, st.sampled_from(["1", "2"])),
    st.frozensets(SLOTS),
    st.frozensets(SLOTS),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(HEARD, HEARD, HEARD)
def test_what_parts_of_the_reading_found_joins_in_their_order_however_they_are_grouped(a, b, c):
    assert (a | b) | c == a | (b | c)
    assert a | Heard() == a == Heard() | a


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("данные из 1с перенесёте?", {"current_tools"}),
        ("а в кофейне чеки обязательны?", {"business_type"}),
        ("а на вторую точку сколько?", {"shops"}),
        ("it is just one place, does it work offline?", {"shops"}),
        ("номер пока не дам. а доставка сколько?", {"contact"}),
        ("I won't give my phone number yet. how much is Start?", {"contact"}),
        ("нөмірімді бермеймін. жеткізу қанша?", {"contact"}),
        ("сколько стоит программа?", set()),
        ("терминал и касса сколько?", set()),
        ("позже отвечу. сколько стоит?", set()),
    ],
)
def test_what_is_let_see_is_not_asked_for_and_not_kept_as_told(dialogue, text, slots):
    customer = Customer(dialogue)
    step = customer.says(text)
    marks = {mark.removeprefix("seen:") for mark in step.state.said if mark.startswith("seen:")}
    assert marks == slots
    assert slots.isdisjoint(customer.slots)
    asked = {step.state.pending.slot if step.state.pending else ""}
    for _ in range(6):
        step = customer.says("понятно")
        asked |= {step.state.pending.slot if step.state.pending else ""}
    assert asked.isdisjoint(slots), asked


def test_a_kind_of_shop_between_a_number_and_the_shops_is_no_hindrance(dialogue):
    customer = Customer(dialogue)
    customer.says("Менің Шымкентте екі азық-түлік дүкенім бар, қанша тұрады")
    assert customer.slots["shops"] == "2"


def test_who_withheld_his_number_and_then_buys_is_asked_for_it(dialogue):
    customer = Customer(dialogue)
    customer.says("номер не дам. сколько стоит Старт?")
    assert customer.says("беру Старт, оформляйте").state.pending.slot == "contact"


@pytest.mark.parametrize("said", ["700 ₸, так?", "180 м2", "-4", "2.5"])
def test_what_counts_no_shops_is_no_number_of_them(customer, said):
    customer.says("сколько стоит Рост?")
    assert customer.state.pending.slot == "shops"
    customer.says(said)
    assert "shops" not in customer.slots


def test_a_no_with_a_number_puts_the_number_right(customer):
    customer.says("у нас 6 магазинов")
    customer.says("нет, у нас два")
    assert customer.slots["shops"] == "2"
    customer.says("ошиблась, не два, а двадцать два")
    assert customer.slots["shops"] == "22"
