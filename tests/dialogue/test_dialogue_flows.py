"""What every flow of the package promises, whatever its method: each edge leads on, each question is heard."""

from dataclasses import replace
from itertools import chain, pairwise

import pytest

from app.dialogue.engine import Dialogue
from app.dialogue.flow.graph import graph
from app.dialogue.flow.lint import lint
from app.dialogue.flow.load import load_flows, parse
from app.dialogue.flow.model import MAX_ASKED
from app.dialogue.flow.stages import allowed, move
from app.dialogue.flow.trades import served
from app.dialogue.policy.model import Policy
from app.dialogue.resources import load_yaml
from app.errors import ConfigError
from app.types import DialogueState, Pending
from tests.dialogue.conftest import Customer, spoken

FLOWS = load_flows()
LANGUAGES = ("ru", "kk", "en")
PRICES = ("сколько стоит?", "а какая цена", "скок стоит", "канша турады", "how much is it?", "это дорого? какие тарифы")
OWN_WORDS = ("text", "timing", "authority", "money", "criteria")
VALUES = dict.fromkeys(OWN_WORDS, "так") | {
    "number": "3",
    "yes_no": "yes",
    "contact": "+77010000000",
    "choice": "other",
    "name": "Айдар",
}


def at(flow, stage, **state):
    """A conversation that stands at a stage of a flow, greeted, with nothing known unless `state` says so."""
    return DialogueState(flow=flow, stage=stage, said=("greeting", stage), turns=3, seen_at=1e12, **state)


def situation(flow, stage, transition):
    """(slots, asked, intents) in which just this transition of a stage is taken, or None."""
    specs = flow.slots
    when = transition.when
    candidates = []
    for known in ({}, {slot: VALUES[specs[slot].kind] for slot in stage.slots}):
        slots = {**known, **{slot: VALUES[specs[slot].kind] for slot in when.known}, **when.equals}
        slots |= {slot: str(least) for slot, least in when.at_least.items()}
        slots = {slot: value for slot, value in slots.items() if slot not in (*when.unknown, *when.exhausted)}
        asked = dict.fromkeys((*stage.slots, *when.exhausted), MAX_ASKED)
        candidates += [
            (slots, asked, when.intents),
            ({**slots, **dict.fromkeys(when.equals, "no"), **when.equals}, asked, when.intents),
        ]
    for slots, asked, intents in candidates:
        first = next((t for t in stage.transitions if flow.holds(t.when, slots, asked, intents)), None)
        if first is transition:
            return slots, asked, intents
    return None


EDGES = [
    (flow.name, stage.name, number)
    for flow in FLOWS.values()
    for stage in flow.stages.values()
    for number in range(len(stage.transitions))
]
ANYWHERE = [(flow.name, number) for flow in FLOWS.values() for number in range(len(flow.anywhere))]


@pytest.mark.parametrize(("name", "stage", "number"), EDGES)
def test_every_edge_is_walked(name, stage, number):
    flow = FLOWS[name]
    transition = flow.stages[stage].transitions[number]
    found = situation(flow, flow.stages[stage], transition)
    assert found, f"nothing leads from {stage} to {transition.to}"
    slots, asked, intents = found
    reached = move(flow, at(name, stage, slots=slots, asked=asked), intents, None)
    assert transition.to in reached.entered


@pytest.mark.parametrize(("name", "number"), ANYWHERE)
def test_every_jump_is_taken_from_every_stage(name, number):
    flow = FLOWS[name]
    jump = flow.anywhere[number]
    slots = {slot: VALUES[flow.slots[slot].kind] for slot in jump.when.known}
    for stage in flow.stages:
        if stage != jump.to:
            assert jump.to in move(flow, at(name, stage, slots=slots), jump.when.intents, None).entered


@pytest.mark.parametrize("probe", PRICES)
@pytest.mark.parametrize("name", FLOWS)
def test_a_price_question_is_answered_on_its_turn_in_every_flow(dialogue, name, probe):
    for stage in FLOWS[name].stages.values():
        pending = Pending(stage.slots[0]) if stage.slots else None
        asked = {stage.slots[0]: 1} if stage.slots else {}
        for state in (at(name, stage.name), at(name, stage.name, pending=pending, asked=asked, last_action="ask")):
            step = Customer(dialogue, state).says(probe)
            assert (step.action, step.reason) == ("answer", "price")
            assert step.query
            spoken = " ".join(part for part in (step.greeting, step.statement, step.question) if part)
            assert spoken.count("?") <= 1


