"""Drafts with verdicts: read with a clear word on what is wrong, judged as the service judges, and lines fitted on them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigError
from app.evaluation.guarding.drafts import JudgedDraft, read_drafts
from app.evaluation.guarding.fitting import FEWEST, fit, settings_of
from app.evaluation.guarding.judging import GuardReport, Ruling, _exchanges, judge_drafts
from app.service.assembly import open_bots
from app.settings import load
from app.turn.bots import Bot
from app.turn.process import process
from app.types import Language
from loadtests.service import ROOT
from tests import forked, models
from tests.turn.test_turn_guard import RIGHT, WRONG

PRICED = ("pricing_plan_rost",)
LIGHTHOUSE = ("The lighthouse was built in 1871 and guided ships into the harbour until the keepers left in 1959.",)
QUOTED, INVENTED = (
    "The lighthouse guided ships into the harbour.",
    "A famous painter bought the cottage nearby and filled every room with portraits.",
)


def written(folder: Path, text: str, name: str = "drafts.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def draft(text: str, *, honest: bool = True, **more: Any) -> JudgedDraft:
    return JudgedDraft("d", text, honest, **more)


async def judged(bot: Bot, *cases: JudgedDraft, **environ: str) -> tuple[Ruling, ...]:
    settings = load(environ=environ)
    borne = settings.guardrail.borne_out
    return (await judge_drafts(cases, replace(bot, borne_out=borne), settings)).rulings


def test_a_file_is_read_with_all_its_keys(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        drafts:
          - {id: a, kind: price, honest: true, draft: "Да.", sections: [s1], customer: привет, earlier: [раз, два]}
          - {honest: false, draft: "Нет.", knowledge: [one, two], language: en, own: добрый день, greeted: true}
          - {honest: false, draft: "Нет.", sections: []}
        """,
    )
    first, second, third = read_drafts([path])
    assert first == JudgedDraft(
        "a", "Да.", True, kind="price", sections=("s1",), customer=("привет",), earlier=("раз", "два")
    )
    assert second == JudgedDraft(
        "2", "Нет.", False, knowledge=("one", "two"), language="en", own=("добрый день",), greeted=True
    )
    assert (second.sections, third.sections) == (None, ()), "none named is not the same as none in use"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no draft; write `drafts:`"),
        ("drafts: []", "holds no draft"),
        ("drafts: [one]", "draft 1 is 'one'; write its keys"),
        ("- {id: a, draft: x}", "draft 'a': honest is None; write true or false"),
        ("- {honest: yes, draft: 5}", "draft is 5; write a text, in quotes"),
        ("- {honest: yes, draft: x, custommer: y}", "unknown key 'custommer'; did you mean 'customer'"),
        ("- {honest: yes, draft: x, customer: [1]}", "customer holds .1.; write a text or a list"),
        ("- {honest: yes, draft: x, language: de}", "language is 'de'; use one of ru, kk, en"),
        ("- {honest: yes, draft: x, greeted: 1}", "greeted is 1; write true or false"),
        ("- {honest: yes, draft: x, sections: [s], knowledge: k}", "names sections and brings its own knowledge"),
        ("- {honest: yes, draft: x: y}", "cannot be read: .*put a text that holds"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s)drafts.yaml.*{said}"):
        read_drafts([written(tmp_path, text)])


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"'nowhere\.yaml' cannot be read: .*; name another"):
        read_drafts([Path("nowhere.yaml")])


def test_a_public_table_is_read_and_what_people_left_open_is_left_out(tmp_path: Path) -> None:
    rows = [
        "model_name\tknowledge\tmessage\tresponse\tbegin_label",
        "m\tOne.\tHello\tYes, one.\tFully attributable",
        'm\t"Two\t\tNo.\tNot fully attributable',
        "m\tThree.\tHm\tNice.\tGeneric",
    ]
    yes, no = read_drafts([written(tmp_path, "\n".join(rows) + "\n", "set.tsv")])
    assert yes == JudgedDraft("set-1", "Yes, one.", True, knowledge=("One.",), customer=("Hello",))
    assert no == JudgedDraft("set-2", "No.", False, kind="ungrounded", knowledge=('"Two',))
    with pytest.raises(ConfigError, match=r"set.tsv: has no column 'message'; a table has knowledge, message"):
        read_drafts([written(tmp_path, "knowledge\tresponse\n1\t2\n", "set.tsv")])


