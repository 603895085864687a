"""`machine eval`: what is checked, what counts, and how well the sample shop's bot does on our own cases."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli.evaluate import evaluate
from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.errors import ConfigError, Unavailable
from app.evaluation.cases import DialogueCase, Expected, read_cases, says
from app.evaluation.dialogues import DialogueMiss, DialogueReport, compare, evaluate_dialogues, misses_of
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.types import Draft, Prompt
from loadtests.service import ROOT

SHOP = ROOT / "tests" / "dialogue" / "cases" / "shop.yaml"
TONGUES = SHOP.with_name("tongues.yaml")
SALON = ROOT.parent / "shared" / "data" / "salon"
"""A real salon's data stays outside the project: without it, its tests are left out."""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(text, "utf-8")
    return path


def read(tmp_path: Path, text: str) -> list[DialogueCase]:
    return read_cases([written(tmp_path, text)])


# What an answer says


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("Стоит 3 000 ₸", "3 000"),
        ("Стоит 3\u00a0000\u202f₸", "3 000 ₸"),
        ("Стоит 3000 ₸", "3 000"),
        ("ПРИДЁТ ЗАВТРА", "придет завтра"),
        ("с 9:00–21:00", "9:00-21:00"),
        ("Есть Wi‑Fi", "wi-fi"),
        ("скидка 10%", "10%"),
        ("от 25 000 ₸, 9:00", "от 25 000"),
        ("две\n\nстроки", "две строки"),
    ],
)
def test_an_answer_says_a_text_whatever_its_spaces_dashes_and_letters(answer: str, wanted: str) -> None:
    assert says(answer, wanted)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("Стоит 13 000 ₸", "3 000"),
        ("Стоит 3 000 000 ₸", "3 000"),
        ("Стоит 1 300 ₸", "300"),
        ("через 120 минут", "20 минут"),
        ("скидка 10", "10%"),
        ("", "текст"),
    ],
)
def test_a_part_of_another_figure_is_not_that_figure(answer: str, wanted: str) -> None:
    assert not says(answer, wanted)


@given(st.integers(0, 999_999_999), st.integers(0, 999_999_999))
def test_one_amount_is_found_in_a_sentence_only_as_itself(amount: int, other: int) -> None:
    sentence = f"Цена — {other:,} ₸ в месяц.".replace(",", " ")
    assert says(sentence, f"{amount:,}".replace(",", " ")) == (amount == other)


# What an answer is


@pytest.mark.parametrize("action", ["answer", "ask", "refuse", "close"])
def test_every_action_but_a_handover_is_a_reply(action: str) -> None:
    assert misses_of(Expected(action="reply"), "Да.", action, "price") == []
    assert misses_of(Expected(action="escalate"), "Да.", action, "price")[0][0] == "action"


def test_a_handover_is_an_escalation_and_no_reply() -> None:
    assert misses_of(Expected(action="escalate"), "Передаю.", "handover", "payment") == []
    assert misses_of(Expected(action="reply"), "Передаю.", "handover", "payment")[0][0] == "action"


@pytest.mark.parametrize(
    ("answer", "action", "reason", "topic", "right"),
    [
        ("Когда вам удобно?", "ask", "booking", "", True),
        ("Напишите время.", "ask", "slot_question", "", True),
        ("Есть места. Когда вам удобно?", "answer", "booking", "", True),
        ("Когда вам удобно?", "ask", "visit", "booking", True),
        ("Есть места.", "answer", "booking", "", False),
        ("Маникюр стоит 5 000. Записать?", "answer", "price", "", False),
        ("Передаю.", "handover", "booking", "", False),
    ],
)
def test_a_booking_asks_for_its_details(answer: str, action: str, reason: str, topic: str, right: bool) -> None:
    assert (misses_of(Expected(action="booking_flow"), answer, action, reason, topic) == []) == right


def test_all_of_every_and_one_of_each_group_must_be_said_and_nothing_of_never() -> None:
    expected = Expected(every=("3 000", "стрижка"), any_of=(("завтра", "сегодня"),), never=("записала",))
    assert misses_of(expected, "Стрижка завтра: 3 000 ₸", "answer", "price") == []
    assert [check for check, _ in misses_of(expected, "Стрижка завтра: 4 000 ₸", "answer", "price")] == [
        "include",
        "amount",
    ]
    assert [check for check, _ in misses_of(expected, "Завтра: 3 000 ₸", "answer", "price")] == ["include"]
    assert [check for check, _ in misses_of(expected, "Стрижка: 3 000 ₸", "answer", "price")] == ["include", "amount"]
    assert misses_of(expected, "Я записала: стрижка завтра, 3 000", "answer", "x") == [("forbidden", "says 'записала'")]