@pytest.mark.parametrize("name", FLOWS)
def test_a_digression_leaves_the_flow_where_it_was(dialogue, name):
    flow = FLOWS[name]
    for stage in flow.stages.values():
        for slot in stage.slots:
            known = {other: VALUES[flow.slots[other].kind] for other in stage.slots if other != slot}
            state = at(name, stage.name, pending=Pending(slot), asked={slot: 1}, slots=known)
            customer = Customer(dialogue, state)
            step = customer.says("а у вас есть доставка?")
            assert step.query
            if not flow.goals:
                assert step.state.stage == stage.name
            if step.question is None:
                assert step.state.pending.slot == slot


ANSWERS = {"number": "3", "yes_no": "да", "contact": "87011234567", "choice": "аптека", "name": "Айдар"}


def answer(flow, slot):
    if slot == "current_tools":
        return "в тетради"
    return ANSWERS.get(flow.slots[slot].kind, "хотим порядок и спокойные вечера")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FLOWS)
def test_who_answers_everything_reaches_success(dialogue, name, language):
    customer = Customer(dialogue, DialogueState(flow=name, language=language))
    step = customer.says({"ru": "привет", "kk": "сәлем", "en": "hello"}[language])
    for _ in range(40):
        if step.state.pending is None:
            break
        step = customer.says(answer(FLOWS[name], step.state.pending.slot))
    assert (step.action, step.state.stage) == ("handover", "success")
    assert "contact" in step.state.slots


@pytest.mark.parametrize("name", FLOWS)
def test_who_tells_nothing_is_let_be(dialogue, name):
    customer = Customer(dialogue, DialogueState(flow=name))
    customer.says("привет")
    for _ in range(40):
        customer.says("не скажу")
    assert customer.state.stage == "soft_close"
    assert all(count <= MAX_ASKED for count in customer.state.asked.values())
    assert customer.steps[-1].question is None


@pytest.mark.parametrize("name", FLOWS)
def test_steering_works_in_every_flow(dialogue, name):
    customer = Customer(dialogue, DialogueState(flow=name))
    first = customer.says("привет").state.pending.slot
    told = customer.says(answer(FLOWS[name], first))
    assert first in told.state.slots
    back = customer.says("вернёмся назад")
    assert (back.action, back.reason, back.state.pending.slot) == ("ask", "back", first)
    assert first not in back.state.slots
    left = customer.says("неважно, забудьте")
    assert (left.action, left.reason, left.question, left.state.pending) == ("answer", "cancel", None, None)
    assert customer.says("сколько стоит?").question is None
    assert customer.says("спасибо").question is None
    on = customer.says("давайте продолжим")
    assert (on.action, on.reason) == ("ask", "resume")
    assert on.question


@pytest.mark.parametrize("name", FLOWS)
def test_changing_the_flow_keeps_what_was_told(dialogue, name):
    customer = Customer(dialogue)
    customer.says("меня зовут Айдар, у нас 3 магазина одежды, ведём в 1С")
    before = customer.slots
    customer.says("ок", flow_name=name)
    assert customer.state.flow == name
    assert before.items() <= customer.slots.items()
    assert all(slot not in before for slot in (customer.state.pending.slot,))


# Short replies


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("второй", "clothing"),
        ("2", "clothing"),
        ("первое", "grocery"),
        ("третий вариант", "pharmacy"),
        ("давайте первое", "grocery"),
        ("екіншісі", "clothing"),
        ("the second", "clothing"),
        ("одежда", "clothing"),
    ],
)
def test_a_short_reply_points_at_an_option(dialogue, reply, value):
    customer = Customer(dialogue)
    customer.says("привет")
    assert "одежда" in customer.says("12").question
    customer.says(reply)
    assert customer.slots["business_type"] == value


def test_something_else_is_no_option(dialogue):
    customer = Customer(dialogue)
    customer.says("привет")
    customer.says("12")
    customer.says("4")
    assert "business_type" not in customer.slots


def test_an_option_of_a_free_text_question_is_taken_as_it_reads(dialogue):
    state = at("spin_selling", "problem", pending=Pending("pain_point"), asked={"pain_point": 1})
    customer = Customer(dialogue, state)
    customer.says("второе")
    assert customer.slots["pain_point"] == "stock_mess"
    customer = Customer(dialogue, state)
    customer.says("последнее")
    assert "pain_point" not in customer.slots


