"""Every limit of a conversation just below, at and just above it, and every condition of what is carried on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.dialogue.engine import Dialogue
from app.dialogue.hearing.intents import understand
from app.dialogue.hearing.tone import tone_of
from app.dialogue.policy.hours import Hours
from app.dialogue.policy.model import Policy
from app.dialogue.resources import load_texts
from app.dialogue.rules import continuity
from app.dialogue.rules.continuity import AWAY
from app.dialogue.slots import aside
from app.dialogue.slots.choices import MAX_OPTIONS, options, pick
from app.dialogue.slots.extract import object_of
from app.types import Aside, Ask, DialogueState, Exchange, Key, Pending, Snapshot

NOW = datetime(2026, 3, 4, 7, tzinfo=UTC)
KEY = Key("shop", "customer")
SECOND = timedelta(seconds=1)


def seen(ago: timedelta, **more: object) -> DialogueState:
    return DialogueState(turns=1, seen_at=(NOW - ago).timestamp(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ago", "away"),
    [(timedelta(0), False), (AWAY - SECOND, False), (AWAY, False), (AWAY + SECOND, True), (10 * AWAY, True)],
)
def test_who_was_silent_for_more_than_twelve_hours_was_away(ago: timedelta, away: bool) -> None:
    assert timedelta(hours=12) == AWAY
    assert continuity.away(seen(ago), NOW) == away
    assert not continuity.away(replace(seen(ago), turns=0), NOW), "whoever never wrote before does not come back"


@pytest.mark.parametrize(("name", "words"), [("", "Рады, что вы вернулись!"), ("Айгуль", "С возвращением, Айгуль!")])
def test_a_customer_who_was_away_is_welcomed_back_by_name(name: str, words: str) -> None:
    texts, state = load_texts()["ru"], seen(2 * AWAY, said=("greeting",))
    state = replace(state, turns=1 if name else 2)
    assert continuity.greeting(texts, state, name, part="day", now=NOW) == words
    assert continuity.greeting(texts, replace(state, seen_at=NOW.timestamp()), name, part="day", now=NOW) is None


@pytest.mark.parametrize(
    ("earlier", "turns", "spam"),
    [
        (["да"] * 3, 3, True), (["да"] * 5, 5, True), (["да", "Да!", " ДА"], 3, True),
        (["да"] * 2, 2, False), (["да"] * 3, 2, False), (["да", "да", "нет"], 3, False), (["нет", "да", "да"], 3, False),
        (["нет", "да", "да", "да"], 4, True),
    ],
)  # fmt: skip
def test_the_fourth_same_message_in_a_row_is_spam(earlier: list[str], turns: int, spam: bool) -> None:
    history = tuple(Exchange(text, "?") for text in earlier)
    snapshot = Snapshot(KEY, DialogueState(turns=turns), history=history)
    assert continuity.repeated("да", snapshot) == spam


def test_messages_without_words_are_no_spam() -> None:
    snapshot = Snapshot(KEY, DialogueState(turns=3), history=(Exchange("?", "?"),) * 3)
    assert not continuity.repeated("?", snapshot)


NOTICE = Policy(closed_notice={"ru": ("Ответим в {time}.",)})
CLOSED = datetime(2026, 3, 4, 23, 30, tzinfo=timezone(timedelta(hours=5)))


def notice(state: DialogueState, now: datetime = CLOSED, policy: Policy = NOTICE) -> str | None:
    return continuity.closed_notice(policy, Hours(), state, now, language="ru", opening="09:00")


@pytest.mark.parametrize(
    ("ago", "said"), [(timedelta(0), False), (AWAY - SECOND, False), (AWAY, True), (AWAY + SECOND, True)]
)
def test_that_nobody_is_there_is_said_once_in_twelve_hours(ago: timedelta, said: bool) -> None:
    state = DialogueState(notice_at=int((CLOSED - ago).timestamp()))
    assert notice(state) == ("Ответим в 09:00." if said else None)


def test_that_nobody_is_there_is_said_only_where_it_is_so_and_the_bot_has_words_for_it() -> None:
    assert notice(DialogueState()) == "Ответим в 09:00."
    assert notice(DialogueState(), CLOSED.replace(hour=12)) is None
    assert notice(DialogueState(), policy=Policy()) is None


def test_of_a_customer_who_was_away_only_what_must_be_is_forgotten(dialogue: Dialogue) -> None:
    flow = dialogue.flows["transactional"]
    told = {"contact": "+77011234567", "product": "сканер", "order_wanted": "yes", "name": "Айгуль"}
    state = seen(2 * AWAY, flow=flow.name, stage="order", slots=told, asked=dict.fromkeys(told, 1), handed_over=True,
                 said=("greeting",), paused=True)  # fmt: skip

    def found(state: DialogueState) -> DialogueState:
        return continuity.resumed(
            state, Ask(KEY, "здравствуйте", "r"), NOW, flows=dialogue.flows, default=flow.name, skip=()
        )[0]

    once = [slot for slot, spec in flow.slots.items() if spec.each_time or spec.kind == "yes_no"]
    assert "contact" not in once and "name" not in once
    again = found(state)
    assert (again.said, again.paused, again.handed_over, again.stage) == (("greeting",), False, False, "")
    assert set(again.slots) == set(told) - set(once) and set(again.asked) == set(told) - set(once)
    # Who left no telephone is still in the middle of his order, and who was not away is where he was.
    unreached = found(replace(state, slots={"product": "сканер"}))
    assert (unreached.slots, unreached.handed_over, unreached.stage) == ({"product": "сканер"}, False, "order")
    assert found(replace(state, seen_at=NOW.timestamp())) == replace(state, seen_at=NOW.timestamp())


@pytest.mark.parametrize("whole", [False, True])
def test_a_new_order_asks_again_what_belongs_to_one_order(dialogue: Dialogue, whole: bool) -> None:
    for flow in dialogue.flows.values():
        told = dict.fromkeys(flow.slots, "yes") | {"interest": "сканер"}
        state = DialogueState(flow=flow.name, stage=next(iter(flow.stages)), slots=told, asked=dict.fromkeys(told, 1),
                              pending=Pending("name"), handed_over=True, said=("greeting", *flow.stages))  # fmt: skip
        again = {slot for slot, spec in flow.slots.items() if spec.each_time or (whole and spec.kind == "yes_no")}
        new = continuity.renewed(state, flow, whole=whole)
        assert set(told) - set(new.slots) == set(told) - set(new.asked) == again | {"interest"}, flow.name
        assert (new.stage, new.pending, new.handed_over, new.said) == ("", None, False, ("greeting",))


def test_a_question_of_another_flow_is_open_only_where_this_one_has_it(dialogue: Dialogue) -> None:
    def pending(slot: str) -> Pending | None:
        state = DialogueState(flow="spin_selling", stage="situation", pending=Pending(slot), turns=1)
        ask = Ask(KEY, "да", "r", flow_name="transactional")
        return continuity.resumed(state, ask, NOW, flows=dialogue.flows, default="spin_selling", skip=())[0].pending

    assert pending("contact") == Pending("contact")
    assert pending("pain_impact") is None


def test_a_caller_who_names_the_flow_that_led_to_another_one_changes_nothing(dialogue: Dialogue) -> None:
    state = DialogueState(flow="consultative", stage="", turns=3, switched_from=("transactional",))
    ask = Ask(KEY, "да", "r", flow_name="transactional")
    found, flow = continuity.resumed(state, ask, NOW, flows=dialogue.flows, default="spin_selling", skip=())
    assert (found.flow, flow.name) == ("consultative", "consultative")
    other = continuity.resumed(
        replace(state, switched_from=()), ask, NOW, flows=dialogue.flows, default="spin_selling", skip=()
    )
    assert other[1].name == "transactional", "named anew it is followed"


def test_what_the_bot_never_asks_for_counts_as_asked_and_other_counts_stay(dialogue: Dialogue) -> None:
    state = DialogueState(flow="spin_selling", turns=1, asked={"name": 1})
    found, _ = continuity.resumed(
        state,
        Ask(KEY, "да", "r"),
        NOW,
        flows=dialogue.flows,
        default="spin_selling",
        skip=("name", "contact", "nothing"),
    )
    assert found.asked["name"] == 1 and found.asked["contact"] >= 2 and "nothing" not in found.asked


# -- what a model heard behind its answer


def heard(value: str, said: str, slot: str = "pain_point", **state: object) -> DialogueState:
    flow = Dialogue.load().flows["spin_selling"]
    return aside.told(DialogueState(flow=flow.name, **state), Aside({slot: value}), flow.slots, (said,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "said", "taken"),
    [
        ("путаница с остатками", "У нас путаница с остатками", True),
        ("путаница", "запутались", False),
        ("остатки кассы", "остатков", True),  # a half of its words, in other forms
        ("остатки кассы склады", "остатков", False),  # a third
        ("остатки 5", "остатки у 5 касс", True),
        ("остатки 5", "остатки у касс", False),
        ("остатки 5", "остатки у 50 касс", False),
        ("", "остатки", False),
        ("о" * 200, "о" * 200, True),
        ("о" * 201, "о" * 201, False),
    ],
)
def test_what_a_model_heard_is_taken_where_the_customers_words_bear_it_out(value: str, said: str, taken: bool) -> None:
    assert (heard(value, said).slots == {"pain_point": value}) is taken


def test_what_a_model_heard_replaces_nothing_and_fills_no_list() -> None:
    assert heard("остатки", "остатки", slots={"pain_point": "касса"}).slots == {"pain_point": "касса"}
    for slot in ("company_size", "contact", "demo_wanted", "nonsense"):
        assert heard("остатки", "остатки", slot).slots == {}, slot


@pytest.mark.parametrize(
    ("before", "chance", "wish"),
    [
        ({}, 0.3, "borne_out"), ({}, 0.0, "offered"), ({"said": (aside.DUE,)}, 0.0, "unborne"),
        ({"said": (aside.OFFERED,)}, 0.0, "unborne"), ({"handed_over": True}, 0.9, "met"), ({"closed": True}, 0.9, "met"),
        ({"wants_person": True}, 0.0, "met"),
    ],
)  # fmt: skip
def test_a_wish_for_a_person_that_a_model_reports_needs_the_customers_words(
    before: dict[str, object], chance: float, wish: aside.Wish
) -> None:
    state = DialogueState(**before)  # type: ignore[arg-type]
    assert aside.wish_of(state, Aside(human=True), chance) == wish
    after = aside.told(state, Aside(human=True), {}, (), wish=wish)
    assert after.wants_person is (wish == "borne_out" or state.wants_person)
    assert (aside.DUE in after.said) is (wish == "offered" or aside.DUE in state.said)
    assert aside.wish_of(state, Aside(), 1.0) == ""


def test_a_model_is_asked_for_four_open_questions_the_one_that_waits_first(dialogue: Dialogue) -> None:
    for flow in dialogue.flows.values():
        asked = aside.wanted(DialogueState(flow=flow.name), flow.slots)
        assert len(asked) <= 4
        if not asked:
            continue
        waiting = asked[-1]
        state = DialogueState(flow=flow.name, pending=Pending(waiting), asked={asked[0]: 1, waiting: 1})
        assert aside.wanted(state, flow.slots)[0] == waiting
        assert waiting not in aside.wanted(replace(state, slots={waiting: "x"}), flow.slots)
    assert max(len(aside.wanted(DialogueState(), flow.slots)) for flow in dialogue.flows.values()) == 4


# -- the packet for a person


def question_of(dialogue: Dialogue, *texts: str) -> str:
    """What the packet repeats of the customer's words, when he calls a person at last."""
    history = tuple(Exchange(text, "") for text in texts)
    ask = Ask(KEY, "позовите человека", "r")
    step = dialogue.advance(Snapshot(KEY, DialogueState(turns=len(texts)), len(texts), history=history), ask, NOW)
    assert step.handover is not None
    return step.handover.last_question


