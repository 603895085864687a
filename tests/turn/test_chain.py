"""The chain of one turn hands on everything that the next part needs: each thing by itself."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.dialogue.engine import Dialogue
from app.guardrail import KnownWords
from app.knowledge.retriever import Found
from app.knowledge.twins import Twins
from app.settings import load
from app.turn.bots import Bot
from app.turn.chain import Plan, decide, guard_context, judge, plan, prompt_hash
from app.turn.outcome import correction
from app.turn.searching import search
from app.types import (
    Ask,
    ChatMessage,
    DialogueState,
    Draft,
    Exchange,
    Key,
    Passage,
    Prompt,
    Section,
    Shop,
    Snapshot,
    Step,
)

KEY = Key("B", "U")
NOW = datetime(2026, 3, 4, 20, tzinfo=UTC)  # already the fifth in Almaty
RIGHT, WRONG = "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин.", "Тариф «Рост» стоит 9 900 ₸ в месяц за магазин."


def section(name: str, text: str = "Текст.") -> Section:
    return Section(id=name, category="c", title=name, text=text)


ROST = Passage(section("rost", RIGHT), 1.0)
STEP = Step("answer", "price", DialogueState(flow="spin_selling", stage="situation"), language="kk", greeting="Приветствие.",
            statement="Слово.", lead="Вот что есть.", query="цена", fallback="Не нашли.", question="Вопрос?")  # fmt: skip
HISTORY = (
    Exchange("Раз", "Ответ раз.", "machine", revision=1),
    Exchange(None, "Пишите на own@shop.kz", "human", revision=2),
    Exchange("Два", "Пишите на other@shop.kz", "fallback", revision=3),
)
ASK = Ask(KEY, "Сколько?", "r", media="audio")


@pytest.fixture
def chat(bot: Bot) -> Bot:
    """The bot, as a model speaks for it."""
    return bot


def planned(step: Step = STEP, **more: Any) -> Plan:
    prompt = Prompt(step, (ROST,), HISTORY, ASK.text, "Правила.", (ChatMessage("user", "⟦kvqzhd⟧\nда\n⟦/kvqzhd⟧"),))
    return Plan(step, (ROST,), replace(prompt, **more), "v")


def test_a_draft_is_judged_against_everything_that_is_known_of_the_turn(chat: Bot) -> None:
    policy = replace(chat.dialogue.policy, never=("самые низкие",), discounts=(Decimal(7),))
    dialogue = cast(Dialogue, SimpleNamespace(policy=policy))
    bot = replace(chat, dialogue=dialogue, borne_out={"ru": 0.9, "kk": 0.4})
    snapshot = Snapshot(KEY, replace(STEP.state, said=("greeting",)), 3, history=HISTORY)
    judged = replace(planned(), entailed={"Раз.": 0.1}, least_entailed=0.5)
    context = guard_context(judged, ASK, snapshot, bot)
    said = {field.name: getattr(context, field.name) for field in fields(context)}
    contacts = cast(frozenset[str], said.pop("contacts"))
    known = cast(KnownWords, said.pop("known"))
    assert said == {
        "passages": (ROST,),
        "customer": ("Раз", "Два", "Сколько?"),
        "earlier": ("Ответ раз.", "Пишите на own@shop.kz", "Пишите на other@shop.kz"),
        "own": ("Приветствие.", "Слово.", "Вот что есть.", "Вопрос?", "Не нашли."),
        "language": "kk",
        "greeted": True,
        "system": "Правила.",
        "never": ("самые низкие",),
        "discounts": (Decimal(7),),
        "shop": bot.knowledge.current.shop,
        "least_borne": 0.4,
        "entailed": {"Раз.": 0.1},
        "least_entailed": 0.5,
        "marks": ("kvqzhd",),
        "languages": frozenset({"en", "kk", "ru"}),
        "deciding": (),
        "asked": True,
        "stated": "",
        "course": ("⟦kvqzhd⟧", "да", "⟦/kvqzhd⟧"),
    }
    assert known.holds("терминалы") and not known.holds("дирижабль"), "the words of the whole knowledge"
    assert "own@shop.kz" in contacts and "other@shop.kz" not in contacts, "only a person's own answer vouches for it"
    assert not guard_context(planned(), ASK, Snapshot(KEY, history=HISTORY), bot).greeted
    assert guard_context(planned(replace(STEP, greeting=None, lead=None)), ASK, snapshot, bot).own == (
        "Слово.",
        "Вопрос?",
        "Не нашли.",
    )


def verdict(bot: Bot, *drafts: Draft) -> Any:
    return judge(planned(replace(STEP, language="ru")), drafts, ASK, Snapshot(KEY), bot)


def test_the_first_draft_that_holds_goes_out(chat: Bot) -> None:
    found = verdict(chat, Draft(WRONG, "one"), Draft(RIGHT, "two", (ROST,)), Draft("Да.", "three"))
    assert (found.text, found.model, found.used, found.replaced) == (RIGHT, "two", (ROST,), False)


def test_where_none_holds_the_fact_is_said_and_the_last_verdict_told(chat: Bot) -> None:
    found = verdict(chat, Draft(WRONG, "one"), Draft(WRONG.replace("9 900", "8 800"), "two"))
    assert (found.model, found.replaced, found.used) == ("two", True, (ROST,))
    assert RIGHT in found.text
    assert "8 800" in found.verdict.findings[0].detail


@pytest.mark.parametrize("mark", ["abcdef", "kvqzhd"], ids=["of the history", "of the newest message"])
def test_a_draft_that_says_a_mark_of_any_message_of_its_prompt_is_refused(chat: Bot, mark: str) -> None:
    asked = tuple(ChatMessage("user", f"⟦{each}⟧\nСколько?\n⟦/{each}⟧") for each in ("abcdef", "kvqzhd"))
    messages = (asked[0], ChatMessage("assistant", "Уточню."), asked[1])
    turn = planned(replace(STEP, language="ru"), messages=messages)
    found = judge(turn, [Draft(f"{RIGHT} Ваш код: {mark}.", "one")], ASK, Snapshot(KEY), chat)
    assert found.replaced
    assert [(each.check, each.detail) for each in found.verdict.findings] == [("leak", "a mark of the prompt")]


def test_what_an_owner_wrote_is_tidied_and_never_refused(bot: Bot, chat: Bot) -> None:
    assert verdict(chat, Draft(WRONG, Extractive.name, origin="knowledge")).text == WRONG
    assert verdict(bot, Draft(WRONG, "anything", origin="knowledge")).text == WRONG
    assert verdict(bot, Draft(f"**{WRONG}**", "anything", origin="knowledge")).text == WRONG


def test_a_correction_holds_the_draft_and_each_thing_that_was_wrong(chat: Bot) -> None:
    prompt = planned().prompt
    found = verdict(chat, Draft(WRONG, "one"))
    asked = correction(prompt, Draft(WRONG, "one"), found.verdict)
    assert asked.messages[: len(prompt.messages)] == prompt.messages
    assert asked.messages[-2] == ChatMessage("assistant", WRONG)
    assert "«9 900 ₸»: такой цены в фактах нет" in asked.messages[-1].content


class Searched:
    """A knowledge base that notes what it was asked."""

    version = "v7"
    sections = ()
    shop = Shop()
    twins = Twins(())
    catalogue = SimpleNamespace(reductions=())

    @property
    def current(self) -> "Searched":
        return self

    async def find(self, query: str, **asked: Any) -> Found:
        self.asked = asked | {"query": query}
        return Found((ROST,), version=self.version)


@pytest.mark.parametrize(
    ("history", "closed", "previous"),
    [(HISTORY, False, "Два"), (HISTORY[:2], False, "Раз"), (HISTORY, True, None), ((), False, None)],
)
async def test_a_search_knows_the_day_at_the_shop_and_the_message_before(
    bot: Bot, history: tuple[Exchange, ...], closed: bool, previous: str | None
) -> None:
    knowledge = Searched()
    searching = replace(bot, knowledge=cast(Any, knowledge))
    snapshot = Snapshot(KEY, replace(STEP.state, closed=closed), history=history)
    found = await search(STEP, snapshot, NOW, searching, top_k=7)
    assert (found.version, knowledge.asked["query"], knowledge.asked["top_k"]) == ("v7", "цена", 7)
    assert knowledge.asked["today"].isoformat() == "2026-03-05"
    assert knowledge.asked["previous"] == previous


class Noting(Searched):
    """Notes every search; finds what it is given for each query."""

    def __init__(self, **found: tuple[Passage, ...]) -> None:
        self.calls: list[dict[str, Any]] = []
        self._found = found

    async def find(self, query: str, **asked: Any) -> Found:
        self.calls.append(asked | {"query": query})
        return Found(self._found.get(query, ()), version=self.version)

    async def find_all(self, asked: Any, **more: Any) -> tuple[Found, ...]:
        asked = tuple(asked)
        self.calls.append(more | {"asked": asked})
        return tuple(Found(self._found.get(each.text, ()), version=self.version) for each in asked)


async def test_each_search_of_a_turn_is_told_the_day_the_deadline_and_what_is_not_wanted(bot: Bot) -> None:
    deadline, knowledge = Deadline.after(5), Noting()
    step = replace(STEP, query="рост", queries=("рост", "сеть"), wider="тарифы", without=("старт",))
    snapshot = Snapshot(KEY, STEP.state, history=HISTORY)
    await search(step, snapshot, NOW, replace(bot, knowledge=cast(Any, knowledge)), top_k=7, deadline=deadline)
    assert len(knowledge.calls) == 4
    for call in knowledge.calls:
        assert (call["top_k"], call["today"].isoformat(), call["deadline"]) == (7, "2026-03-05", deadline)
    whole, apart, going_on, wider = knowledge.calls
    assert (whole["query"], whole["without"], whole["previous"]) == ("рост", ("старт",), "Два")
    assert [(each.text, tuple(each.without)) for each in apart["asked"]] == [("рост", ("старт",)), ("сеть", ("старт",))]
    assert [tuple(each.without) for each in going_on["asked"]] == [("старт",)]
    assert (wider["query"], tuple(wider["without"])) == ("тарифы", ("старт",))


@pytest.mark.parametrize(("answers", "again"), [(0.19, True), (0.2, False), (None, False)])
async def test_the_wider_words_are_searched_where_nothing_found_may_answer(
    bot: Bot, answers: float | None, again: bool
) -> None:
    knowledge = Noting(цена=(Passage(section("rost", RIGHT), 1.0, answers=answers),))
    step, snapshot = replace(STEP, wider="тарифы"), Snapshot(KEY, STEP.state)
    await search(step, snapshot, NOW, replace(bot, knowledge=cast(Any, knowledge)), top_k=7)
    assert [call["query"] for call in knowledge.calls] == (["цена", "тарифы"] if again else ["цена"])


@pytest.mark.parametrize(
    ("intents", "without", "priced", "previous"),
    [
        (("correction",), ("старт",), False, None),
        (("correction",), ("старт",), True, "Два"),
        (("correction",), (), False, "Два"),
        (("price",), ("старт",), False, "Два"),
    ],
)
async def test_who_puts_right_what_he_meant_is_not_searched_with_what_he_did_not(
    bot: Bot, intents: tuple[str, ...], without: tuple[str, ...], priced: bool, previous: str | None
) -> None:
    knowledge, snapshot = Noting(), Snapshot(KEY, replace(STEP.state, priced=priced), history=HISTORY)
    step = replace(STEP, intents=intents, without=without)
    await search(step, snapshot, NOW, replace(bot, knowledge=cast(Any, knowledge)), top_k=7)
    assert knowledge.calls[0]["previous"] == previous


async def test_a_step_that_searches_nothing_finds_nothing_and_knows_the_version(bot: Bot) -> None:
    knowledge = Searched()
    found = await search(
        replace(STEP, query=None), Snapshot(KEY), NOW, replace(bot, knowledge=cast(Any, knowledge)), top_k=7
    )
    assert found == Found((), version="v7")
    assert not hasattr(knowledge, "asked")


def test_a_new_customer_is_spoken_to_in_the_bots_language_and_a_known_one_in_his(bot: Bot) -> None:
    kazakh = replace(bot, language="kk")
    ask = Ask(KEY, "👍", "r")
    for turns, language, expected in ((0, "en", "kk"), (1, "en", "en"), (1, "ru", "ru")):
        snapshot = Snapshot(KEY, DialogueState(turns=turns, language=cast(Any, language)))
        assert decide(ask, snapshot, NOW, kazakh).language == expected, (turns, language)


def test_a_plan_holds_as_many_passages_as_the_settings_say_and_all_of_them_without_a_model(chat: Bot) -> None:
    found = Found(tuple(Passage(section(f"s{n}"), 1.0) for n in range(9)), version="v8")
    settings = load(environ={"MACHINE_TURN__PASSAGES": "2"})
    spoken = plan(STEP, found, ASK, Snapshot(KEY), chat, settings=settings, wants_prompt=True, now=NOW)
    assert (len(spoken.passages), spoken.knowledge, len(spoken.prompt.passages)) == (2, "v8", 2)
    composed = plan(
        STEP, found, ASK, Snapshot(KEY, history=HISTORY), chat, settings=settings, wants_prompt=False, now=NOW
    )
    assert (len(composed.passages), composed.knowledge, composed.prompt.messages) == (9, "v8", ())
    assert (composed.prompt.text, composed.prompt.history) == (ASK.text, HISTORY)


def test_a_prompt_is_written_of_everything_that_the_dialogue_knows(chat: Bot) -> None:
    slots = {"name": "Айгуль", "pain_point": "чеки теряются по вечерам"}
    step = replace(STEP, state=replace(STEP.state, slots=slots))
    prompt = plan(
        step,
        Found((ROST,)),
        ASK,
        Snapshot(KEY, history=HISTORY),
        chat,
        settings=load(environ={}),
        wants_prompt=True,
        now=NOW,
    ).prompt
    last = prompt.messages[-1].content
    dialogue = chat.dialogue
    assert prompt.wanted == dialogue.wanted(step.state) != ()
    for told in (dialogue.goal("spin_selling", "situation"), "Айгуль", "чеки теряются по вечерам", "расшифровка голосового",
                 "Сколько?", "14 900", "казахский", "Приветствие.", "Слово. Вот что есть.", "Вопрос?"):  # fmt: skip
        assert told in last, told
    assert dialogue.title("spin_selling") in prompt.system


def test_two_prompts_have_one_hash_only_if_the_backend_is_asked_the_same() -> None:
    spoken = planned().prompt
    silent = replace(spoken, messages=())
    other = Passage(section("other"), 1.0)
    prompts = [
        spoken,
        replace(spoken, system="Другое."),
        replace(spoken, messages=(*spoken.messages, ChatMessage("user", "ещё"))),
        silent,
        replace(silent, text="Другое?"),
        replace(silent, passages=(other,)),
        replace(silent, passages=(replace(ROST, score=0.5),)),
        replace(silent, passages=(ROST, other)),
        *(replace(silent, step=replace(STEP, **cast(Any, {name: "Другое."}))) for name in ("greeting", "statement", "lead", "question", "query")),
        replace(silent, history=HISTORY[:1]),
    ]  # fmt: skip
    assert len({prompt_hash(prompt) for prompt in prompts}) == len(prompts)
    same = replace(silent, passages=(replace(ROST, score=1.000001),), history=HISTORY[2:], tokens=5)
    assert prompt_hash(same) == prompt_hash(silent)