async def test_a_draft_is_judged_against_the_sections_that_it_names(bot: Bot) -> None:
    right, wrong, unfounded = await judged(
        bot,
        draft(RIGHT, sections=PRICED, customer=("Сколько стоит Рост?",)),
        draft(WRONG, sections=PRICED, honest=False),
        draft(RIGHT, sections=("faq_not_for",)),
    )
    assert (right.passes, wrong.passes, unfounded.passes) == (True, False, False)
    assert [check for check, _ in wrong.findings] == ["amount"]
    assert (right.wrong, wrong.wrong, unfounded.wrong) == (False, False, True)
    with pytest.raises(ConfigError, match="draft 'd': the knowledge base has no section 'no-such'"):
        await judged(bot, draft(RIGHT, sections=("no-such",)))


async def test_what_decides_the_message_is_borne_in_mind_as_in_a_turn(bot: Bot) -> None:
    said = "3 магазина на «Росте» — 44 700 ₸ в месяц."
    asked = ("сколько стоит Рост на 3 магазина в месяц?",)
    [searched] = await judged(bot, draft(said, customer=asked))
    assert searched.passes, "without sections the search finds them, and the facts reckon the sum"


async def test_it_judges_as_a_turn_does(bot: Bot, machine: Any) -> None:
    """The same drafts through the whole service: what it replaces is what is refused here."""
    from tests.turn.test_turn_guard import Model

    asked = "Сколько стоит тариф Рост?"
    for n, text in enumerate((RIGHT, WRONG, "Записал вас, счёт отправил на почту.", "«Рост» подходит сети магазинов.")):
        speaking = replace(machine, llm=Model(text, text), settings=load(environ={}))
        from app.types import Ask, Key

        reply = await process(Ask(Key("B", f"U{n}"), asked, "r1"), bot, speaking)
        [ruling] = await judged(bot, draft(text, customer=(asked,)))
        assert ruling.passes is ("guardrail" not in json.loads(reply.body)["meta"]), text


async def test_earlier_talk_is_heard(bot: Bot) -> None:
    talk = {"customer": ("у меня 4 магазина", "а сколько это в месяц?"), "sections": PRICED}
    [heard] = await judged(bot, draft("4 × 14 900 = 59 600 ₸ в месяц за «Рост».", **talk))
    assert heard.passes
    [again] = await judged(bot, draft(RIGHT, sections=PRICED, customer=("привет", "и?"), earlier=(RIGHT,)))
    assert [check for check, _ in again.findings] == ["repeat"]


async def test_a_draft_may_bring_its_own_knowledge_and_nothing_else_is_known_then(bot: Bot) -> None:
    cases = (draft(QUOTED, knowledge=LIGHTHOUSE), draft(INVENTED, honest=False, knowledge=LIGHTHOUSE))
    quoted, invented = await judged(bot, *cases)
    assert (quoted.language, quoted.share, quoted.passes) == ("en", 1.0, True)
    assert invented.share < 0.5 and [check for check, _ in invented.findings] == ["borne"]
    assert invented.otherwise, "the other checks have nothing against it"
    unasked = await judged(bot, *cases, MACHINE_GUARDRAIL__BORNE_OUT__EN="0")
    assert not unasked[1].findings


async def test_what_a_whole_shop_sells_may_be_told_in_other_words(bot: Bot) -> None:
    [told] = await judged(
        bot, draft("A chain of several shops is well looked after with the Set plan.", sections=PRICED)
    )
    assert "borne" not in [check for check, _ in told.findings]


@pytest.mark.parametrize(
    ("before", "earlier", "pairs"),
    [
        (("a", "b"), ("x", "y"), [("a", "x"), ("b", "y")]),
        (("a", "b"), ("y",), [("a", ""), ("b", "y")]),
        (("b",), ("x", "y"), [("", "x"), ("b", "y")]),
        ((), ("y",), [("", "y")]),
        ((), (), []),
    ],
)
def test_messages_and_answers_stand_together_from_the_newest_on(
    before: tuple[str, ...], earlier: tuple[str, ...], pairs: list[tuple[str, str]]
) -> None:
    assert list(_exchanges(before, earlier)) == pairs