@pytest.mark.parametrize(("ago", "found"), [(1, True), (7, True), (8, True), (9, False)])
def test_a_question_without_its_mark_is_looked_for_in_the_last_eight_messages(
    dialogue: Dialogue, ago: int, found: bool
) -> None:
    asked = "сколько стоит тариф рост"
    said = question_of(dialogue, asked, *["ну вот"] * (ago - 1))
    assert (said == asked) is found


@pytest.mark.parametrize(("length", "found"), [(299, True), (300, True), (301, False)])
def test_only_a_short_message_is_read_for_a_question_without_its_mark(
    dialogue: Dialogue, length: int, found: bool
) -> None:
    asked = "сколько стоит тариф рост".ljust(length, "а")
    assert (question_of(dialogue, asked) == asked) is found
    assert question_of(dialogue, asked + "?") == asked + "?", "the mark tells, however long it is"


@pytest.mark.parametrize(("length", "cut"), [(159, False), (160, False), (161, True), (400, True)])
def test_a_summary_repeats_a_hundred_and_sixty_characters(dialogue: Dialogue, length: int, cut: bool) -> None:
    asked = "сколько стоит ".ljust(length - 1, "я") + "?"
    step = dialogue.advance(
        Snapshot(KEY, DialogueState(turns=1), 1, history=(Exchange(asked, ""),)),
        Ask(KEY, "позовите человека", "r"),
        NOW,
    )
    assert step.handover is not None and step.handover.last_question == asked
    told = asked[:159] + "…" if cut else asked
    assert told in step.handover.summary and (asked in step.handover.summary) is not cut


