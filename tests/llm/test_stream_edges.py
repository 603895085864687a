"""What is taken out of a model's stream and what is refused in it, at its edges: loops, scripts, escapes, fields."""

import json
from collections.abc import AsyncIterator

import pytest

from app.llm.client import Piece, Usage
from app.llm.faults import foreign, loops, whole_sentences
from app.llm.reader import AnswerReader, cleaned
from app.llm.writing import TEXT_FAULTS, Spoiled, Writing, schema

# Loops


def unlike(size: int) -> str:
    """So many characters of words, no two parts of which are alike."""
    words = " ".join(f"{number * 7919 % 10_007}слово" for number in range(40))
    return words[:size]


@pytest.mark.parametrize("size", [10, 11, 60, 61, 119, 120])
def test_what_is_said_three_times_in_a_row_is_a_loop_and_twice_is_none(size: int) -> None:
    for before in ("", "Здравствуйте! "):
        assert loops(before + unlike(size) * 3)
        assert not loops(before + unlike(size) * 2)
    assert not loops(unlike(size) * 3 + ". И ещё вот что")


@pytest.mark.parametrize(
    ("text", "loop"), [("ха" * 11 + "х", False), ("ха" * 12, True), ("а" * 11, False), ("а" * 12, True)]
)
def test_a_few_letters_may_come_eleven_times(text: str, loop: bool) -> None:
    assert loops("Смешно: " + text) is loop


@pytest.mark.parametrize(("text", "loop"), [("-" * 59, False), ("-" * 60, True), ("-=" * 29, False), ("-=" * 30, True)])
def test_a_row_of_signs_underlines_something_up_to_sixty(text: str, loop: bool) -> None:
    assert loops("Цены\n" + text) is loop


def test_a_list_of_lines_that_begin_alike_is_no_loop() -> None:
    assert not loops(
        "\n".join(
            f"• Тариф {name}: {price} ₸ в месяц" for name, price in (("Старт", 9900), ("Рост", 14900), ("Сеть", 29900))
        )
    )


@pytest.mark.parametrize(
    ("text", "allowed", "found"),
    [
        ("价格", "", True), ("かな", "", True), ("가격", "", True), ("豈", "", True), ("цена 14 900 ₸", "", False),
        ("Қанша тұрады?", "", False), ("价格", "价格是", False), ("价格", "价", True), ("", "价", False),
    ],
)  # fmt: skip
def test_another_script_is_one_that_nobody_has_used_before(text: str, allowed: str, found: bool) -> None:
    assert foreign(text, allowed) is found


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Да. Нет", "Да."), ("Да! Нет", "Да!"), ("Да? Нет", "Да?"), ("Да… Нет", "Да…"), ("«Да.» Нет", "«Да.»"),
        ("Стоит 14 тыс. тенге", ""), ("Стоит 5 тг. в месяц", ""), ("Рост 14.", ""), ("Рост 14.900", ""),
        ("Да.\n1. Касса", "Да."), ("Пишет И. Иванов", ""), ("Да.\nКасса\nПрин", "Да.\nКасса"), ("Нет", ""), ("", ""),
        ("Он пришёл в 2024. Потом", "Он пришёл в 2024."), ("3.14 и 2.71", ""),
    ],
)  # fmt: skip
def test_a_text_that_was_cut_ends_with_what_was_finished(text: str, whole: str) -> None:
    assert whole_sentences(text) == whole


# The answer out of the JSON


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"a\"b", 'a"b'), (r"a\\b", "a\\b"), (r"a\/b", "a/b"), (r"a\nb", "a\nb"), (r"a\tb", "a b"), (r"a\bb", "ab"),
        (r"a\fb", "ab"), (r"a\rb", "ab"), (r"a\u0416b", "aЖb"), (r"\ud83d\ude00", "😀"), (r"\uD83D\uDE00", "😀"),
        (r"a\ud83db", "ab"), (r"\udb40\udc41", "\U000e0041"), (r"\ud900\udc00", "\U00050000"),
        (r"a\qb", "aqb"), (r"a\uzzzzb", "azzzzb"), (r"\u20b8", "₸"),
    ],
)  # fmt: skip
def test_every_escape_is_read_as_what_it_says_however_the_pieces_are_cut(written: str, read: str) -> None:
    raw = f'{{"answer": "{written}", "human": false}}'
    for size in (1, 2, 3, 7, len(raw)):
        reader = AnswerReader()
        for start in range(0, len(raw), size):
            reader.feed(raw[start : start + size])
        assert (reader.answer, reader.closed) == (read, True), size


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<think>тайно</think>Да.", "Да."), ("<think>не кончил", ""), ("Да.<|im_end|>", "Да."), ("</think>Да.", "Да."),
        ("Да. <|x|> Нет.", "Да.  Нет."), ("1 < 2 | 3 > 2", "1 < 2 | 3 > 2"),
    ],
)  # fmt: skip
def test_thoughts_and_marks_of_templates_are_taken_out(text: str, clean: str) -> None:
    assert cleaned(text) == clean


