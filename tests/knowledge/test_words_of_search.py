"""What a search is made of, part by part: terms, context, spelling, glossary, names, twins, the sum of words and meaning."""

import math

import numpy as np
import pytest

from app.errors import ConfigError
from app.knowledge.context import content_words, in_context, leans_on_context
from app.knowledge.coverage import ByLanguage, Coverage, alike
from app.knowledge.drafts import questions_in, slug
from app.knowledge.fusion import combine
from app.knowledge.glossary import needed, translated
from app.knowledge.naming import Spoken, ThingNames, together, with_names
from app.knowledge.spelling import Spelling
from app.knowledge.text import trigrams, words
from app.knowledge.twins import Twins, base_id
from app.types import Language, Passage, Section


def section(name: str, language: Language = "ru") -> Section:
    return Section(id=name, text=f"{name}.", category="c", language=language)


def test_terms_are_words_in_one_spelling_and_their_padded_trigrams() -> None:
    assert words("Қанша тұрады? ЁЛКА_15-x ценa") == ["канша", "турады", "елка", "15", "x", "цена"]
    assert trigrams("касса") == [" ка", "кас", "асс", "сса", "са "]
    assert trigrams("я да") == [" я ", " да", "да "]


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("а сколько", True),
        ("а на год сколько", True),
        ("и есть ли у него гарантия", True),
        ("сколько стоит доставка в другой город", False),
        ("есть ли у него гарантия на два года и больше", False),
        ("и какая доставка по городу стоит", True),
        ("сколько стоит ваша доставка", False),
        ("доставка по городу", True),
        ("", True),
    ],
)
def test_a_short_message_leans_on_the_one_before(text: str, leans: bool) -> None:
    assert leans_on_context(text) is leans
    assert in_context(text, "сканер") == (f"сканер {text} {text} {text}" if leans else text)
    assert in_context(text, None) == in_context(text, "") == text


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("а сколько стоит сканер для 2 магазинов", ("сканер", "магазинов")),
        ("сколько стоит", ("сколько", "стоит")),
        ("ну и что", ()),
        ("сканер сканер 15к", ("сканер",)),
    ],
)
def test_what_a_message_is_about(text: str, content: tuple[str, ...]) -> None:
    assert content_words(text) == content


def test_a_letter_away_is_a_slip_only_of_a_long_unknown_word() -> None:
    known = Spelling(["сканер сканер принтер доставка", "сканер весы ножи", "доставки"])
    assert known.correct("скнаер прнтер принтеер сканет") == "сканер принтер принтер сканер"
    assert known.correct("весв") == "весв", "short words have too many neighbours"
    assert known.correct("сканнеер") == "сканнеер", "two letters away"
    assert known.correct("доставко") == "доставки", "of two as near the later one"
    assert known.correct("12345") == "12345"
    assert known.correct("ПРИНТЕРР, весы!") == "принтер весы"
    unknown = " ".join(f"абвгд{n}жзик" for n in range(40))
    assert known.correct(f"{unknown} скнаер").endswith("скнаер"), "so many words are corrected"
    assert known.correct(" ".join(unknown.split()[:39]) + " скнаер").endswith("сканер")


def test_english_questions_are_said_as_the_sections_say_them() -> None:
    assert needed([section("a")])
    assert not needed([section("a"), section("b", "en")])
    assert not needed([section("a", "kk")])
    assert not needed([])
    assert translated("сколько стоит delivery") == "сколько стоит delivery"
    assert translated("how much is the delivery") != "how much is the delivery"
    assert translated("deliveries").strip() == translated("delivery").strip()
    assert "the" not in translated("the delivery").split()
    assert "the" in translated("the delivery", whole=True).split()
    assert translated("Dukenta 15") == "Dukenta 15"
    assert translated("12 !") == "12 !"


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("доставка", "доставки", True),
        ("доставка", "доставленный", False),
        ("доставка", "дорого", False),
        ("кот", "кот", True),
        ("кот", "коты", True),
        ("ко", "кот", False),
        ("касса", "кассир", True),
        ("цена", "центр", True),
        ("цена", "ценник", False),
    ],
)
def test_forms_of_one_word_begin_alike(one: str, other: str, are: bool) -> None:
    assert alike(one, other) is alike(other, one) is are


def test_what_a_question_is_about_is_covered_by_rare_words_more_than_by_common_ones() -> None:
    held = Coverage([["доставка", "город"], ["город", "магазин"], ["город", "гарантия"]])
    assert held.of(("доставка",), [0]) > held.of(("город",), [0]) > 0
    assert held.of(("доставка", "город"), [0]) > held.of(("доставка", "город"), [1]) > 0
    assert held.of(("доставки",), [0]) == held.of(("доставка",), [0])
    assert held.of(("доставка",), [1, 2]) == 0
    assert held.of(("доставка",), [1, 0]) == held.of(("доставка",), [0])
    assert held.of((), [0]) == held.of(("доставка",), []) == 0
    (rare, usual) = held.weighed(("доставка", "город"))
    assert rare.weight > usual.weight
    assert rare.forms == held.places(["доставка"])
    assert held.places(["доставк", "щ"]) == frozenset()
    assert held.held(0) == held.places(["доставка", "город"])
    assert held.weight_at(*rare.forms) == rare.weight
    assert len(held.weighed(["слово"] * 41)) == 40