# -- one message


def listed(many: int) -> str:
    names = [f"цвет{'абвгдежз'[n]}" for n in range(many)]
    return f"Какой: {', '.join(names[:-1])} или {names[-1]}?"


@pytest.mark.parametrize(("many", "found"), [(2, 2), (5, 5), (6, 6), (7, 0)])
def test_a_question_lists_six_options_at_most(many: int, found: int) -> None:
    assert MAX_OPTIONS == 6
    assert len(options(listed(many))) == found


@pytest.mark.parametrize(
    ("reply", "options", "picked"),
    [
        ("второй", "а б", "б"), ("2", "а б", "б"), ("последнее", "а б в", "в"), ("оба", "а б", "а б"),
        ("оба", "а б в", "а б в"), ("оба", "а б в г", ""), ("3", "а б", ""), ("0", "а б", ""), ("22", "а б", None),
        ("2 кассы", "а б", None), ("второй?", "а б", None), ("первый и второй", "а б в", "а б"), ("2, 2", "а б", "б"),
        ("второй", "а другое", ""), ("первый", "", None),
    ],
)  # fmt: skip
def test_a_short_reply_points_at_what_was_listed(
    dialogue: Dialogue, reply: str, options: str, picked: str | None
) -> None:
    found = pick(understand(reply, dialogue.vocabulary, "ru"), tuple(options.split()))
    assert found == (None if picked is None else tuple(picked.split()))


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("хочу купить сканер", "сканер"),
        ("хочу купить большой белый быстрый сканер", "большой белый быстрый сканер"),
        ("хочу купить большой белый быстрый новый сканер", ""),
        ("хочу купить сканер?", ""),
        ("не хочу купить сканер", ""),
        ("нет, хочу купить сканер", ""),
        ("хочу купить сканер 87011234567", ""),
        ("хочу купить", ""),
    ],
)
def test_a_wish_to_buy_names_its_thing_in_four_words_at_most(dialogue: Dialogue, text: str, thing: str) -> None:
    assert object_of(understand(text, dialogue.vocabulary, "ru")) == thing


