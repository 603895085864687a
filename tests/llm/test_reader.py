"""Reading an answer out of JSON that is still being written, and telling when a text goes wrong."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.client import Piece, Usage
from app.llm.faults import foreign, loops, whole_sentences
from app.llm.reader import AnswerReader, cleaned
from app.llm.writing import Spoiled, Writing
from app.types import Aside

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=80)


def fed(raw: str, size: int = 1) -> AnswerReader:
    reader = AnswerReader()
    for place in range(0, len(raw), size):
        reader.feed(raw[place : place + size])
    return reader


@given(text=TEXTS, size=st.integers(1, 9), ascii_only=st.booleans())
def test_the_answer_is_what_was_encoded_however_it_is_cut(text: str, size: int, ascii_only: bool) -> None:
    raw = json.dumps({"answer": text, "slots": {"goal": "порядок"}, "human": True}, ensure_ascii=ascii_only)
    reader = fed(raw, size)
    assert reader.closed
    assert reader.answer == text
    assert reader.fields()["slots"] == {"goal": "порядок"}


@given(text=TEXTS)
def test_the_answer_only_grows_and_never_shows_half_an_escape(text: str) -> None:
    reader, before = AnswerReader(), ""
    for sign in json.dumps({"answer": text}):
        reader.feed(sign)
        assert reader.answer.startswith(before)
        assert text.startswith(reader.answer)
        before = reader.answer


@given(raw=st.text(max_size=120))
def test_no_text_makes_it_raise(raw: str) -> None:
    reader = fed(raw)
    reader.fields()
    reader.salvaged()


@pytest.mark.parametrize("size", [1, 5, 200])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Да \ud83d тут", "Да  тут"),
        (r"Да \udc00 тут", "Да  тут"),
        (r"Да \ud83d", "Да "),
        (r"Да \ud83d\n", "Да \n"),
        (r"Да \ud83d\u0414", "Да Д"),
        (r"Да \ud83d\ud83d\ude0a", "Да 😊"),
    ],
)
def test_half_of_a_sign_is_none_and_takes_nothing_else_with_it(written: str, read: str, size: int) -> None:
    reader = fed(f'{{"answer": "{written}", "slots": {{"goal": "порядок"}}}}', size)
    assert reader.closed
    assert reader.answer == read
    assert reader.fields()["slots"] == {"goal": "порядок"}


async def test_half_of_a_sign_is_none_in_what_stands_behind_the_answer() -> None:
    async def pieces() -> AsyncIterator[Piece]:
        yield Piece(
            '{"answer": "Да.", "slots": {"goal": "порядок \\ud83d", "name": "\\udc00"}, "human": true}', Usage()
        )

    heard = await Writing(structured=True, known="").read_on(pieces())
    assert heard == Aside({"goal": "порядок"}, human=True)


@pytest.mark.parametrize(
    ("written", "human"),
    [("true", True), ("false", False), ('"true"', False), ("1", False), ("null", False), ("[true]", False)],
)
async def test_a_person_is_wanted_where_the_model_says_so_in_the_form_that_was_asked_for(
    written: str, human: bool
) -> None:
    async def pieces() -> AsyncIterator[Piece]:
        yield Piece(f'{{"answer": "Да.", "human": {written}}}', Usage())

    assert (await Writing(structured=True, known="").read_on(pieces())).human is human


@pytest.mark.parametrize(
    ("written", "begun"),
    [
        ("Мы рады. Мы ответим зав", "Мы рады."),
        ("Мы отвеч", ""),
        ("Мы работаем каждый день. " * 6, ""),  # shorter than the distance between two looks may be
        ("Да! " * 14, ""),
        ("Да, это 您好.", ""),
        ("<think>Что бы сказать. Хм", ""),
    ],
)
async def test_what_was_begun_when_time_ran_out_is_said_only_as_far_as_it_is_fit_to_be(
    written: str, begun: str
) -> None:
    async def pieces() -> AsyncIterator[Piece]:
        yield Piece(written)
        await asyncio.Event().wait()

    writing = Writing(structured=False, known="")
    with contextlib.suppress(TimeoutError, Spoiled):
        async with asyncio.timeout(0.02):
            await writing.read(pieces())
    assert writing.begun() == begun


def test_it_is_closed_before_the_object_ends() -> None:
    assert fed('{"answer": "Да."').closed
    assert not fed('{"answer": "Да.').closed


def test_a_thought_before_the_object_is_passed_over() -> None:
    reader = fed('<think>"answer": "нет"</think>{"answer": "Да."}')
    assert reader.answer == "Да."


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("{answer: Рост стоит 14 900 ₸. slots: {}}", "Рост стоит 14 900 ₸."),
        ('{"answer": Рост стоит 14 900 ₸., "slots": {}}', "Рост стоит 14 900 ₸."),
        ("Рост стоит 14 900 ₸.", "Рост стоит 14 900 ₸."),
        ('```json\n{"answer"= "Вот так."}\n```', "Вот так."),
        ('{"slots": {}}', ""),
    ],
)
def test_an_answer_is_salvaged_from_what_is_no_json(raw: str, text: str) -> None:
    assert fed(raw).salvaged() == text


def test_plain_text_is_taken_as_it_comes() -> None:
    reader = AnswerReader(structured=False)
    reader.feed("Рост ")
    reader.feed("стоит.")
    assert (reader.answer, reader.closed) == ("Рост стоит.", False)


@pytest.mark.parametrize("text", ["<think>хм</think>Да.", "Да.<|im_end|>", "</think> Да."])
def test_leaked_marks_are_removed(text: str) -> None:
    assert cleaned(text) == "Да."


@pytest.mark.parametrize("text", ["Касса стоит денег. " * 3, "да " * 14, "и ещё и ещё и ещё и ещё и ещё и ещё и ещё"])
def test_a_phrase_said_again_and_again_is_a_loop(text: str) -> None:
    assert loops(text)


@pytest.mark.parametrize(
    "text",
    [
        "Тариф «Старт» стоит 7 900 ₸ в месяц. Тариф «Рост» стоит 14 900 ₸ в месяц. Тариф «Сеть» стоит 24 900 ₸ в месяц.",
        "9 900 000 000 000 ₸",
        "Да, да, конечно.",
    ],
)
def test_a_list_of_like_sentences_is_none(text: str) -> None:
    assert not loops(text)


def test_chinese_is_foreign_unless_the_prompt_has_it() -> None:
    assert foreign("Стоит 价格 тенге")
    assert not foreign("Бренд 小米", allowed="Смартфоны 小米 и другие")
    assert not foreign("Қазақша да сөйлейміз — иә!")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Касса стоит 5 тыс. тенге. А ещё мо", "Касса стоит 5 тыс. тенге."),
        ("Стоит 12.5 тыс", ""),
        ("Работаем с 9 до 21! Приход", "Работаем с 9 до 21!"),
        ("Привезём по адресу: ул. Абая, д. 5. Позво", "Привезём по адресу: ул. Абая, д. 5."),
        ("1. Оставьте номер\n2. Мы позв", "1. Оставьте номер"),
        ("«Да.» Потом", "«Да.»"),
        ("Да, есть. Тариф «Рост» — это 14.", "Да, есть."),
        ("Внедрение занимает 1.", ""),
        ("«Работаем до 21.»", "«Работаем до 21.»"),
        ("", ""),
    ],
)
def test_a_cut_text_ends_with_its_last_whole_sentence(text: str, kept: str) -> None:
    assert whole_sentences(text) == kept