async def test_slots_lane_and_silence_are_checked_and_cases_are_counted_by_kind(
    bot: Bot, machine: Machine, tmp_path: Path
) -> None:
    cases = read(
        tmp_path,
        """
- {id: name-given, user: "меня зовут Айгуль", expected: {slots: {name: Айгуль}, silent: false}}
- {id: name-other, user: "меня зовут Айгуль", expected: {slots: {name: Салтанат}}}
- {id: lane-buys, user: "сколько стоит тариф рост?", expected: {lane: price}}
- {id: lane-works, user: "возьмите меня на работу, я грузчик", expected: {lane: price, silent: true}}
""",
    )
    report = await evaluate_dialogues(bot, cases, machine)
    assert report.counted == {
        "action": 0,
        "include": 0,
        "amount": 0,
        "forbidden": 0,
        "slots": 2,
        "lane": 2,
        "silent": 2,
    }
    assert (report.failed("slots"), report.failed("lane")) == (("name-other",), ("lane-works",))
    assert report.failed("silent") == ("lane-works",)
    assert report.by_kind() == {"name": (2, 1), "lane": (2, 1)}
    assert report.as_json()["passed"] == 2


async def test_a_picture_in_a_case_is_one_as_the_callers_channel_sends_it(
    bot: Bot, machine: Machine, tmp_path: Path
) -> None:
    said = "- {id: sticker, user: '[image]: стикер, мишка с сердцем', expected: {lane: small_talk}}"
    assert (await evaluate_dialogues(bot, read(tmp_path, said), machine)).missed == frozenset()


@pytest.mark.parametrize("wrong", ["slots: [name]", "silent: perhaps", "slots: {name: [a]}"])
def test_what_is_no_expectation_is_named(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong.partition(":")[0]):
        read(tmp_path, f"- {{id: a, user: b, expected: {{{wrong}}}}}")


# Files


def test_a_case_is_one_message_or_several_with_expectations_of_their_own(tmp_path: Path) -> None:
    cases = read(
        tmp_path,
        """
cases:
  - {id: one, user: привет, local_time: "23:30", expected: {action: reply, intent: greeting}}
  - id: three
    turns: [привет, {user: сколько стоит, expected: {must_include: ["5"]}}, пока]
    expected: {must_tell_user: пока, must_tell_user_any: [до, свидания]}
  - {id: more, messages: [а, б], expected: {}}
""",
    )
    one, three, more = cases
    assert one.local_time is not None
    assert one.local_time.hour == 23
    assert one.turns[0][1] == Expected(action="reply", unchecked=("intent",))
    assert [text for text, _ in three.turns] == ["привет", "сколько стоит", "пока"]
    assert three.turns[0][1] is None
    assert three.turns[1][1] == Expected(every=("5",))
    assert three.turns[2][1] == Expected(every=("пока",), any_of=(("до", "свидания"),))
    assert [expected for _, expected in more.turns] == [None, None]


def test_a_list_without_a_head_is_read_too(tmp_path: Path) -> None:
    assert [case.id for case in read(tmp_path, "- {id: 1, user: а, expected: {action: reply}}")] == ["1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cases: []", "holds no case"),
        ("just words", "holds no case"),
        ("- [", "cannot be read"),
        ("- {user: а}", "case 1 has no id"),
        ("- {id: a, expected: {action: reply}}", "one of `user`, `turns`, `messages`"),
        ("- {id: a, user: б, turns: [в], expected: {action: reply}}", "one of `user`, `turns`, `messages`"),
        ("- {id: a, turns: [5], expected: {action: reply}}", "turn 1 says 5"),
        ("- {id: a, user: б}", "expects nothing"),
        ("- {id: a, user: б, expected: {action: replay}}", "use one of reply, escalate, booking_flow"),
        ("- {id: a, user: б, expected: [reply]}", "expected holds ['reply']"),
        ("- {id: a, user: б, expected: {must_include: [5]}}", "in quotes"),
        ("- {id: a, user: б, expected: {must_not: ['']}}", "must_not holds"),
        ("- {id: a, user: б, local_time: 23:30, expected: {action: reply}}", "in quotes"),
        ("- {id: a, user: б, local_time: night, expected: {action: reply}}", "in quotes"),
        ("- {id: a, user: б, expected: {}}\n- {id: a, user: б, expected: {}}", "'a' stands twice"),
    ],
)
def test_a_wrong_case_is_named_with_the_fix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match="cases") as raised:
        read(tmp_path, text)
    assert said in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml"):
        read_cases([tmp_path / "gone.yaml"])