def test_a_number_after_the_question_moved_on_still_counts(dialogue):
    customer = Customer(dialogue)
    customer.says("привет")
    step = customer.says("сколько стоит?")
    assert step.state.pending.slot == "business_type"
    customer.says("нас 12")
    assert customer.slots == {"company_size": "12"}


@pytest.mark.parametrize(
    "text", ["отмена", "неважно, забудьте", "назад", "продолжим", "запишите меня", "верните деньги"]
)
def test_steering_and_concerns_are_no_answer_to_an_open_question(dialogue, text):
    customer = Customer(dialogue, at("spin_selling", "problem", pending=Pending("pain_point"), asked={"pain_point": 1}))
    customer.says(text)
    assert "pain_point" not in customer.slots


def test_a_step_back_with_the_right_answer_beside_it_is_a_correction(dialogue):
    customer = Customer(dialogue)
    customer.says("привет")
    customer.says("12")
    step = customer.says("я ошибся раньше, нас 15")
    assert customer.slots["company_size"] == "15"
    assert step.reason != "back"


def test_steering_after_the_end_or_to_a_human_is_not_searched(dialogue):
    closed = Customer(dialogue)
    closed.says("не надо, не интересно")
    assert closed.says("отмена").action == "close"
    on = closed.says("продолжим")
    assert (on.action, on.state.closed) == ("ask", False)
    human = Customer(dialogue)
    human.says("позовите человека")
    assert [human.says(text).query for text in ("назад", "отмена", "продолжим")] == [None] * 3


# Flows that lead to another one


def with_switch():
    data = load_yaml("flows", "transactional.yaml")
    data["switch"] = [
        {"flow": "consultative", "when": {"at_least": {"quantity": 20}}},
        {"flow": "consultative", "when": {"intents": ["project"]}},
    ]
    return parse(data, "transactional.yaml")


@pytest.fixture
def buyer(dialogue):
    from app.dialogue import Dialogue

    flows = {**FLOWS, "transactional": with_switch()}
    switching = Dialogue(flows, dialogue.vocabulary, dialogue.texts, dialogue.hours, "transactional")
    return Customer(switching, DialogueState(flow="transactional"))


def test_many_units_lead_to_the_consultative_flow(buyer):
    for text in ("привет", "сканеры"):
        buyer.says(text, flow_name="transactional")
    step = buyer.says("40", flow_name="transactional")
    assert (step.state.flow, step.state.stage) == ("consultative", "research")
    assert buyer.slots == {"product": "сканеры", "quantity": "40"}
    assert step.question
    again = buyer.says("аптека", flow_name="transactional")
    assert again.state.flow == "consultative"
    assert buyer.slots["business_type"] == "pharmacy"


def test_few_units_do_not(buyer):
    for text in ("привет", "сканеры", "2"):
        buyer.says(text)
    assert buyer.state.flow == "transactional"


@pytest.mark.parametrize(
    "text", ["у нас сеть магазинов", "это для проекта", "we are a chain of stores", "бізде дүкендер желісі"]
)
def test_a_project_leads_to_the_consultative_flow(buyer, text):
    assert buyer.says(text).state.flow == "consultative"


# The flow without a fixed order


def test_goals_are_chosen_by_weight_and_by_what_is_known():
    flow = FLOWS["autonomous"]
    heaviest = sorted(
        (stage for stage in flow.stages.values() if stage.weight and not stage.allowed.slots), key=lambda s: -s.weight
    )
    assert [stage.name for stage in allowed(flow, DialogueState(), ())] == [stage.name for stage in heaviest]
    told = DialogueState(slots={"pain_point": "queues"})
    assert allowed(flow, told, ())[0].name == "impact"
    tried = replace(told, asked={"pain_impact": 1})
    assert allowed(flow, tried, ())[0].name == "outcome"


def test_turns_and_refusals_end_the_questions():
    flow = FLOWS["autonomous"]
    assert move(flow, at("autonomous", "need"), (), None).stage == "need"
    assert move(flow, replace(at("autonomous", "need"), turns=flow.goals.turns), (), None).stage == "offer"
    tired = dict.fromkeys(("need", "pain_point", "business_type"), MAX_ASKED)
    assert move(flow, at("autonomous", "need", asked=tired), (), None).stage == "offer"


