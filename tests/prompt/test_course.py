"""The last message: what it says of a turn, and what it leaves out first when there is too much."""

import re
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dialogue.engine import Dialogue
from app.dialogue.hearing.intents import INTENTS
from app.dialogue.wording import aim, courteous, fields
from app.prompt import Budget, PromptBuilder, TokenCounter, moment
from app.prompt.course import acts, beginning, shortened
from app.prompt.words import table
from app.types import Deciding, DialogueState, Key, Passage, Prompt, Section, Shop, Snapshot, Step
from loadtests.service import ROOT
from tests.thrift import most

KEY, SECRET = Key("s", "u"), b"a secret of this installation"
STEP = Step(
    "answer",
    "price",
    DialogueState(),
    ("price",),
    query="сколько?",
    fallback="Не нашли.",
    question="Сколько у вас точек?",
)
BUILDER = PromptBuilder(TokenCounter(), secret=SECRET)
FACT = Deciding("sum", "2 × 900 ₸ = 1 800 ₸ в месяц.", ("prices", "year"))


def passage(name: str, text: str = "Стрижка стоит 900 ₸.") -> Passage:
    return Passage(Section(id=name, text=text, category="c", title=name), 1.0)


def build(text: str = "сколько?", builder: PromptBuilder = BUILDER, **more: Any) -> Prompt:
    told = {"method": "m", "goal": "", "slots": {}} | more
    step, snapshot = told.pop("step", STEP), told.pop("snapshot", Snapshot(KEY))
    return builder.build(step, told.pop("passages", (passage("prices"),)), snapshot, text, **told)


def last(text: str = "сколько?", **more: Any) -> str:
    return build(text, **more).messages[-1].content


def test_who_we_are_is_said_where_the_shop_says_it_and_else_nothing_of_it() -> None:
    shop = build(shop=Shop("Салон «Мята»", "Стрижки и уход."))
    assert "компании Салон «Мята»" in shop.system and "Что мы продаём: Стрижки и уход." in shop.system
    assert shop.about == ("Салон «Мята»", "Стрижки и уход.")
    nobody = build()
    assert nobody.about == () and "компании" not in nobody.system and "продаём" not in nobody.system


def test_what_a_model_may_report_is_explained_in_words_that_never_change_within_a_flow() -> None:
    told = build(fields={"name": "имя", "goal": "цель"})
    assert "- name: имя\n- goal: цель" in told.system
    assert "имя" not in build(fields={"name": "имя"}, structured=False).system


def test_every_reportable_slot_of_every_flow_has_a_meaning_and_the_name_is_among_them() -> None:
    dialogue = Dialogue.load()
    for flow in dialogue.flow_names:
        meanings = fields(dialogue, flow)
        assert meanings["name"] == "имя"
        assert all(re.search("[а-я]", meaning) for meaning in meanings.values()), (flow, meanings)
        state = DialogueState(flow=flow)
        assert set(dialogue.wanted(state)) <= set(meanings) and "name" in dialogue.wanted(state)
        assert "name" not in dialogue.wanted(replace(state, slots={"name": "Асем"}))


def test_no_stage_has_an_aim_to_find_out_where_nothing_is_asked() -> None:
    dialogue = Dialogue.load()
    for name, flow in dialogue.flows.items():
        for stage in flow.stages.values():
            step = replace(STEP, state=DialogueState(flow=name, stage=stage.name), question=None)
            assert not re.match("Узнать|Понять|Услышать|Получить|Спросить|Выяснить", aim(dialogue, step)), stage
            assert aim(dialogue, replace(step, question="Сколько?")) == stage.goal


def test_a_word_on_what_was_told_is_only_offered_and_what_must_be_said_is_said() -> None:
    dialogue = Dialogue.load()
    texts = dialogue.texts["ru"].data
    for key in ("ack", "ack_desired_outcome", "ack_name"):
        step = replace(
            STEP, statement=texts[key][0].replace("{name}", "Асем"), state=DialogueState(slots={"name": "Асем"})
        )
        assert courteous(dialogue, step)
        said = last(step=step, courtesy=True)
        assert "Отклик, если подходит:" in said and "Скажи своими словами" not in said
    for key in ("human_open", "discount", "ack_terms", "refusal"):
        assert not courteous(dialogue, replace(STEP, statement=texts[key][0]))
    assert not courteous(dialogue, STEP)


