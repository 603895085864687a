"""Every row of phrases.yaml and wordlists.yaml finds what it is there for."""

from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from app.guardrail import addresses_of
from app.guardrail.text.phrases import Phrases, phrases
from app.guardrail.text.words import Text, read
from tests.thrift import parsed

TURNS: dict[str, str] = parsed((Path(__file__).parent / "turns.yaml").read_text("utf-8"))
ROWS: dict[str, list[str]] = {
    name: [str(row) for row in rows]
    for name, rows in parsed(files("app.guardrail.text").joinpath("phrases.yaml").read_text("utf-8")).items()
}


@cache
def said(name: str) -> tuple[Text, ...]:
    return tuple(read(turn) for turn in TURNS[name].split("; "))


def test_every_list_has_its_turns_of_speech() -> None:
    assert TURNS.keys() == ROWS.keys()


@pytest.mark.parametrize("name", TURNS)
def test_every_turn_of_speech_of_a_list_is_found(name: str) -> None:
    assert not [text.raw for text in said(name) if not phrases().find(text)[name].all]


@pytest.mark.parametrize("name", ROWS)
def test_every_row_finds_a_turn_of_speech(name: str) -> None:
    rows = {row: Phrases({"one": [row]}) for row in ROWS[name]}
    assert not [row for row, one in rows.items() if not any(one.find(text)["one"].all for text in said(name))]


@pytest.mark.parametrize(("words", "found"), [(0, True), (1, True), (4, True), (5, False)])
def test_a_gap_holds_four_words_at_most(words: int, found: bool) -> None:
    one = Phrases({"one": ["верн* .. деньги"]})
    assert bool(one.find(read(f"Вернём {'вот ' * words}деньги"))["one"].all) is found


def test_a_gap_is_only_where_the_row_has_it() -> None:
    one = Phrases({"one": ["верн* .. все деньги"]})
    assert one.find(read("Вернём вам вот все деньги"))["one"].all
    assert not one.find(read("Вернём вам вот все ваши деньги"))["one"].all


@pytest.mark.parametrize("mark", [",", ";", ":", " —", " -", ".", "!", "?", "…", "\n", " ("])
def test_no_row_reaches_over_the_end_of_a_clause(mark: str) -> None:
    one = Phrases({"one": ["верн* .. деньги"]})
    assert not one.find(read(f"Вернём{mark} деньги"))["one"].all
    assert one.find(read("Вернём «деньги»"))["one"].all, "quotation marks end none"


SPELLED = "ру ком кз орг рф нет инфо бел укр су"
ENDS = (
    "com ru kz org net io me info biz app shop store online site pro dev ai co uz kg by ua uk eu us tv cc ly gl link "
    "click top xyz club tech cloud page bot gg pw"
)
CYRILLIC = "рф рус каз бел укр онлайн сайт орг ком дети москва"
FILES = "xlsx xls csv doc docx pdf png jpg jpeg txt zip rar json xml yml yaml exe apk mp3 mp4 js py html php css svg gif ods"


@pytest.mark.parametrize("end", f"{SPELLED} {ENDS}".split())
def test_a_host_is_found_that_is_read_aloud(end: str) -> None:
    assert addresses_of(f"на flora точка {end}") == {f"flora.{end}"}
    assert addresses_of(f"на flora dot {end}") == {f"flora.{end}"}
    assert addresses_of(f"на flora (.) {end}") == {f"flora.{end}"}
    assert addresses_of(f"пишите hi собака flora точка {end}")


@pytest.mark.parametrize("end", ENDS.split())
def test_a_host_is_found_however_it_is_written(end: str) -> None:
    for host in (f"flora.{end}", f"Flora.{end}", f"FLORA.{end.upper()}", f"7.{end}"):
        assert addresses_of(f"на {host}") == {host.lower()}, host
    assert addresses_of(f"на flora,{end}/pay") == {f"flora.{end}/pay"}


@pytest.mark.parametrize("end", CYRILLIC.split())
def test_a_host_in_russian_letters_is_found(end: str) -> None:
    assert addresses_of(f"на флора.{end}") == {f"флора.{end}"}


@pytest.mark.parametrize("end", FILES.split())
def test_the_name_of_a_file_is_no_host(end: str) -> None:
    assert addresses_of(f"в tovary.{end} и 2.{end}") == frozenset()
