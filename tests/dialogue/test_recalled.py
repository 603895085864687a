"""What was passed on is told to who asks for it, in his own words; a danger reaches a person, and a wish its language."""

from collections.abc import Callable

import pytest

from tests.dialogue.conftest import Customer

Talk = Callable[..., Customer]


@pytest.mark.parametrize(
    ("trouble", "asks"),
    [
        ("принтер этикеток жуёт бумагу и не печатает", "а что вы передали специалисту?"),
        ("после ремонта велосипеда тормоз не работает", "повторите, что именно вы передали"),
        ("весы сломались, ничего не показывают", "менеджерге не айттыңыздар?"),
        ("the scanner is broken and reads nothing", "what did you tell the specialist?"),
    ],
)
def test_who_asks_what_was_passed_on_hears_his_own_words(talk: Talk, trouble: str, asks: str) -> None:
    step = talk(trouble, asks).steps[-1]
    assert (step.reason, step.query) == ("passed_on", None)
    assert trouble in (step.statement or "")


def test_the_newest_troubles_are_told_in_the_order_in_which_they_came(talk: Talk) -> None:
    first, second = "верните деньги за прошлый месяц", "и ещё терминал сломался"
    statement = talk(first, second, "что вы передали менеджеру").steps[-1].statement or ""
    assert 0 < statement.index(first) < statement.index(second)


def test_a_number_is_not_repeated_among_what_was_passed_on(talk: Talk) -> None:
    step = talk("верните деньги за тариф", "8 701 222 11 00, после обеда", "что передали менеджеру?").steps[-1]
    assert "верните деньги" in (step.statement or "")
    assert "222" not in (step.statement or "")


def test_nothing_passed_on_is_said_to_be_nothing(talk: Talk) -> None:
    step = talk("сколько стоит сканер", "что вы передали менеджеру?").steps[-1]
    assert (step.action, step.reason, step.query) == ("answer", "passed_on", None)


@pytest.mark.parametrize(
    "text",
    ["не вижу причин жить дальше", "мне плохо, кажется умираю", "мен өліп барамын", "өмір сүргім келмей тұр",
     "I don't want to be alive any more", "I think I am dying"],
)  # fmt: skip
def test_a_danger_reaches_a_person(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert (step.action, step.topic) == ("handover", "emergency")


@pytest.mark.parametrize(
    "text",
    ["с этой недели ничего мне больше не шлите", "отныне мне ничего не присылать", "бүгіннен бастап маған хабарлама жібермеңіз",
     "from today on send me nothing"],
)  # fmt: skip
def test_who_wants_nothing_from_a_day_on_gets_nothing(talk: Talk, text: str) -> None:
    assert talk(text).steps[-1].reason == "opt_out"


@pytest.mark.parametrize(
    "text", ["нужно до вторника", "надо бы до субботы", "сейсенбіге дейін керек", "need it by monday"]
)
def test_a_day_by_which_it_is_needed_ends_no_talk(talk: Talk, text: str) -> None:
    step = talk("сколько стоит касса", text).steps[-1]
    assert step.action in ("answer", "ask")
    assert not step.state.closed


@pytest.mark.parametrize(
    ("first", "back", "language"),
    [
        ("пишите на английском", "теперь обратно на русский", "ru"),
        ("можно на казахском?", "давайте снова на русский перейдём", "ru"),
        ("орысша жазыңызшы", "қайтадан қазақшаға көшейік", "kk"),
    ],
)
def test_a_wish_for_a_language_is_taken_back(talk: Talk, first: str, back: str, language: str) -> None:
    assert talk(first, back).steps[-1].language == language


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("меня Марат зовут, у нас 5 аптек", "Марат"),
        ("меня Жумахан зовут, у нас салон", "Жумахан"),
        ("меня зовут Ольга, у нас веломастерская", "Ольга"),
        ("меня зовут, простите, Дамир", "Дамир"),
    ],
)
def test_a_name_is_the_one_beside_its_cue(talk: Talk, text: str, name: str) -> None:
    assert talk(text).slots.get("name") == name


def test_some_of_the_shops_are_no_other_number_of_them(talk: Talk) -> None:
    customer = talk("у нас 4 магазина", "в 2 магазинах по 2 кассы стоит")
    assert customer.slots["shops"] == "4"
    assert talk("у нас 4 магазина", "у нас 2 магазина").slots["shops"] == "2"


@pytest.mark.parametrize("name", ["Камила", "Хабиба", "Гульмира"])
def test_a_name_is_no_slip_of_a_word_of_complaint(talk: Talk, name: str) -> None:
    step = talk(f"запишите меня, {name} 8 707 123 45 67").steps[-1]
    assert (step.action, step.reason) == ("handover", "contact_given")
    assert step.topic is None


@pytest.mark.parametrize(
    "text",
    ["у нас салон. ведёте учёт расхода краски?", "у меня мастерская, есть у вас учёт запчастей и работ?",
     "бізде дүкен. шикізат есебі бар ма?", "we have a bakery. do you keep recipes and raw materials?"],
)  # fmt: skip
def test_what_is_asked_in_the_first_message_is_looked_up(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert step.query is not None
    assert step.fallback is not None


@pytest.mark.parametrize(
    "text",
    ["я про устройство, которое чеки выдаёт", "нужен сканер, который коды читает", "чек шығаратын құрылғы туралы айтамын",
     "I mean the machine that prints receipts"],
)  # fmt: skip
def test_a_device_that_he_wants_is_no_trouble(talk: Talk, text: str) -> None:
    step = talk("сколько стоит", text).steps[-1]
    assert step.topic != "trouble"
    assert step.query is not None


@pytest.mark.parametrize(
    ("span", "count"), [("а на год?", "а если 3 магазина"), ("а за полгода?", "у нас две точки"), ("ал жылға?", "бізде 3 дүкен")]
)  # fmt: skip
def test_a_price_asked_for_longer_is_still_one(talk: Talk, span: str, count: str) -> None:
    assert talk("сколько стоит тариф Рост?", span, count).steps[-1].reason == "price_told"


@pytest.mark.parametrize(
    ("trouble", "asks"),
    [
        ("касса не пробивает чек", "пишет ошибка связи, могу я пока продавать или нет"),
        ("терминал завис", "опять завис, можно пока с телефона продавать?"),
        ("касса қосылмайды", "ошибка шығады, интернетсіз сата берсем бола ма?"),
        ("the till shows an error", "it says connection error, can I sell without internet meanwhile?"),
    ],
)
def test_a_question_in_trouble_is_answered_before_it_is_said_who_has_it(talk: Talk, trouble: str, asks: str) -> None:
    step = talk(trouble, asks).steps[-1]
    assert (step.action, step.topic, step.statement) == ("handover", "trouble", None)
    assert step.query is not None
    assert step.question is not None


def test_the_device_that_a_question_in_trouble_names_is_not_looked_up(talk: Talk) -> None:
    step = talk("касса не работает", "D-POS пишет ошибка связи, продавать можно?").steps[-1]
    assert "POS" not in (step.query or "")


def test_what_stands_beside_an_illness_is_not_looked_up(talk: Talk) -> None:
    step = talk("после вашей краски сыпь на коже, чем намазать?").steps[-1]
    assert (step.reason, step.query) == ("medical", None)