@pytest.mark.parametrize(
    ("text", "intents", "tone"),
    [
        ("ГДЕЗАКАЗ!", (), "neutral"),  # eight letters
        ("ГДЕ ЗАКАЗЫ", (), "neutral"),  # nine
        ("ГДЕ МОЙ ЗАК", (), "neutral"),
        ("ГДЕ ЗАКАЗ НАШ", (), "annoyed"),
        ("АБВГДЕЖзик", (), "annoyed"),  # seven of ten
        ("АБВГДЕжзик", (), "neutral"),  # six of ten
        ("АБВГДЕЖЗИК", ("complaint",), "angry"),
        ("АБВГДЕЖЗИК", ("frustration",), "angry"),
        ("ну вот", ("complaint",), "annoyed"),
        ("ну вот", ("frustration",), "annoyed"),
        ("ну вот!!", ("complaint",), "angry"),
        ("ну вот!!", (), "neutral"),
        ("ну вот???", (), "annoyed"),
        ("ну вот??", (), "neutral"),
        ("не пишите", ("opt_out",), "annoyed"),
        ("ок", ("thanks",), "warm"),
        *((f"ок {smile}", (), "warm") for smile in "😊 🙂 😍 🥰 ❤ 🤗 💕 😘 🌹 🌸 ☺ :) )))".split()),
        *((f"ок {frown} 🙂", (), "angry") for frown in "😡 🤬 😠 👿 💩 🖕".split()),
    ],
)
def test_the_strongest_sign_decides_the_tone(text: str, intents: tuple[str, ...], tone: str) -> None:
    assert tone_of(text, intents, ()) == tone
