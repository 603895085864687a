"""The weights fit the pieces that texts are cut into, and what says the same is heard the same."""

import numpy as np
import pytest

from app.understanding.acts import LANGUAGES, Classifier, Scored, load_examples
from app.understanding.doubt import SURE, is_unsure
from app.understanding.features import MAX_CHARS, MAX_WORDS, document_frequency, features, weighed
from app.understanding.training import learn

KNOWN = Classifier.load()


def counts(text: str) -> dict[int, float]:
    of = features(text)
    return dict(zip(of.buckets.tolist(), of.counts.tolist(), strict=True))


def test_the_weights_know_these_pieces() -> None:
    """Weights that were learnt from other pieces hear nothing that is said: run `machine understand train`."""
    texts = [line for acts in load_examples().values() for lines in acts.values() for line in lines]
    rarity = document_frequency([features(text) for text in texts])
    assert np.abs(rarity - KNOWN.idf).max() < 0.01


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_learnt_is_heard_in_each_language(language: str) -> None:
    rows = [(act, line) for act, lines in load_examples()[language].items() for line in lines]
    heard = [(act, KNOWN.scored(line)) for act, line in rows]
    assert np.mean([scored.best == act for act, scored in heard]) > 0.93
    assert np.mean([scored.of(act) for act, scored in heard]) > 0.87
    believed = [scored.best == act for act, scored in heard if scored.surest >= SURE]
    assert len(believed) > 0.9 * len(rows)
    assert np.mean(believed) > 0.96


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("СКОЛЬКО СТОИТ", "сколько стоит"),
        ("всё готово", "все готово"),
        ("қанша тұрады", "канша турады"),
        ("бұл өң бағасы", "бул он багасы"),
        ("іздеп жүрмін һәм", "издеп журмин хам"),
        ("ғой мәселе", "гой маселе"),
        ("сколькооооо стоит", "сколько стоит"),
        ("сколько,стоит...", "сколько  стоит"),
        ("сколько - стоит", "сколько\nстоит"),
        ("нужно 15 штук", "нужно 3 штук"),
        ("нужно 15 000 штук", "нужно 2 750 штук"),
        ("ｐｒｉｃｅ ﬁne", "price fine"),
        ("STRASSE", "straße"),
    ],
)
def test_one_thing_typed_in_two_ways_is_one(typed: str, said: str) -> None:
    assert counts(typed) == counts(said)
    assert KNOWN.scored(typed) == KNOWN.scored(said)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("сколько стоит", "сколько стоит?"),
        ("сколько стоит!", "сколько стоит?"),
        ("не надо", "надо не"),
        ("можно не платить сейчас", "не платить сейчас можно"),
        ("почём", "почем почем"),
        ("15 штук", "штук"),
        ("аа", "ааа бб"),
    ],
)
def test_what_says_another_thing_is_another(one: str, other: str) -> None:
    assert counts(one) != counts(other)


def test_a_figure_held_down_is_the_figure_and_a_letter_twice_is_no_slip() -> None:
    assert counts("777 1000") == counts("1 1")
    assert counts("ванна") != counts("вана")
    assert counts("ванннна") == counts("вана")


def test_words_count_each_time_and_side_by_side_by_twos_and_threes() -> None:
    once, twice = counts("да"), counts("да да")
    assert all(twice[bucket] == 2 * number for bucket, number in once.items())
    assert len(twice) == len(once) + 1
    # A word of one letter: itself in its frame and two pairs. Three of them: two pairs and one row of three more.
    assert len(counts("я")) == 3
    assert len(counts("я и а")) == 3 * 3 + 2 + 1
    # The longest piece of a word has five signs, its frame with them.
    assert len(counts("абвгдежз")) == 1 + 9 + 8 + 7 + 6


def test_what_stands_behind_the_bounds_is_not_looked_at() -> None:
    assert (MAX_CHARS, MAX_WORDS) == (2000, 300)
    words = "да " * MAX_WORDS
    assert counts(words + "нет") == counts(words)
    assert counts("да " * (MAX_WORDS - 1) + "нет") != counts(words)
    start = "щ" * (MAX_CHARS - 2)
    assert counts(start + " янет") == counts(start + " я")
    assert not counts("")
    assert not counts("... 👍 —")


def test_the_weights_of_a_text_have_length_one_and_what_is_rare_weighs_more() -> None:
    rarity = document_frequency([features("да нет"), features("да"), features("да ну")])
    both = features("нет да")
    weights = dict(zip(both.buckets.tolist(), weighed(both, rarity).tolist(), strict=True))
    (rare, *_), (usual, *_) = counts("нет"), counts("да")
    assert weights[rare] > weights[usual]
    assert rarity[usual] == pytest.approx(1)
    assert rarity[rare] == pytest.approx(1 + np.log(2))
    assert np.sqrt(sum(weight**2 for weight in weights.values())) == pytest.approx(1)
    often = features("да да да нет")
    heavy = dict(zip(often.buckets.tolist(), weighed(often, rarity).tolist(), strict=True))
    assert heavy[usual] / heavy[rare] == pytest.approx((1 + np.log(3)) * weights[usual] / weights[rare])


def test_scores_say_which_act_is_likeliest_and_how_likely_each_is() -> None:
    scored = KNOWN.scored("сколько стоит доставка")
    assert {name for name, _ in scored.acts} == set(KNOWN.names)
    assert (scored.best, scored.surest) == scored.acts[0]
    name, chance = scored.acts[3]
    assert scored.of(name) == chance
    assert scored.of("dancing") == 0
    assert (Scored().best, Scored().surest, Scored().of("price")) == ("", 0, 0)
    assert KNOWN.scored(" ... ") == Scored()


def test_an_own_example_is_as_sure_as_it_is_near() -> None:
    own = KNOWN.with_own({"booking": ["на ноготочки в субботу"], "demo": ["...", "покажи кабинку вживую"]})
    assert own.scored("на ноготочки в субботу").of("booking") == pytest.approx(1, abs=1e-3)
    near = own.scored("на ноготочки в эту субботу")
    assert near.best == "booking"
    assert 0.62 <= near.surest < 0.99
    far = "на ноготочки во вторник"
    assert own.scored(far) == KNOWN.scored(far)
    assert own.with_own({"price": ["почём ваш уют"]}).scored("на ноготочки в субботу") == KNOWN.scored(
        "на ноготочки в субботу"
    ), "instead of those it had"


def test_what_is_learnt_of_examples_tells_them_apart() -> None:
    said = {
        "ru": {
            "price": [f"сколько стоит {thing}" for thing in ("стол", "стул", "шкаф", "ковёр", "диван", "комод")],
            "thanks": [f"спасибо за {thing}" for thing in ("стол", "стул", "шкаф", "ковёр", "диван", "комод")],
            "address": [f"где найти {thing}" for thing in ("стол", "стул", "шкаф", "ковёр", "диван", "комод")],
        }
    }
    pytest.importorskip("sklearn")
    learnt = learn(said)
    assert (learnt.accuracy, learnt.right_when_sure) == (1, 1)
    assert 0.9 < learnt.sure <= 1


def test_what_asks_behind_many_clauses_is_not_looked_through_for_ever() -> None:
    few = [*["see you"] * 3, *["and the teal one?"] * 2]
    assert is_unsure({"feature"}, {"thanks": 0.9}, few, KNOWN)
    many = ["сколько стоит доставка?"] * 12
    assert not is_unsure({"feature"}, {"thanks": 0.9}, [*many, "and the teal one?"], KNOWN)
    assert is_unsure({"feature"}, {"thanks": 0.9}, [*many[1:], "and the teal one?"], KNOWN)
