"""Every share that decides which passage answers, just below and just at it; and how much of a passage is said."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.composing.choosing import choose
from app.composing.plain import shorten
from app.types import Deciding, DialogueState, Exchange, Fact, Language, Passage, Prompt, Section, Step

STEP = Step("answer", "feature", DialogueState(), query="сканер")


def passage(
    name: str, score: float = 5.0, text: str = "", *questions: str, names: tuple[str, ...] = (), language: Language = "ru",
    **ranks: int,
) -> Passage:  # fmt: skip
    facts = tuple(Fact(fact, Decimal(100), "KZT") for fact in names)
    section = Section(
        id=name, category="c", title=name, text=text or f"Текст {name}.", facts=facts, language=language, questions=questions
    )  # fmt: skip
    return Passage(section, score, ranks=ranks)


def chosen(*passages: Passage, query: str = "сканер", reason: str = "feature", **more: Any) -> list[str]:
    history = (Exchange(more.pop("before", "q"), more.pop("last", "")),) if more.keys() & {"before", "last"} else ()
    step = replace(STEP, query=query, reason=reason, **more)
    return [found.section.id for found in choose(Prompt(step, passages, history, query))]


@pytest.mark.parametrize(("score", "first"), [(5.01, "kk"), (5.0, "kk"), (4.99, "ru")])
def test_a_passage_in_the_customers_language_is_preferred_from_half_the_best_score(score: float, first: str) -> None:
    assert chosen(passage("ru", 10), passage("kk", score, language="kk"), language="kk") == [first]


@pytest.mark.parametrize(("score", "first"), [(3.6, "b"), (3.5, "b"), (3.4, "a")])
def test_where_nothing_is_named_the_list_of_prices_is_preferred_from_a_share_of_035(score: float, first: str) -> None:
    many = passage("b", score, names=("шкаф", "стол", "стул"))
    assert chosen(passage("a", 10), many, query="цена", reason="price") == [first]
    assert chosen(passage("a", 10), many, query="цена", reason="feature") == ["a"]
    few = passage("b", score, names=("шкаф", "стол"))
    assert chosen(passage("a", 10), few, query="цена", reason="price") == ["a"]


def test_of_two_lists_of_prices_the_one_in_the_customers_language_is_preferred() -> None:
    names = ("шкаф", "стол", "стул")
    lists = passage("ru", 5, names=names), passage("kk", 4, names=names, language="kk")
    assert chosen(passage("a", 10), *lists, query="цена", reason="price", language="kk") == ["kk"]


@pytest.mark.parametrize(("score", "first"), [(7.6, "b"), (7.5, "b"), (7.4, "a")])
def test_the_product_that_was_named_more_fully_is_preferred_from_a_share_of_075(score: float, first: str) -> None:
    found = passage("a", 10, names=("сканер лазерный белый",)), passage("b", score, names=("сканер",))
    assert chosen(*found, reason="price") == [first]


def test_what_was_said_a_moment_ago_is_said_again_where_it_is_the_answer() -> None:
    assert chosen(passage("a", 10), passage("b", 9), last="Вот: Текст a.") == ["a"]


@pytest.mark.parametrize(("score", "both"), [(2.6, True), (2.5, True), (2.4, False)])
def test_a_second_part_is_answered_from_a_quarter_of_the_best_score(score: float, both: bool) -> None:
    found = passage("педикюр", 10), passage("график", score)
    assert chosen(*found, query="какой педикюр? какой график?") == (["педикюр", "график"] if both else ["педикюр"])


@pytest.mark.parametrize(("words", "both"), [(5, False), (6, True), (7, True)])
def test_a_passage_is_about_a_part_from_six_words_of_ten(words: int, both: bool) -> None:
    said = "абвг дежз ийкл мноп рсту фхцч шщъы ьэюя ёлка юбка".split()
    found = passage("педикюр", 10), passage("график", 9, " ".join(said[:words]))
    assert chosen(*found, query=f"какой педикюр? какой {' '.join(said)}?") == (
        ["педикюр", "график"] if both else ["педикюр"]
    )


@pytest.mark.parametrize("many", [1, 2, 3, 4])
def test_three_passages_are_said_at_most_in_the_order_of_the_questions(many: int) -> None:
    names = ["педикюр", "график", "адрес", "запись"][:many]
    found = [passage(name, 10 - place) for place, name in enumerate(reversed(names))]
    said = chosen(*found, query=" ".join(f"какой {name}?" for name in names))
    assert len(said) == min(many, 3)
    assert said == [name for name in names if name in said]


def test_twelve_parts_of_a_message_are_looked_at() -> None:
    def answered(before: int) -> bool:
        filler = " ".join(f"какой {'абвгдежзиклмнопрст'[n] * 5}?" for n in range(before))
        return "график" in chosen(passage("педикюр", 10), passage("график", 9), query=f"{filler} какой график?")

    assert [answered(before) for before in (1, 10, 11, 12)] == [True, True, True, False]


@pytest.mark.parametrize("reason", ["price", "feature", "comparison"])
def test_questions_are_answered_one_by_one_where_the_customer_asks_them(reason: str) -> None:
    found = passage("педикюр", 10, names=("педикюр",)), passage("график", 9, names=("график",))
    asked = "какой педикюр? какой график?"
    assert chosen(*found, query=asked, reason=reason) == ["педикюр", "график"]
    assert len(chosen(*found, query=asked, reason="objection_price")) == 1, "the flow asks"
    step = replace(STEP, query=f"{asked} цена", reason=reason)
    assert len(choose(Prompt(step, found, (), asked))) == 1, "the flow wrote the search"


@pytest.mark.parametrize(
    ("said", "written", "same"),
    [
        ("сканером", "сканеров", True), ("сканер", "сканеры", True), ("кот", "коты", True), ("ко", "кот", False),
        ("кассовый", "кассирша", False), ("маникюра", "маникюром", True), ("педикюр", "педаль", False),
    ],
)  # fmt: skip
def test_two_forms_of_one_word_begin_alike(said: str, written: str, same: bool) -> None:
    found = passage("адрес", 10), passage("иное", 9, f"Есть {written}.")
    assert (chosen(*found, query=f"какой адрес? какой {said}?") == ["адрес", "иное"]) is same


@pytest.mark.parametrize(("many", "named"), [(3, True), (4, True), (5, False)])
def test_a_price_list_of_more_than_four_products_names_none_of_them(many: int, named: bool) -> None:
    products = ("лазер", "сахар", "воск", "нить", "крем")[:many]
    listed = passage("эпиляция", 10, names=products)
    other = passage("ноги", 5, names=("ноги",))
    # «лазер ног» names this list's product and another's, and no section is about both.
    assert (chosen(listed, other, query="лазер ноги") != ["эпиляция"]) is named


def test_of_two_places_the_rerankers_counts_and_of_none_the_score() -> None:
    first = passage("a", 1.0, fused=1, rerank=4)
    second = passage("b", 1.0, "", "сканер", fused=4, rerank=1, language="kk")
    assert chosen(first, second, language="kk") == ["b"]
    assert chosen(passage("a", 1.0, fused=1), passage("b", 9.0, fused=4, language="kk"), language="kk") == ["a"]
    assert chosen(passage("a", 1.0), passage("b", 9.0, language="kk"), language="kk") == ["b"]


def test_a_price_without_its_thing_is_that_of_what_was_said_before() -> None:
    found = passage("маникюр", 10, names=("маникюр",)), passage("цены", 9, "", "сколько стоит", names=("цены",))
    assert chosen(*found, query="сколько стоит", reason="price", before="маникюр") == ["маникюр"]
    assert chosen(*found, query="сколько стоит", reason="price", before="адрес") == ["цены"]


# -- how much of a passage is said


@pytest.mark.parametrize(("length", "said"), [(499, 499), (500, 500), (501, 10)])
def test_five_hundred_characters_of_a_passage_are_said(length: int, said: int) -> None:
    assert len(shorten("Начало да. " + "ж" * (length - 12) + ".")) == said


@pytest.mark.parametrize(
    ("text", "limit", "said"),
    [
        ("Раз. Два. Три.", 14, "Раз. Два. Три."), ("Раз. Два. Три.", 13, "Раз. Два."), ("Раз. Два. Три.", 9, "Раз. Два."),
        ("Раз. Два. Три.", 8, "Раз."), ("Раз. Два. Три.", 4, "Раз."), ("Раз. Два. Три.", 1, "Раз."),
        ("Раз\nДва\nТри", 7, "Раз\nДва"), ("Раз! Два? Три… Пять", 14, "Раз! Два? Три…"), ("Длинное слово", 3, "Длинное слово"),
        ("- раз\n* два", 50, "• раз\n• два"), ("## Раз", 50, "Раз"), ("**Раз** __два__ `три`", 50, "Раз два три"),
        ("| а | б |\n|---|:-:|\n| в | г |", 50, "а — б\nв — г"),
    ],
)  # fmt: skip
def test_whole_sentences_and_lines_are_said_without_marks(text: str, limit: int, said: str) -> None:
    assert shorten(text, limit) == said


def test_a_passage_that_hardly_answers_is_left_unsaid() -> None:
    near, right = passage("a"), passage("b", 4.0)
    assert chosen(replace(near, answers=0.05), replace(right, answers=0.4)) == ["b"]
    assert chosen(replace(near, answers=0.05)) == []
    assert chosen(replace(near, answers=0.05), reason="price") == ["a"], "what it is the price of the facts know"


def test_what_was_said_a_moment_ago_is_not_said_again_to_who_asks_on() -> None:
    first, second = passage("a", text="Привезём за день. Подъём отдельно."), passage("b", 4.0)
    asked = {"query": "а сканер на пятый этаж поднимете", "before": "доставка есть"}
    assert chosen(first, second, last="Привезём за день. Подъём отдельно.", **asked) == ["b"]
    assert chosen(first, second, last="Привезём за неделю.", **asked) == ["a"]
    assert chosen(first, second, last="Привезём за день. Подъём отдельно.", query="и подъём", before="x") == ["a"], (
        "who goes on in a few words may mean just that"
    )


def test_who_says_that_it_was_beside_the_point_is_not_told_it_again() -> None:
    first, second = passage("a", text="Привезём за день."), passage("b", 4.0)
    step = replace(STEP, query="подъём", intents=("correction",))
    history = (Exchange("q", "Привезём за день."), Exchange("q", "Здравствуйте!"))
    assert [p.section.id for p in choose(Prompt(step, (first, second), history, "подъём"))] == ["b"]


@pytest.mark.parametrize(("score", "third"), [(5.0, True), (4.99, False)])
def test_each_question_that_was_searched_by_itself_is_answered_in_order_from_half_the_best_score(
    score: float, third: bool
) -> None:
    found = passage("график", 10, question=2), passage("педикюр", 9, question=1), passage("адрес", score, question=3)
    queries = ("какой педикюр", "какой график", "какой адрес")
    said = chosen(*found, passage("запись", 9), query="? ".join(queries), queries=queries)
    assert said == ["педикюр", "график", *(["адрес"] if third else [])]


def test_of_the_questions_searched_apart_only_what_fits_its_own_is_said_and_three_at_most() -> None:
    found = [passage(f"раздел {n}", 10, question=n) for n in range(1, 5)]
    queries = tuple(f"про раздел {n}" for n in range(1, 5))
    assert chosen(*found, query=" ".join(queries), queries=queries) == ["раздел 1", "раздел 2", "раздел 3"]
    counted = (found[0], passage("лодки", 9, "Лодки есть.", question=2))
    assert chosen(*counted, query="про раздел 1? сколько лодок?", queries=("про раздел 1", "сколько лодок")) == [
        "раздел 1"
    ]


@pytest.mark.parametrize(("answers", "said"), [(0.26, ["a"]), (0.25, ["a"]), (0.24, [])])
def test_beside_an_unknown_name_a_passage_must_answer_more_surely(answers: float, said: list[str]) -> None:
    found, unknown = replace(passage("a"), answers=answers), Deciding("unnamed", "Про Bluefin сведений нет.")
    prompt = Prompt(STEP, (found,), (), "сканер", deciding=(unknown,))
    assert [each.section.id for each in choose(prompt)] == said
    known = replace(prompt, deciding=(Deciding("yes_no", "Да."),))
    assert [each.section.id for each in choose(known)] == ["a"]


@pytest.mark.parametrize(("answers", "said"), [(0.2, ["a"]), (0.199, [])])
def test_a_passage_answers_from_twenty_in_a_hundred(answers: float, said: list[str]) -> None:
    assert chosen(replace(passage("a"), answers=answers)) == said
    assert chosen(replace(passage("a", language="kk"), answers=answers)) == ["a"], (
        "words tell nothing of another language"
    )


@pytest.mark.parametrize(("since", "first"), [(0, "b"), (2, "b"), (3, "a")])
def test_three_answers_are_not_given_again_to_who_says_that_they_were_beside_the_point(since: int, first: str) -> None:
    said = (Exchange("q", "Привезём за день."), *[Exchange("q", "Здравствуйте!")] * since)
    found = passage("a", text="Привезём за день."), passage("b", 4.0)
    for intent, then in (("correction", first), ("frustration", first), ("feature", "a")):
        step = replace(STEP, query="подъём", intents=(intent,))
        assert choose(Prompt(step, found, said, "подъём"))[0].section.id == then


def test_the_same_question_has_the_same_answer_and_half_of_a_section_is_not_all_of_it() -> None:
    found = passage("a", text="Привезём за день. Подъём отдельно."), passage("b", 4.0)
    asked = "а сканер на пятый этаж поднимете"
    whole = "Привезём за день. Подъём отдельно."
    assert chosen(*found, query=asked, before=asked, last=whole) == ["a"]
    assert chosen(*found, query=asked, before="другое", last="Подъём отдельно.") == ["a"]
    assert chosen(*found, query=asked, before="другое", last=whole, reason="price") == ["a"]
    three = passage("a", text="Привезём за день. Подъём отдельно. Ждём."), passage("b", 4.0)
    assert chosen(*three, query=asked, before="другое", last=whole) == ["b"]


def test_beside_a_number_that_was_left_a_question_may_stand_and_must_be_answered() -> None:
    found = passage("лодки", 9, "Лодки есть.")
    assert chosen(found, query="сколько лодок", reason="contact_given") == []
    assert chosen(found, query="какие лодки", reason="contact_given") == ["лодки"]
    assert chosen(found, query="сколько лодок", reason="presentation") == ["лодки"]


def test_a_russian_section_is_preferred_to_who_has_none_of_his_own() -> None:
    kk, ru = passage("kk", 10, language="kk"), passage("ru", 6)
    assert chosen(kk, ru, query="scanner", language="en") == ["ru"]
    assert chosen(kk, passage("ru", 4), query="scanner", language="en") == ["kk"]
    assert chosen(kk, ru, passage("en", 5, language="en"), query="scanner", language="en") == ["en"]
    assert chosen() == []