def test_nothing_found_is_said_only_where_something_was_asked() -> None:
    nothing = {"passages": ()}
    assert "Ничего не найдено." in last(**nothing)
    told = replace(STEP, intents=("info",))
    assert "Ничего не найдено." not in last("у нас две точки", step=told, **nothing)
    assert "Ничего не найдено." in last("у нас две точки?", step=told, **nothing)
    thanks = replace(STEP, intents=("thanks",), query=None, fallback=None)
    said = last("спасибо", step=thanks, **nothing)
    assert "Ничего не найдено." not in said and "менеджер" not in said
    reckoned = last(deciding=(FACT,), **nothing)
    assert "Ничего не найдено." not in reckoned and "[prices, year] 2 × 900 ₸ = 1 800 ₸ в месяц." in reckoned


@pytest.mark.parametrize(
    ("step", "snapshot"),
    [
        (replace(STEP, action="handover"), Snapshot(KEY)),
        (replace(STEP, state=DialogueState(handed_over=True)), Snapshot(KEY)),
        (STEP, Snapshot(KEY, mode="person")),
    ],
    ids=["now", "before", "a person has it"],
)
def test_a_manager_is_not_offered_again_once_the_talk_is_his(step: Step, snapshot: Snapshot) -> None:
    assert "предложи передать вопрос менеджеру" in last()
    said = last(step=step, snapshot=snapshot)
    assert "предложи" not in said and "разговор уже у него" in said


def test_a_text_that_asks_by_itself_is_not_forbidden_its_question() -> None:
    asks = replace(STEP, question=None, statement="Вам удобно завтра?")
    assert "Других вопросов не задавай." in last(step=asks)
    assert "\nВопроса не задавай." in last(step=replace(asks, statement="Хорошо."))


def test_what_a_message_is_for_is_told_in_words_and_what_says_little_only_alone() -> None:
    words = table("words")["acts"]
    assert set(words) <= set(INTENTS) and set(table("words")["alone"]) <= set(words)
    assert acts("price", ("price", "feature")) == words["price"]
    assert acts("feature", ("feature",)) == words["feature"]
    assert acts("slot_question", ("complaint", "refund", "legal")) == f"{words['complaint']}; {words['refund']}"
    assert acts("discount_request", ("price", "discount_request")) == f"{words['discount_request']}; {words['price']}"
    assert acts("slot_question", ("info",)) == ""


def test_of_the_sections_that_a_figure_rests_on_two_are_named_and_first_those_that_are_shown() -> None:
    many = replace(FACT, sections=("a", "b", "prices", "c"))
    assert "[prices, a] 2 × 900 ₸" in last(deciding=(many,))
    assert "\n2 × 900 ₸" in last(deciding=(replace(FACT, sections=()),))


@pytest.mark.parametrize(
    ("hours", "at", "said"),
    [
        ((9, 21), (2026, 11, 30, 21, 19), "понедельник, 30 ноября, 21:19, людей нет (09:00-21:00)"),
        ((9, 21), (2026, 5, 3, 9, 5), "воскресенье, 3 мая, 09:05, люди на месте (09:00-21:00)"),
        ((0, 0), (2026, 1, 1, 3, 0), "четверг, 1 января, 03:00, люди отвечают круглосуточно"),
    ],
)  # fmt: skip
def test_the_moment_is_told_in_words(hours: tuple[int, int], at: tuple[int, ...], said: str) -> None:
    opens, closes = (time(hour) for hour in hours)
    local = datetime(*at)  # type: ignore[arg-type]
    assert moment(local, opens, closes, working=opens <= local.time() < closes) == said
    assert f"Сейчас {said}\n" in last(moment=said)


# -- what is left out of too much, and in which order