@pytest.mark.parametrize("raw", ["[1]", '"x"', "5", "", "{", "null"])
def test_what_is_no_object_has_no_fields(raw: str) -> None:
    reader = AnswerReader()
    reader.feed(raw)
    assert reader.fields() == {}


# What is written behind it, and what may be made of it


async def pieces(*texts: str, finished: str = "stop") -> AsyncIterator[Piece]:
    for text in texts:
        yield Piece(text)
    yield Piece("", Usage(finished=finished))


async def behind(rest: str) -> tuple[dict[str, str], bool]:
    writing = Writing(structured=True, known="")
    stream = pieces('{"answer": "Да."', rest)
    await writing.read(stream)
    aside = await writing.read_on(stream)
    return dict(aside.slots), aside.human


@pytest.mark.parametrize(
    ("length", "taken"), [(0, False), (1, True), (20, True), (119, True), (120, True), (121, False)]
)
async def test_a_field_has_one_to_a_hundred_and_twenty_characters(length: int, taken: bool) -> None:
    value = "ш" * length
    slots, _ = await behind(f', "slots": {{"goal": "  {value} "}}, "human": false}}')
    assert slots == ({"goal": value} if taken else {})


@pytest.mark.parametrize(
    ("written", "human"),
    [("true", True), ("false", False), ("null", False), ("1", False), ('"true"', False), ("[1]", False)],
)
async def test_a_person_is_wished_for_only_where_it_is_said_plainly(written: str, human: bool) -> None:
    assert await behind(f', "human": {written}}}') == ({}, human)


@pytest.mark.parametrize("slots", ["null", "[]", "5", '{"goal": 5}', '{"goal": ["x"]}', '{"goal": null}'])
async def test_fields_of_another_kind_are_none(slots: str) -> None:
    assert await behind(f', "slots": {slots}, "human": true}}') == ({}, True)


async def spoiled(*texts: str, known: str = "", finished: str = "stop", structured: bool = True) -> str:
    """The kind of its fault; else the text and how it ended."""
    writing = Writing(structured=structured, known=known)
    try:
        await writing.read(pieces(*texts, finished=finished))
        return " ".join(writing.result())
    except Spoiled as fault:
        return fault.kind


@pytest.mark.parametrize(
    ("texts", "known", "outcome"),
    [
        (('{"answer": "Да."}',), "", "Да. ok"),
        (('{"answer": "价格"}',), "", "foreign"),
        (('{"answer": "价格"}',), "价格", "价格 ok"),
        (("Просто текст.",), "", "Просто текст. salvaged"),
        (("价格是很好的",), "", "foreign"),
        (('{"answer": ""}',), "", "empty"),
        (('{"slots": {}}',), "", "malformed"),
        (('{"answer": "' + "ха" * 40 + '"}',), "", "loop"),
        (('{"answer": "<think>价格</think>Да."}',), "", "Да. ok"),
    ],
)
async def test_what_was_written_is_given_or_refused_for_what_is_wrong_with_it(
    texts: tuple[str, ...], known: str, outcome: str
) -> None:
    assert await spoiled(*texts, known=known) == outcome


async def test_a_cut_answer_is_checked_as_a_whole_one_is() -> None:
    assert await spoiled('{"answer": "Да. Не', finished="length") == "Да. length"
    assert await spoiled('{"answer": "价格。Да. Не', finished="length") == "foreign"
    assert await spoiled('{"answer": "Не', finished="length") == "malformed"
    assert await spoiled("Да. Не", finished="length", structured=False) == "Да. length"


@pytest.mark.parametrize("said", ["价格是很好的. Да. ", "Мы рады помочь. " * 4])
def test_what_was_begun_when_time_ran_out_is_held_to_the_same(said: str) -> None:
    writing = Writing(structured=False, known="")
    writing._take(Piece("Да. "))
    assert writing.begun() == "Да."
    writing._take(Piece(said))
    assert writing.begun() == ""


async def test_what_goes_wrong_is_noticed_while_it_is_written() -> None:
    taken = 0

    async def endless() -> AsyncIterator[Piece]:
        nonlocal taken
        yield Piece('{"answer": "')
        while True:
            taken += 1
            assert taken < 100, "it is read on for ever"
            yield Piece("и так далее ")

    writing = Writing(structured=True, known="")
    with pytest.raises(Spoiled, match="loop"):
        await writing.read(endless())
    assert taken < 10


def test_only_faults_of_the_text_are_the_texts_alone() -> None:
    assert set(TEXT_FAULTS) == {"loop", "foreign", "malformed", "empty"}


def test_the_form_has_the_answer_first_and_all_of_it_is_wanted() -> None:
    assert json.dumps(schema(("goal",))) == json.dumps(
        {
            "type": "object",
            "properties": {
                "answer": {"type": "string"},
                "slots": {"type": "object", "properties": {"goal": {"type": "string"}}},
                "human": {"type": "boolean"},
            },
            "required": ["answer", "slots", "human"],
        }
    )
    assert schema(())["required"] == ["answer", "human"]