# Lint and graph


@pytest.mark.parametrize("name", FLOWS)
def test_a_graph_shows_every_stage_and_edge(name):
    flow = FLOWS[name]
    text = graph(flow)
    assert text.startswith("stateDiagram-v2\n")
    for stage in flow.stages.values():
        assert f"    {stage.name} : " in text
        assert all(f"{stage.name} --> {t.to}" in text for t in stage.transitions)


def test_an_unknown_switch_target_is_found():
    data = load_yaml("flows", "transactional.yaml")
    data["switch"] = [{"flow": "nowhere", "when": {"intents": ["project", "mood"]}}]
    found = lint(parse(data, "x.yaml"), tuple(FLOWS))
    assert any("'nowhere'" in line for line in found)
    assert any("'mood'" in line for line in found)


def test_a_goal_with_transitions_and_a_lost_closing_are_found():
    data = load_yaml("flows", "autonomous.yaml")
    data["stages"][0]["transitions"] = [{"to": "close"}]
    data["goals"]["closing"] = "heaven"
    found = lint(parse(data, "x.yaml"))
    assert any("is a goal" in line for line in found)
    assert any("'heaven'" in line for line in found)


def test_there_are_no_two_stages_without_a_way_between_start_and_success():
    for flow in FLOWS.values():
        assert {"soft_close", "success"} <= set(flow.stages)
        assert all(a != b for a, b in pairwise(chain([flow.first], [flow.stages[flow.first].slots])))


ELSEWHERE = [name for name, flow in FLOWS.items() if flow.trade]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_shop_of_another_trade_asks_its_customers_nothing_of_it(dialogue, name):
    customer = Customer(dialogue, served=frozenset())
    for text in ("здравствуйте", "сколько стоит занятие?", "а в субботу работаете?", "понятно", "мне для дочки"):
        step = customer.says(text, flow_name=name)
        assert step.question is None, text
        assert not {word for word in spoken(step).lower().split() if word.startswith(("магазин", "касс", "учёт"))}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_who_wants_to_buy_there_is_asked_how_to_reach_him(dialogue, name):
    customer = Customer(dialogue, served=frozenset())
    customer.says("сколько стоит занятие?", flow_name=name)
    step = customer.says("хорошо, беру, оформляйте", flow_name=name)
    assert step.state.pending is not None
    assert step.state.pending.slot == "contact"
    handed = customer.says("Айдар, 8 701 222 33 44", flow_name=name)
    assert handed.handover is not None
    assert not handed.question


def test_a_shop_of_the_trade_is_asked_as_ever_and_so_is_who_has_questions_of_his_own(dialogue):
    for trades, policy in ((frozenset({"shops"}), None), (frozenset(), own_questions())):
        customer = Customer(Dialogue.load(policy=policy) if policy else dialogue, served=trades)
        assert customer.says("сколько стоит занятие?").question, trades


def own_questions():
    asked = {
        language: (f"{word}?",)
        for language, word in (("ru", "Давно плаваете"), ("kk", "Көптен бері ме"), ("en", "How long"))
    }
    return replace(Policy.default(), questions={"shops": asked})


def test_which_trades_a_knowledge_speaks_of_is_told_by_its_sections():
    of_shops = ["Касса печатает чек", "Остатки по магазинам видны сразу", "Тариф Старт", "Доставка"]
    assert served(of_shops) == {"shops"}
    assert served(["Дорожка в бассейне", "Абонемент", "Справка", "Часы", "Оплата на кассе", "Раздевалка"]) == set()
    assert served([]) == {"shops"}


def test_a_flow_names_a_trade_that_is_known():
    data = load_yaml("flows", "bant.yaml") | {"trade": "bakers"}
    with pytest.raises(ConfigError, match="trade 'bakers' is unknown; use one of shops, or leave the line out"):
        parse(data, "bant.yaml")


def test_of_our_taxes_a_shop_of_another_trade_says_what_it_knows_and_no_trade_is_unfit_for_it(dialogue):
    for text in ("вы плательщик НДС?", "у вас цены с НДС?"):
        assert Customer(dialogue).says(text).query is None
        assert Customer(dialogue, served=frozenset()).says(text).query
    asked = Customer(dialogue, served=frozenset()).says("у меня кафе, нужны столы для кухни, сколько стоят?")
    assert "program" not in (asked.query or "")
    assert "программ" not in (asked.query or "")