FULL = {
    "passages": (passage("best", "Стрижка стоит 900 ₸. " * 6), passage("next", "Укладка стоит 700 ₸. " * 6)),
    "told": {f"вещь{n}": "очень ждём весну" for n in range(4)},
    "earlier": tuple(f"Мы называли {n} 900 ₸." for n in range(3)),
    "deciding": (FACT,),
}


def parts(room: int, words: str = "мы хотим постричься, сколько это стоит?") -> dict[str, int]:
    said = last(words, builder=PromptBuilder(TokenCounter(), secret=SECRET, budget=Budget(turn=room)), **FULL)
    assert TokenCounter().count(said) <= room
    return {
        "next": said.count("Укладка"), "earlier": said.count("Мы называли"), "told": said.count("очень ждём"),
        "best": said.count("Стрижка"), "deciding": said.count("1 800 ₸"), "question": said.count("Сколько у вас точек?"),
        "words": said.count("сколько это стоит?"),
    }  # fmt: skip


def test_what_does_not_fit_is_left_out_in_the_order_that_is_promised() -> None:
    whole = parts(2000)
    assert whole == {"next": 6, "earlier": 3, "told": 4, "best": 6, "deciding": 1, "question": 1, "words": 1}
    seen = [parts(room) for room in range(700, 148, -5)]
    for each in seen:
        assert (each["deciding"], each["question"], each["words"]) == (1, 1, 1)
        if each["earlier"] < 3:
            assert each["next"] == 0, "passages behind the best one go first"
        if each["told"] < 4:
            assert each["earlier"] == 0, "then what we named before"
        if 0 < each["best"] < 6:
            assert each["told"] == each["earlier"] == each["next"] == 0, "and the best one's end last"
    assert {each["told"] for each in seen} >= {0, 4} and {each["best"] for each in seen} & set(range(1, 6))


def test_of_what_was_said_before_the_newest_stays() -> None:
    found = {parts_of for room in range(700, 230, -5) if (parts_of := tuple(re.findall(r"называли (\d)", _at(room))))}
    assert ("0", "1", "2") in found and ("2",) in found and found <= {("0", "1", "2"), ("1", "2"), ("2",)}


def _at(room: int) -> str:
    return last(builder=PromptBuilder(TokenCounter(), secret=SECRET, budget=Budget(turn=room)), **FULL)


def test_a_very_long_message_keeps_its_beginning_and_its_end_and_leaves_the_best_passage_its_place() -> None:
    words = f"Начало такое. {'слово ' * 1200} а сколько стоит стрижка?"
    said = last(
        words, builder=PromptBuilder(TokenCounter(), secret=SECRET, budget=Budget(turn=500)), passages=FULL["passages"]
    )
    assert "Начало такое." in said and "а сколько стоит стрижка?" in said and " … " in said
    assert said.count("Стрижка стоит 900 ₸.") == 6
    assert TokenCounter().count(said) <= 500


@given(st.text(max_size=300), st.integers(-3, 80))
@settings(max_examples=most(60), deadline=None)
def test_a_text_that_is_shortened_keeps_to_its_tokens(text: str, most: int) -> None:
    counter = TokenCounter()
    for made in (shortened(counter, text, most), beginning(counter, text, most)):
        assert counter.count(made) <= max(most, 0)
    if counter.count(text) <= most:
        assert shortened(counter, text, most) == text


@given(st.text(max_size=200), st.integers(200, 900))
@settings(max_examples=most(40), deadline=None)
def test_any_text_makes_a_message_within_its_budget(text: str, room: int) -> None:
    said = last(
        text, builder=PromptBuilder(TokenCounter(), secret=SECRET, budget=Budget(turn=room)), passages=FULL["passages"]
    )
    assert TokenCounter().count(said) <= room


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "app" / "prompt").glob("*.py")), ROOT / "app/turn/prompting.py", ROOT / "app/dialogue/wording.py", *(ROOT / "app/cli").glob("prompt.py")], ids=lambda path: path.name
)  # fmt: skip
def test_words_of_a_language_are_data(path: Path) -> None:
    assert not [sign for sign in path.read_text("utf-8") if "\u0400" <= sign <= "\u04ff"]
