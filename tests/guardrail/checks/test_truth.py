"""Claims without a figure against whole knowledge bases: three small shops that the checks were made by, and one more."""

import asyncio
from functools import cache
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.evaluation.guarding.drafts import JudgedDraft, read_drafts
from app.evaluation.guarding.judging import contexts
from app.evaluation.guarding.training import Shop, learn
from app.guardrail import Context, check
from app.guardrail.checks.founded import FIELDS
from app.guardrail.statements.clauses import clauses
from app.knowledge.models import Models
from app.service.assembly import open_bots
from app.settings import load
from loadtests.service import ROOT

HERE = Path(__file__).parents[1] / "truth"
CHECKS = {"contradicted", "founded", "compared"}
CAUGHT = {"sample": 23, "vet": 20, "swim": 13, "flowers": 12}
"""Lies that these checks alone stop, of 80, 39, 36 and 25."""


@cache
def judged(shop: str) -> tuple[tuple[JudgedDraft, Context], ...]:
    own = HERE / shop / "kb"
    bot = open_bots(load(), own if own.is_dir() else ROOT / "kb", key=bytes(32), models=Models()).default
    cases = read_drafts([HERE / shop / "drafts.yaml"])
    return tuple(zip(cases, asyncio.run(contexts(cases, bot, load())), strict=True))


def spoke(draft: str, context: Context) -> set[str]:
    return {finding.check for finding in check(draft, context).findings} & CHECKS


@pytest.mark.parametrize("shop", CAUGHT)
def test_no_true_answer_is_refused(shop: str) -> None:
    wrong = [(case.draft, spoke(case.draft, context)) for case, context in judged(shop) if case.honest]
    assert not [(draft, names) for draft, names in wrong if names]


@pytest.mark.parametrize("shop", CAUGHT)
def test_false_answers_are_refused(shop: str) -> None:
    caught = [case.draft for case, context in judged(shop) if not case.honest and spoke(case.draft, context)]
    assert len(caught) >= CAUGHT[shop], caught


@cache
def kinds() -> tuple[tuple[JudgedDraft, Context], ...]:
    bot = open_bots(load(), ROOT / "kb", key=bytes(32), models=Models()).default
    cases = read_drafts([HERE / "sample" / "kinds.yaml"])
    return tuple(zip(cases, asyncio.run(contexts(cases, bot, load())), strict=True))


@pytest.mark.parametrize("number", range(20))
def test_each_kind_is_told_from_its_neighbour(number: int) -> None:
    case, context = kinds()[number]
    assert (not check(case.draft, context).findings) is case.honest, case.draft


@pytest.mark.parametrize(
    ("text", "denied", "affirmed"),
    [
        ("Птиц не лечим, а кошек лечим.", {"птиц"}, {"кошек"}),
        ("Столов, экрана и бронирования у нас нет.", {"столов", "экрана", "бронирования"}, set()),
        ("Касса продаёт без интернета до семи дней.", {"интернета"}, {"касса", "продает", "дней"}),
        ("Ни столов, ни экранов для кухни у нас нет.", {"столов", "экранов", "кухни"}, set()),
        ("Столы, к сожалению, не бронируем.", {"столы", "бронируем"}, set()),
        ("С собаками нельзя из-за правил гигиены.", {"собаками"}, set()),
        ("It shows profit, not only revenue.", set(), {"profit", "revenue"}),
        ("I can't promise delivery.", {"promise", "delivery"}, set()),
        ("Если чек не нужен, печатать его не будем.", {"печатать"}, set()),
        ("Говорить «никогда не опаздываем» было бы неправдой.", set(), {"опаздываем"}),
        ("Картаны байлаудың қажеті жоқ.", {"байлаудын", "кажети"}, set()),
        ("The pool is not deep.", {"deep"}, set()),
    ],
)
def test_a_clause_affirms_some_words_and_denies_others(text: str, denied: set[str], affirmed: set[str]) -> None:
    from app.guardrail.text.folding import fold

    language = "en" if text.isascii() else "kk" if "ң" in text else "ru"
    words = [w for clause in clauses(text, language) if not clause.supposes for w in clause.words]
    assert denied <= {fold(word.text) for word in words if word.denied is True}
    assert affirmed <= {fold(word.text) for word in words if word.denied is False}


def test_what_is_learnt_has_every_weight_and_needs_both_kinds() -> None:
    shops = [Shop([(case.draft, context, case.honest) for case, context in judged(name)]) for name in ("vet", "swim")]
    learnt = learn(shops)
    assert all(f"  {name}: {{mean: " in learnt.content for name in FIELDS)
    assert learnt.refused <= learnt.honest and learnt.caught <= learnt.false
    with pytest.raises(ConfigError, match="two shops"):
        learn(shops[:1])


@pytest.mark.parametrize(
    "piece",
    ["D-Scan 2 сканер, ", "в Шымкенте тоже офис, ", "не принимаем наличные ", "«Старт» на любом тарифе ", "нет и "],
)
def test_a_long_draft_is_judged_in_time(piece: str) -> None:
    import time

    _, context = judged("sample")[0]
    draft = (piece * 400)[:3_900]
    check(draft, context)
    took = []
    for _ in range(3):  # in a process of many tests one of them may collect the garbage of all
        begun = time.process_time()
        check(draft, context)
        took.append(time.process_time() - begun)
    assert min(took) < 0.08


@pytest.mark.parametrize(
    ("said", "word", "denied"),
    [
        ("Гостей с котами не селим, в том числе на одну ночь", "ночь", True),
        ("Гостей с котами не селим, даже зимой", "зимой", True),
        ("we do not host pets, including cats", "cats", True),
        ("Гостей с котами не селим, зимой топим печь", "зимой", False),
        ("Печь топим, в том числе зимой", "зимой", False),
    ],
)
def test_what_is_named_as_a_part_of_a_denial_is_denied(said: str, word: str, denied: bool) -> None:
    language = "en" if said.isascii() else "ru"
    found = [each.denied for clause in clauses(said, language) for each in clause.words if each.text == word]
    assert found == [denied]
