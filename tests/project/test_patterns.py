"""No regular expression of app/ takes time that grows faster than the text: whoever writes the text must not stop the service."""

import re
from pathlib import Path

import pytest

from app.evaluation.cases import says
from app.guardrail.checks.promises.acts import forbidden
from tests.patterns import Found, collected
from tests.pumping import judged, slowest

AT_LEAST = 270
"""Patterns that there were when this was written: fewer found means that some are no longer looked at."""

# Patterns made from words while running. Each is built of escaped words, tried below.
DYNAMIC = {
    "app.guardrail.checks.promises.acts:forbidden": "phrases of the policy: words with \\W+ between them",
    "app.guardrail.checks.promises.rules:__init__": "rows of YAML, compiled at import: held by the rules, so tried as they are",
    "app.guardrail.text.lists:pattern": "rows of YAML, compiled at import: held by the module that asks, so tried as they are",
    "app.evaluation.cases:says": "a text of a test case, escaped",
    "app.knowledge.importer:text": "a class of characters, one of two",
    "app.dialogue.flow.trades:_words": "beginnings of words from data, escaped, one of them at the edge of a word",
    "app.language.letters.evidence:": "classes of letters from data, compiled at import: held by the module, so tried as they are",
    "app.knowledge.naming:_patterns": "an owner's names, escaped, the longest first, between signs that are no letters",
    "app.knowledge.glossary:_phrases": "the glossary's own phrases, escaped, and what ends a word",
    "app.guardrail.checks.numbered:_open_above": "a name of a draft, escaped, a number and at most 24 signs behind it",
    "app.figures.peramount:_pattern": "rows of YAML: periods, escaped, and a language's own words for «per»",
    "app.figures.ways:_patterns": "rows of YAML: a few words of a language side by side, in 2,000 characters",
    "app.prompt.frame:framed": "the six letters of a mark",
}

BAD = (
    r"^\s*#",  # with MULTILINE: each of n empty lines looks at all that follow
    r"\s+$",
    r"(?:a|b|ab)+c",
    r"(\w+\s?)+!",
    r"\bцена\b[^.!?]*₸",
    r"(.*?),(.*?),(.*?);",
    r"<\s*/?\s*answer\s*>",
    r"\w+@\w+",
    r"\[([^\]]*)\]\(",
    r"[.!?]+(?=\s|$)",
)
GOOD = (
    r"^[ \t]*#",
    r"(?<!\s)\s+$",
    r"\bцена\b[^.!?]{0,40}₸",
    r"(?<!\w)\w{1,64}@\w+",
    r"\d+(?:[.,]\d+)?",
    r"(?<![.!?])[.!?]+(?=\s|$)",
    r"<\s*(?:/\s*)?answer\s*>",
)


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Found], frozenset[str]]:
    from app.service.assembly import open_machine
    from app.settings import load
    from loadtests.service import ROOT

    found, dynamic = collected(open_machine(load(environ={}), tmp_path_factory.mktemp("data"), ROOT / "kb"))
    return found, dynamic


def test_every_pattern_is_found(patterns: tuple[list[Found], frozenset[str]]) -> None:
    found, dynamic = patterns
    assert len(found) >= AT_LEAST
    assert dynamic == DYNAMIC.keys(), "a pattern that is made while running needs a word on how it is tried"


def test_no_pattern_backtracks_over_a_text(patterns: tuple[list[Found], frozenset[str]]) -> None:
    flaws = {f"{one.where}: {one.pattern.pattern[:80]}": judged(one.pattern) for one in patterns[0]}
    assert not {where: flaw for where, flaw in flaws.items() if flaw}


@pytest.mark.long
def test_no_pattern_takes_longer_than_its_text_grows(patterns: tuple[list[Found], frozenset[str]]) -> None:
    rows = sorted(((slowest(one.pattern, one.ways), one) for one in patterns[0]), key=lambda row: -row[0].seconds)
    for slow, one in rows[:10]:
        print(f"{slow.seconds * 1e3:7.1f} ms x{slow.growth:4.1f} {one.where} on {slow.text}")
    assert not [
        f"{one.where}: {slow.seconds * 1e3:.0f} ms, x{slow.growth:.0f} for four times the text {slow.text}"
        for slow, one in rows
        if slow.bad
    ]


@pytest.mark.parametrize("pattern", BAD)
def test_the_check_sees_a_slow_pattern(pattern: str) -> None:
    assert slowest(re.compile(pattern, re.MULTILINE)).bad


def test_the_judge_sees_nested_repetition() -> None:
    assert judged(re.compile(r"\s*№?\s*\d*\s*:"))
    assert not judged(re.compile(r"\s*(?:№\s*)?(?:\d+\s*)?:"))


@pytest.mark.parametrize("pattern", GOOD)
def test_the_check_lets_a_linear_pattern_pass(pattern: str) -> None:
    slow = slowest(re.compile(pattern, re.MULTILINE))
    assert not slow.bad, slow


def test_one_that_is_tried_at_one_place_is_judged_there() -> None:
    pattern = re.compile(r"\s+x")
    assert slowest(pattern).bad
    assert not slowest(pattern, frozenset({"match", "fullmatch"})).bad
    assert slowest(re.compile(r"(.*?)[\s#]*"), frozenset({"fullmatch"})).bad


def test_a_pattern_of_a_module_is_found_wherever_it_is_kept(patterns: tuple[list[Found], frozenset[str]]) -> None:
    where = {one.where.split("[")[0] for one in patterns[0]}
    assert {
        "app.guardrail.checks.promises.acts.RULES.find",
        "app.guardrail.checks.days._WEEK",
        "app.dialogue.hearing.text._EMAIL",
    } <= where
    assert any(place.startswith("app.dialogue.hearing.text:") for place in where), "of a call in a function"


@pytest.mark.parametrize("phrase", ["лучшие цены на рынке", "да", "100 % гарантия", "a b c d e f g h"])
def test_a_phrase_of_the_policy_makes_no_slow_pattern(phrase: str) -> None:
    pattern = forbidden(phrase)
    assert pattern is not None
    slow = slowest(pattern)
    assert not slow.bad, slow
    assert pattern.search(",  ".join(re.findall(r"[^\W_]+", phrase)))


def test_a_text_of_a_case_is_searched_as_it_stands() -> None:
    assert says("a.b (c) 14 900 ₸", "(c) 14 900")
    assert not says("axb", "a.b")


def test_the_page_of_every_module_is_read() -> None:
    from tests.patterns import modules

    files = {Path(str(module.__file__)) for module in modules()}
    app = Path(str(modules()[0].__file__)).parent
    assert files == {path for path in app.rglob("*.py") if path.name != "__main__.py"}
