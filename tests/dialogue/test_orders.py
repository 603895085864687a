"""Who takes something sees it noted and is asked how to reach him; an «ok» has no dead end; a worry needs its words."""

from collections.abc import Callable

import pytest

from tests.dialogue.conftest import Customer

Talk = Callable[..., Customer]


@pytest.mark.parametrize(
    ("messages", "what"),
    [
        (("сколько стоит Старт?", "хорошо, оформляем Старт"), "Старт"),
        (("Старт қанша тұрады?", "жарайды, Стартты аламын"), "Стартты"),
        (("how much is Start?", "fine, I'll take Start"), "Start"),
        (("есть рассрочка?", "Рост берём, а обучение входит?"), "Рост"),
    ],
)
def test_what_is_taken_is_repeated_and_a_contact_is_asked_for(talk: Talk, messages: tuple[str, ...], what: str) -> None:
    step = talk(*messages).steps[-1]
    assert what in (step.statement or "")
    assert step.state.pending is not None
    assert step.state.pending.slot == "contact"


@pytest.mark.parametrize("text", ["беру оба", "возьму три", "берите меня на работу"])
def test_what_names_nothing_is_not_repeated(talk: Talk, text: str) -> None:
    assert "«" not in (talk("сколько стоит сканер?", text).steps[-1].statement or "")


@pytest.mark.parametrize("ok", ["понятно", "түсінікті", "ok"])
def test_behind_an_ok_something_follows(talk: Talk, ok: str) -> None:
    step = talk("сколько стоит Рост?", ok).steps[-1]
    assert step.question or len(step.statement or "") > 40


@pytest.mark.parametrize(
    "text",
    [
        "а если монитор не потянет вторую кассу, что делать?",
        "присматриваюсь к вам, работаем в Ромашке, перенос базы возможен? там 3000 карточек",
        "ескі планшет тартпаса, телефоннан істей аламын ба?",
        "thinking of leaving our old system, can the items be moved? about 2000 of them",
    ],
)
def test_no_worry_about_money_is_heard_where_none_is_voiced(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert "objection_price" not in step.intents
    assert step.reason != "objection_price"


@pytest.mark.parametrize("text", ["дороговато выходит", "қымбат екен", "too pricey for me"])
def test_who_finds_it_dear_hears_of_the_year_and_the_trial(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert step.reason == "objection_price"
    assert len(step.queries) == 2


@pytest.mark.parametrize("text", ["а деньги можно вернуть, если не понравится?", "can I get a refund later?"])
def test_a_question_for_the_rule_of_refunds_is_looked_up_and_passed_on(talk: Talk, text: str) -> None:
    step = talk(text).steps[-1]
    assert (step.action, step.reason, step.query is not None) == ("handover", "refund", True)


def test_a_demand_for_money_is_only_passed_on(talk: Talk) -> None:
    assert talk("верните оплату за март").steps[-1].query is None


@pytest.mark.parametrize(
    "messages",
    [
        ("терминал завис и не реагирует", "ура, снова работает"),
        ("терминал қатып қалды", "бәрі жөнделді"),
        ("the scanner has stopped working", "all fixed now"),
    ],
)
def test_a_trouble_that_is_over_ends(talk: Talk, messages: tuple[str, ...]) -> None:
    step = talk(*messages).steps[-1]
    assert (step.reason, step.state.lane, step.query) == ("trouble_over", "", None)


@pytest.mark.parametrize("text", ["так и не заработал", "опять не работает"])
def test_a_trouble_that_goes_on_does_not(talk: Talk, text: str) -> None:
    assert talk("терминал завис и не реагирует", text).steps[-1].state.lane == "trouble"


def test_how_fast_help_comes_is_said_once(talk: Talk) -> None:
    steps = talk("терминал завис и не реагирует", "когда ответите?", "ну когда уже?").steps
    assert steps[1].query is not None
    assert steps[2].query is None


def test_anger_brings_his_question_back(talk: Talk) -> None:
    step = talk("можно ли печатать ценники?", "вы вообще читаете, что я пишу?!").steps[-1]
    assert step.query is not None
    assert "ценники" in step.query


def test_a_cry_for_help_with_a_broken_thing_is_no_danger(talk: Talk) -> None:
    assert talk("терминал не видит карту, помогите").steps[-1].topic == "trouble"