def test_a_report_counts_both_ways_of_being_wrong() -> None:
    def ruling(kind: str, *, honest: bool, passes: bool) -> Ruling:
        findings = () if passes else (("amount", "no"),)
        return Ruling(draft("x", honest=honest, kind=kind), "ru", findings, (), passes, 1.0, 1.0)

    report = GuardReport(
        (
            ruling("plain", honest=True, passes=True),
            ruling("plain", honest=True, passes=False),
            ruling("price", honest=False, passes=False),
            ruling("", honest=False, passes=True),
            ruling("price", honest=False, passes=False),
        )
    )
    assert report.as_json() == {
        "honest": 2,
        "honest_refused": 1,
        "lies": 3,
        "lies_passed": 1,
        "by_kind": {
            "plain": {"drafts": 2, "wrong": 1},
            "price": {"drafts": 2, "wrong": 0},
            "lie": {"drafts": 1, "wrong": 1},
        },
    }
    assert report.balanced == pytest.approx((1 / 2 + 2 / 3) / 2)


def rulings(shares: Sequence[tuple[float, bool]], language: Language = "en", score: float = 1.0) -> list[Ruling]:
    return [
        Ruling(draft(f"{language} number {n}", honest=honest), language, (), (), True, share, score)
        for n, (share, honest) in enumerate(shares)
    ]


def test_a_line_is_drawn_where_drafts_part_and_its_gain_is_held_out() -> None:
    parted = [(0.9, True)] * 40 + [(0.5, False)] * 40
    [line] = fit(rulings(parted), entailment=False).lines
    assert line.worth and 0.5 < line.value <= 0.9
    assert (line.without.refused, line.without.passed, line.held_out.refused, line.held_out.passed) == (0, 40, 0, 0)
    assert (line.gain, line.error) == (0.5, 0.0)
    assert settings_of([line], None) == ["guardrail:", f"  borne_out: {{en: {line.value:g}}}"]
    assert settings_of([line], "salon") == ["bots:", "  salon:", f"    borne_out: {{en: {line.value:g}}}"]


def test_where_shares_tell_nothing_there_is_no_line() -> None:
    alike = [(0.3 + 0.01 * (n % 60), n % 2 == 0) for n in range(160)]
    fitting = fit(rulings(alike), entailment=False)
    assert fitting.worth == () and len(fitting.lines) == 1
    assert settings_of(fitting.worth, None) == []


def test_each_language_has_its_own_line_and_too_few_drafts_have_none() -> None:
    parted = [(0.9, True)] * 40 + [(0.5, False)] * 40
    fitting = fit([*rulings(parted), *rulings([(0.9, True)] * 9 + [(0.4, False)] * 60, "ru")], entailment=False)
    assert [line.setting for line in fitting.lines] == [("borne_out", "en")]
    assert fitting.too_few == (("borne_out.ru", 9, 60),) and FEWEST > 9
    with pytest.raises(ConfigError, match="none of the 40 is a lie"):
        fit(rulings([(0.9, True)] * 40), entailment=False)


def test_a_model_is_fitted_behind_the_shares_that_are_worth_it() -> None:
    caught = rulings([(0.9, True)] * 40 + [(0.5, False)] * 40)
    missed = [replace(one, case=replace(one.case, draft=f"{one.case.draft}, too"), score=0.2, share=0.9)
              for one in rulings([(0.9, False)] * 40)]  # fmt: skip
    share, model = fit([*caught, *missed], entailment=True).lines
    assert (share.held_out.passed, model.without.passed, model.held_out.passed) == (40, 40, 0)
    assert model.setting == ("entailment", "threshold") and 0.2 < model.value <= 1
    assert settings_of([share, model], None) == [
        "guardrail:", f"  borne_out: {{en: {share.value:g}}}", "  entailment:", f"    threshold: {model.value:g}",
    ]  # fmt: skip


TURNED = "The lighthouse guided the harbour into ships."
"""A lie of nothing but known words."""
TALK = f"""
drafts:
  - {{kind: plain, honest: true, sections: [pricing_plan_rost], draft: "{RIGHT}"}}
  - {{kind: price, honest: false, sections: [pricing_plan_rost], draft: "{WRONG}", customer: "Сколько стоит Рост?"}}
  - {{honest: false, knowledge: "{LIGHTHOUSE[0]}", draft: "{TURNED}"}}
"""