# Playing


async def test_each_case_is_a_conversation_of_its_own_and_counts_once_per_check(
    bot: Bot, machine: Machine, tmp_path: Path
) -> None:
    cases = read(
        tmp_path,
        """
- id: price
  turns:
    - {user: "сколько стоит тариф рост?", expected: {action: reply, must_include: ["14 900 ₸"], must_not: ["7 900"]}}
    - {user: "а за год?", expected: {must_include: ["149 000"]}}
- {id: alone, user: "а за год?", expected: {must_include: ["149 000 ₸ за «Рост»"], intent: price}}
- {id: wrong, user: позовите менеджера, expected: {action: reply, must_not: [менеджер], intent: human}}
""",
    )
    report = await evaluate_dialogues(bot, cases, machine)
    assert (report.cases, report.errors) == (3, 0)
    assert report.counted == {"action": 2, "include": 2, "amount": 2, "forbidden": 2}
    assert report.failed("action") == ("wrong",)
    assert report.failed("include") == report.failed("amount") == ("alone",)
    assert report.failed("forbidden") == ("wrong",)
    assert (report.rate("action"), report.rate("amount")) == (0.5, 0.5)
    assert report.unchecked == {"intent": 2}
    miss = next(miss for miss in report.misses if miss.check == "action")
    assert miss.said == "позовите менеджера"
    assert "менеджер" in miss.answer


async def test_the_clock_shows_the_cases_local_time_and_noon_without_one(
    bot: Bot, machine: Machine, tmp_path: Path
) -> None:
    text = """
- {id: night, user: позовите менеджера, local_time: "23:30", expected: {must_include: ["09:00"]}}
- {id: noon, user: позовите менеджера, expected: {must_not: ["09:00"]}}
- {id: "early, at the shop", user: позовите менеджера, local_time: "06:00", expected: {must_include: ["09:00"]}}
- {id: "in the afternoon, at the shop", user: позовите менеджера, local_time: "16:30", expected: {must_not: ["09:00"]}}
"""
    report = await evaluate_dialogues(bot, read(tmp_path, text), machine)
    assert report.misses == ()


class Broken(Extractive):
    """A backend that is never there."""

    name = "broken"

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        raise Unavailable("the model is down")


async def test_a_conversation_that_breaks_off_misses_all_that_was_expected(
    bot: Bot, machine: Machine, tmp_path: Path
) -> None:
    text = """
- id: a
  turns: [{user: сколько стоит рост, expected: {action: reply}}, сколько стоит старт]
  expected: {must_include: ["7 900"]}
"""
    report = await evaluate_dialogues(bot, read(tmp_path, text), replace(machine, llm=Broken()))
    assert report.errors == 1
    assert report.failed("action") == report.failed("include") == ("a",)
    assert "the model is down" in report.misses[0].detail


def test_a_kind_that_nobody_expects_is_no_failure() -> None:
    empty = dict.fromkeys(("action", "include", "amount", "forbidden"), 0)
    assert DialogueReport("b", 0, empty).rate("amount") == 1.0


# Comparing


def report_of(*missed: tuple[str, str], cases: int = 4) -> DialogueReport:
    counted = dict.fromkeys(("action", "include", "amount", "forbidden"), cases)
    return DialogueReport("b", cases, counted, tuple(DialogueMiss(case, check, "", "", "") for case, check in missed))


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        ([], [], False),
        ([("a", "action")], [], False),
        ([], [("a", "action")], True),
        ([], [("a", "amount")], True),
        ([], [("a", "forbidden")], True),
        ([("a", "forbidden")], [("b", "forbidden")], False),
    ],
)
def test_a_report_is_worse_when_a_rate_fell_or_more_forbidden_things_are_said(
    tmp_path: Path, before: list[tuple[str, str]], now: list[tuple[str, str]], worse: bool
) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps(report_of(*before).as_json()), "utf-8")
    found = compare(earlier, report_of(*now))
    assert found.worse == worse
    assert bool(found.lines) == (before != now)