def test_a_section_of_another_language_makes_no_word_rarer() -> None:
    both = ByLanguage([["доставка", "город"], ["delivery"], ["город"]], ["ru", "en", "ru"])
    alone = Coverage([["доставка", "город"], ["город"]])
    assert both.of(("доставка",), [0, 1, 2]) == alone.of(("доставка",), [0, 1])
    assert both.of(("delivery",), [1]) > 0
    assert both.of(("delivery",), [0]) == both.of(("delivery",), []) == 0
    assert both.at(2)[1] == 1


def test_twins_are_said_in_the_customers_language_once() -> None:
    ru, kk, alone = section("delivery"), section("delivery_kk", "kk"), section("hours")
    known = Twins([ru, kk, alone])
    found = [Passage(ru, 5), Passage(kk, 4), Passage(alone, 3)]
    assert [(p.section.id, p.score) for p in known.spoken(found, "kk")] == [("delivery_kk", 5), ("hours", 3)]
    assert [(p.section.id, p.score) for p in known.spoken(found, "ru")] == [("delivery", 5), ("hours", 3)]
    assert [p.section.id for p in known.spoken(found, "en")] == ["delivery", "delivery_kk", "hours"]
    assert base_id(kk) == base_id(ru) == "delivery"
    assert base_id(section("delivery_kk")) == "delivery_kk"


def test_meaning_is_added_to_words_as_a_standard_score() -> None:
    lexical = np.array([4.0, 2.0, 0.0, 9.0], np.float32)
    cosines = np.array([0.2, 0.4, 0.6, -np.inf], np.float32)
    spread = math.sqrt(2 / 3)
    assert combine(lexical, cosines, 0.5) == pytest.approx([1 - 0.5 / spread * 1, 0.5, 0.5 / spread, -np.inf], abs=1e-4)
    assert combine(lexical, cosines, 0) == pytest.approx([1, 0.5, 0, -np.inf])
    assert combine(np.zeros(4, np.float32), cosines, 1)[1] == pytest.approx(0, abs=1e-4)
    assert combine(lexical, np.array([0.5] * 4, np.float32), 1) == pytest.approx([4 / 9, 2 / 9, 0, 1])
    assert np.isneginf(combine(lexical, np.full(4, -np.inf, np.float32), 1)).all()


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Доставка", []),
        ("Есть ли доставка?", ["Есть ли доставка?"]),
        ("Есть доставка? Сколько стоит?", ["Есть доставка?", "Сколько стоит?"]),
        ("Есть доставка?\nСколько стоит / почём", ["Есть доставка?", "Сколько стоит", "почём"]),
        ("«есть доставка»", ["есть доставка"]),
        ("«есть доставка» / «почём»", ["есть доставка", "почём"]),
        ("«Есть доставка?»", ["Есть доставка?"]),
        ("Тариф «Рост»", []),
    ],
)
def test_the_questions_that_a_title_asks(title: str, asked: list[str]) -> None:
    assert questions_in(title) == asked


def test_a_slug_is_latin_and_cut_between_words() -> None:
    assert slug("Доставка по городу!") == "dostavka_po_gorodu"
    assert slug("Қанша тұрады?") == slug("қанша  тұрады")
    long = slug("слово " * 20)
    assert len(long) <= 50
    assert set(long.split("_")) == {"slovo"}
    assert len(slug("ы" * 80)) == 50
    assert slug("???") and slug("???") != slug("!!!")


NAMES: Spoken = {"час": {"en": ("session hour", "slot")}, "зал": {"en": ("hall",), "kk": ("зал бөлме",)}}


def test_the_shops_names_are_said_and_understood_in_other_languages() -> None:
    known = ThingNames(NAMES)
    assert known.said("зал на час", "en") == "hall на session hour"
    assert known.said("залы, зал", "kk") == "залы, зал бөлме"
    assert known.understood("two session-hours in the hall, slots") == "two час in the зал, час"
    assert known.understood("session, hour") == "session, hour"
    assert known.understood("зал бөлме керек") == "зал керек"
    assert ThingNames({}).understood("hall") == "hall"


def test_one_thing_is_called_the_same_in_all_files() -> None:
    assert together([("a", {"зал": {"en": ("hall",)}}), ("b", {"зал": {"kk": ("зал",), "en": ("hall",)}})]) == {
        "зал": {"en": ("hall",), "kk": ("зал",)}
    }
    with pytest.raises(ConfigError, match=r"b: names: 'зал' has no name or two in 'en'"):
        together([("a", {"зал": {"en": ("hall",)}}), ("b", {"зал": {"en": ("room",)}})])
    with pytest.raises(ConfigError, match="say it once"):
        together([("a", {"зал": {"en": ()}})])
    assert with_names("digest", {}) == "digest"
    assert with_names("digest", NAMES) != with_names("other", NAMES) != with_names("other", {"зал": NAMES["зал"]})


def test_english_names_of_what_any_service_sells_are_known_in_russian() -> None:
    for word, said in (
        ("membership", "абонемент"),
        ("daughter", "дочь ребёнок"),
        ("tents", "палатка"),
        ("haircut", "стрижка"),
    ):
        assert translated(word) == said
    for light in ("own", "check", "second", "key"):  # mean too many things
        assert translated(f"{light} tent").split()[-1] == "палатка"
        assert translated(light) == light
