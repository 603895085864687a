"""A customer is heard out: a trouble's questions, a question passed on, a trade that is not served, words that say nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.dialogue import Dialogue
from tests.dialogue.conftest import NOON, Customer

Talk = Callable[..., Customer]


@pytest.mark.parametrize(
    ("trouble", "asks", "query"),
    [
        ("весы перестали взвешивать", "по какому номеру до вас дозвониться?", "query_contacts"),
        ("таразы істемей қалды", "қай нөмірге хабарласайын?", "query_contacts"),
        ("the scales stopped working", "is there a hotline?", "query_contacts"),
    ],
)
def test_where_to_call_is_looked_up_in_a_trouble(talk: Talk, trouble: str, asks: str, query: str) -> None:
    step = talk(trouble, asks).steps[-1]
    assert step.query == Dialogue.load().texts[step.language].data[query]
    assert (step.action, step.topic) == ("handover", "trouble")


@pytest.mark.parametrize(
    ("trouble", "asks", "device"),
    [
        ("денежный ящик не открывается", "как мне обойтись без него?", "денежный ящик"),
        ("сканер істемейді", "әзірге қалай сата берем?", "сканер"),
        ("the label printer stopped printing", "how do I go on without it?", "label printer"),
    ],
)
def test_how_to_go_on_is_asked_of_what_is_broken(talk: Talk, trouble: str, asks: str, device: str) -> None:
    step = talk(trouble, asks).steps[-1]
    assert device in (step.query or "").casefold()
    assert step.queries == (step.query,)


@pytest.mark.parametrize(
    ("trouble", "weary"),
    [
        ("терминал завис", "третий час сидим, и никто не пришёл"),
        ("терминал қатып қалды", "екі сағат күтіп отырмыз"),
        ("the scanner has stopped reading codes", "we have been waiting for two hours"),
    ],
)
def test_who_waits_long_hears_sorry_and_never_the_same_line(talk: Talk, trouble: str, weary: str) -> None:
    steps = talk(trouble, weary, weary).steps
    sorry = Dialogue.load().texts[steps[-1].language].data["trouble_sorry"]
    said = [next((line for line in sorry if line in (step.statement or "")), "") for step in steps[1:]]
    assert all(said) and said[0] != said[1]


@pytest.mark.parametrize(
    ("trouble", "news"),
    [
        ("касса зависла", "отменяйте мастера, она сама включилась"),
        ("касса қатып қалды", "өзі жөнделді, маман керек емес"),
        ("the scanner has stopped reading codes", "no need for the technician any more, it went away"),
    ],
)
def test_good_news_takes_the_call_back(talk: Talk, trouble: str, news: str) -> None:
    step = talk(trouble, news).steps[-1]
    assert (step.reason, step.state.lane) == ("trouble_over", "")


@pytest.mark.parametrize(
    ("text", "unsaid"),
    [
        ("короче, беру большой тариф", "короче"),
        ("честно говоря, беру принтер", "честно"),
        ("honestly I'll take the printer", "honestly"),
    ],
)
def test_a_filler_is_repeated_nowhere(talk: Talk, text: str, unsaid: str) -> None:
    step = talk("сколько стоит принтер?" if text[0] > "z" else "how much is a printer?", text).steps[-1]
    assert unsaid not in (step.statement or "").casefold()


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("87012345678, утром не могу, только после шести", "утром не могу"),
        ("87012345678, түске дейін бос емеспін", "бос емеспін"),
        ("my number is 87012345678, mornings don't suit me", "don't suit"),
    ],
)
def test_when_not_to_call_keeps_its_no(talk: Talk, text: str, wish: str) -> None:
    step = talk(text).steps[-1]
    assert step.reason == "contact_given"
    assert wish in (step.statement or "")


def test_now_is_no_wish(talk: Talk) -> None:
    assert "«" not in (talk("позовите сейчас менеджера").steps[-1].statement or "")


@pytest.mark.parametrize(
    ("asks", "yes"),
    [
        ("умеет ли программа печатать рельефным шрифтом?", "передайте пожалуйста"),
        ("рельефті қаріппен басып шығара ма?", "менеджерге жеткізіңіз"),
        ("does it print raised letters?", "please pass that on"),
    ],
)
def test_a_question_is_passed_on_at_once_and_a_number_offered_once(talk: Talk, asks: str, yes: str) -> None:
    steps = talk(asks, yes, yes).steps
    leave = Dialogue.load().texts[steps[1].language].data["leave_number"][0]
    assert steps[1].action == "handover"
    assert leave in (steps[1].statement or "")
    assert leave not in (steps[2].statement or "")


def test_who_has_a_person_is_offered_none(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.says("соедините с менеджером")
    assert "могу" not in (customer.says("а вы робот?").statement or "")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("держим хостел, ищем кассу", "хостел"),
        ("у нас фабрика пледов, нужен учёт сырья", "сырья"),
        ("асханамыз бар, даяшыларға керек", "даяшыларға"),
        ("we run a motel and need a till", "motel"),
    ],
)
def test_a_trade_that_may_not_be_served_is_looked_up_when_it_is_named(talk: Talk, text: str, named: str) -> None:
    step = talk(text).steps[-1]
    about = str(Dialogue.load().texts[step.language].data["query_unfit"]).split("{", 1)[0].strip()
    assert (step.query or "").startswith(about) and named in (step.query or "")


def test_a_shop_beside_the_workshop_and_a_doctors_recipe_are_no_such_trade(talk: Talk) -> None:
    about = str(Dialogue.load().texts["ru"].data["query_unfit"]).split("{", 1)[0]
    for text in ("у нас магазин при цехе, нужна касса", "аптека, есть ли учёт рецептов?"):
        assert about not in (talk(text).steps[-1].query or "")


@pytest.mark.parametrize(
    "text", ["вы сами плательщики НДС?", "сіздер ҚҚС төлеушісіздер ме?", "are you yourselves VAT registered?"]
)
def test_our_own_taxes_are_no_question_about_the_program(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert (step.reason, step.query) == ("about_us", None)


@pytest.mark.parametrize("text", ["НДС в чеке печатается?", "чекте ҚҚС көрсетіле ме?", "does the receipt show VAT?"])
def test_what_the_program_does_for_taxes_is_looked_up(talk: Talk, text: str) -> None:
    assert talk(text).steps[-1].query is not None


@pytest.mark.parametrize(
    "text", ["аренду второй точки не потянем", "с ценой всё понятно", "we can't afford to lose our records"]
)
def test_what_is_no_worry_about_our_price_is_met_as_none(talk: Talk, text: str) -> None:
    assert talk(text).steps[-1].reason != "objection_price"


def test_he_is_greeted_as_he_greets(dialogue: Dialogue) -> None:
    for text, words in (
        ("доброе утро", "Доброе утро"),
        ("қайырлы кеш", "Қайырлы кеш"),
        ("good evening", "Good evening"),
    ):
        assert words in (Customer(dialogue, now=NOON).says(text).greeting or "")


@pytest.mark.parametrize(
    "text", ["нет, я про чеки спрашивала", "жоқ, мен чек туралы сұрадым", "no, I asked about the receipts"]
)
def test_a_no_to_our_answer_is_no_answer_to_our_question(dialogue: Dialogue, text: str) -> None:
    customer = Customer(dialogue)
    first = {"н": "есть ли учёт долгов?", "ж": "қарыз есебі бар ма?", "n": "can debts be kept?"}[text[0]]
    customer.says(first)
    step = customer.says(text)
    assert step.query is not None
    assert step.question is None


def test_a_kept_number_is_not_asked_for(talk: Talk) -> None:
    for texts in (
        ("номер пока не оставлю", "как попробовать?"),
        ("I'd rather not leave my number", "how do I try it?"),
    ):
        step = talk(*texts).steps[-1]
        assert step.state.pending is None or step.state.pending.slot != "contact"


def test_a_thought_over_is_no_trouble_of_his_shop(dialogue: Dialogue) -> None:
    customer = Customer(dialogue)
    customer.state = replace(customer.state, turns=1)
    for text in ("магазин игрушек, одна точка", "1С"):
        customer.says(text)
    assert "pain_point" not in dict(customer.says("пойду подумаю").state.slots)