def test_what_changed_is_named_case_by_case(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps(report_of(("a", "action")).as_json()), "utf-8")
    lines = compare(earlier, report_of(("b", "action"))).lines
    assert lines == ("action: now missed: b", "action: no longer missed: a")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cases": 1}'])
def test_a_file_that_is_no_report_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "earlier.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="machine eval --json"):
        compare(path, report_of())


# The command


def test_the_command_prints_rates_misses_and_json(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
- {id: good, user: сколько стоит тариф рост, expected: {action: reply, must_include: ["14 900"], intent: price}}
- {id: bad, user: сколько стоит тариф старт, expected: {must_include: ["1 ₸"], must_not: ["₸"]}}
""",
    )
    shown = CliRunner().invoke(evaluate, [str(path), "--misses"])
    assert shown.exit_code == 0
    assert "amount" in shown.output
    assert "50.0%" in shown.output
    assert "not checked: intent (1)" in shown.output
    assert "bad forbidden: says '₸'" in shown.output
    done = CliRunner().invoke(evaluate, [str(path), "--json"])
    figures = json.loads(done.output)
    assert (figures["cases"], figures["action_cases"], figures["action_rate"]) == (2, 1, 1.0)
    assert (figures["amount_cases"], figures["amount_rate"]) == (2, 0.5)
    assert (figures["forbidden"], figures["include_rate"]) == (1, 0.5)
    earlier = tmp_path / "earlier.json"
    earlier.write_text(done.output, "utf-8")
    same = CliRunner().invoke(evaluate, [str(path), "--compare", str(earlier)])
    assert (same.exit_code, "nothing changed" in same.output) == (0, True)
    earlier.write_text(json.dumps({**figures, "amount_rate": 1.0}), "utf-8")
    worse = CliRunner().invoke(evaluate, [str(path), "--compare", str(earlier)])
    assert worse.exit_code == 1
    assert "amount_rate: 1.0 -> 0.5" in worse.output


def test_a_bot_that_does_not_exist_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "- {id: a, user: б, expected: {action: reply}}")
    done = CliRunner().invoke(evaluate, [str(path), "--bot", "nobody"])
    assert isinstance(done.exception, ConfigError)
    assert "nobody" in str(done.exception)


# How well the bots do: floors that a regression would break.


async def test_the_sample_shops_bot_holds_its_own_cases(bot: Bot, machine: Machine) -> None:
    cases = read_cases([SHOP])
    report = await evaluate_dialogues(bot, cases, machine)
    assert len(cases) >= 40
    assert report.errors == 0
    assert report.rate("action") >= 0.97, report.failed("action")
    assert report.rate("include") >= 0.90, report.failed("include")
    assert report.rate("amount") >= 0.90, report.failed("amount")
    assert len(report.failed("forbidden")) <= 1, report.failed("forbidden")


async def test_kazakh_and_english_customers_are_answered_in_their_language(bot: Bot, machine: Machine) -> None:
    report = await evaluate_dialogues(bot, read_cases([TONGUES]), machine)
    assert report.errors == 0
    assert report.rate("include") >= 0.93, report.failed("include")
    assert report.rate("amount") >= 0.93, report.failed("amount")
    assert len(report.failed("forbidden")) <= 2, report.failed("forbidden")


@pytest.mark.skipif(not SALON.is_dir(), reason="the salon's data is not here")
def test_a_salon_becomes_a_bot_from_its_data_alone(tmp_path: Path) -> None:
    source = tmp_path / "salon"
    shutil.copytree(SALON, source, ignore=shutil.ignore_patterns("cases.yaml"))  # it must not need its own test
    out = tmp_path / "out"
    script = ROOT / "tests" / "dialogue" / "salon" / "build.py"
    subprocess.run([sys.executable, str(script), str(source), str(out)], check=True, cwd=ROOT, timeout=60)
    settings = ["--settings", str(out / "settings.yaml"), "--bot", "salon", "--json"]
    done = CliRunner().invoke(evaluate, [str(SALON / "cases.yaml"), *settings])
    figures = json.loads(done.output)
    assert figures["action_rate"] >= 0.90
    assert figures["amount_rate"] >= 0.90
    assert figures["forbidden"] == 0