def test_the_command_judges_files(tmp_path: Path) -> None:
    path = str(written(tmp_path, TALK))
    done = forked.machine("guard", "eval", path, "--json", "--misses")
    assert json.loads(done.stdout) == {
        "honest": 1,
        "honest_refused": 0,
        "lies": 2,
        "lies_passed": 1,
        "by_kind": {k: {"drafts": 1, "wrong": w} for k, w in (("plain", 0), ("price", 0), ("lie", 1))},
    }
    assert "3: a lie, passed" in done.stderr and TURNED in done.stderr
    shown = forked.machine("guard", "eval", path).stdout
    assert "honest refused      0 of 1" in shown and "lies passed         1 of 2" in shown
    wrong = forked.machine("guard", "eval", path, "--bot", "nobody")
    assert (wrong.returncode, wrong.stdout) == (2, "") and "there is no bot 'nobody'" in wrong.stderr


def test_the_command_fits_lines_and_says_where_they_belong(tmp_path: Path) -> None:
    keepers = ("left the harbour", "guided ships", "built the lighthouse", "left in 1959", "guided ships in 1871")
    rows = [f"The keepers {said}, number {n}." for n in range(5) for said in keepers]
    text = "".join(
        f'- {{honest: {str(honest).lower()}, knowledge: "{LIGHTHOUSE[0]}", draft: "{said}"}}\n'
        for honest, drafts in ((True, rows), (False, [f"{INVENTED[:-1]}, painting {n}." for n in range(25)]))
        for said in drafts
    )
    done = forked.machine("guard", "calibrate", str(written(tmp_path, text)))
    assert "put into the settings:\nguardrail:\n  borne_out: {en: 0." in done.stdout, done.stdout + done.stderr
    settings = written(tmp_path, done.stdout.split("put into the settings:\n")[1], "settings.yaml")
    after = forked.machine("guard", "eval", str(tmp_path / "drafts.yaml"), "--settings", str(settings), "--json")
    assert json.loads(after.stdout)["lies_passed"] == 0
    nothing = forked.machine("guard", "calibrate", str(written(tmp_path, TALK)))
    assert "are too few; 20 of each are needed" in nothing.stdout
    assert "nothing to put into the settings" in nothing.stdout


async def test_the_entailment_model_is_asked_as_in_a_turn_and_must_answer(
    bot: Bot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = models.entailer(tmp_path_factory.mktemp("models") / "entailer")
    found = models.opened(entails=models.entailment(folder, threshold=1.0))
    cases = (draft(QUOTED, knowledge=LIGHTHOUSE), draft("Спасибо!", sections=()))
    report = await judge_drafts(cases, bot, load(environ={}), found)
    read, silent = report.rulings
    assert 0 < read.score < 1 and [check for check, _ in read.findings] == ["entailed"] and read.otherwise
    assert (silent.score, silent.passes) == (1.0, True), "nothing is claimed"

    def broken() -> None:
        raise RuntimeError("out of memory")

    with models.before_each_call(found, "entail", broken), pytest.raises(ConfigError, match="did not answer"):
        await judge_drafts(cases, bot, load(environ={}), found)
    found.close()


def test_the_sample_in_the_pages_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    for page in ("docs/guardrail.md", "docs/ru/guardrail.md"):
        sample = (ROOT / page).read_text("utf-8").split("```yaml\ndrafts:")[1].split("```")[0]
        assert len(read_drafts([written(tmp_path, f"drafts:{sample}")])) == 3


def test_a_bot_has_the_lines_of_its_own_knowledge_over_the_machine_s(tmp_path: Path) -> None:
    text = "guardrail: {borne_out: {ru: 0.2, en: 0.5}}\nbots: {b: {sessions: [B], kb: KB, borne_out: {en: 0.8}}}\n"
    settings = load(written(tmp_path, text.replace("KB", str(ROOT / "kb")), "settings.yaml"), environ={})
    bots = open_bots(settings, ROOT / "kb", key=bytes(32))
    assert bots.default.borne_out == {"ru": 0.2, "kk": 0, "en": 0.5}
    assert bots.named("b").borne_out == {"ru": 0.2, "kk": 0, "en": 0.8}
