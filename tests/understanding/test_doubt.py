"""What nothing tells for sure, and what a model's word on it is worth."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.understanding.acts import Classifier, Scored
from app.understanding.doubt import HARD, OTHER, SURE, candidates, heeded, is_unsure

CLASSIFIER = Classifier.load()
CHANCES = st.dictionaries(st.sampled_from(CLASSIFIER.names), st.floats(0, 1), min_size=1)


class Fixed(Classifier):
    """Finds the same in every text."""

    @classmethod
    def of(cls, **chances: float) -> "Fixed":
        known = CLASSIFIER
        made = cls(known.names, known.weights, known.bias, known.idf, known.temperature)
        object.__setattr__(made, "found", Scored(tuple(chances.items())))
        return made

    def scored(self, text: str) -> Scored:
        found: Scored = getattr(self, "found")  # noqa: B009 - set on a frozen one
        return found


def test_a_message_is_unsure_where_no_act_is_believed_and_the_lists_only_guess() -> None:
    low = {"price": SURE - 0.01, "demo": 0.2}
    assert is_unsure({"info"}, low, (), CLASSIFIER)
    assert is_unsure(set(), low, (), CLASSIFIER)
    assert not is_unsure({"price"}, low, (), CLASSIFIER), "the lists know"
    assert not is_unsure({"info"}, {"price": SURE}, (), CLASSIFIER)
    assert not is_unsure({"info"}, {}, (), CLASSIFIER), "nothing to go by, so nothing to ask about"


def test_what_is_looked_up_anyway_is_doubted_later() -> None:
    low = {"price": SURE - 0.01, "feature": 0.2}
    assert not is_unsure({"feature"}, low, (), CLASSIFIER)
    assert is_unsure({"feature"}, {"price": 0.3, "feature": 0.2}, (), CLASSIFIER)
    assert not is_unsure({"feature"}, {"price": 0.2, "feature": 0.3}, (), CLASSIFIER), "a word would change nothing"


def test_one_question_among_others_may_be_the_unsure_one() -> None:
    sure, low = {"thanks": 0.9}, Fixed.of(demo=0.3, feature=0.2)
    assert is_unsure({"feature"}, sure, ("thank you", "and that one?"), low)
    assert not is_unsure({"feature"}, sure, ("thank you", "and that one"), low), "nothing asks"
    assert not is_unsure({"feature"}, sure, ("thank you and that one?",), low), "one alone has been scored as the whole"
    assert not is_unsure({"feature"}, sure, ("thank you", "and that one?"), Fixed.of(demo=0.7))


@given(CHANCES)
def test_a_model_chooses_from_the_likeliest_first(acts: Mapping[str, float]) -> None:
    shown = candidates(acts)
    assert len(shown) <= 10
    assert len(set(shown)) == len(shown)
    assert [acts[act] for act in shown] == sorted(acts.values(), reverse=True)[: len(shown)]


@given(CHANCES, st.one_of(st.sampled_from(CLASSIFIER.names), st.text(), st.just(OTHER)))
def test_a_word_makes_its_act_certain_and_touches_no_hard_one(acts: Mapping[str, float], act: str) -> None:
    heard = heeded(acts, act)
    assert heard.keys() == acts.keys()
    assert all(heard[name] == acts[name] for name in HARD & acts.keys())
    if act in HARD or act not in acts:
        assert heard == acts, "no ground for anything"
        return
    assert heard[act] == 1
    others = acts.keys() - HARD - {act}
    assert all(heard[name] == (acts[name] if acts[name] >= SURE else 0) for name in others)


@pytest.mark.parametrize("act", sorted(HARD))
def test_no_word_of_a_model_makes_a_hard_act_likelier(act: str) -> None:
    acts = {act: 0.3, "price": 0.5}
    assert heeded(acts, act) == acts


@pytest.mark.parametrize("act", sorted(HARD))
def test_every_hard_act_is_one_that_there_is(act: str) -> None:
    assert act in CLASSIFIER.names


def test_no_act_that_calls_a_person_refuses_or_goes_silent_is_left_out() -> None:
    assert set(HARD) == {
        "emergency", "medical", "legal", "abuse", "injection", "human_wanted", "complaint", "refund", "trouble",
        "order_status", "paid", "supplier", "applicant", "opt_out", "reschedule", "cancel_request",
    }  # fmt: skip
    assert heeded({"trouble": 0.3, "price": 0.5}, "trouble")["trouble"] == 0.3
    assert heeded({"trouble": 0.3, "price": 0.5}, "price") == {"trouble": 0.3, "price": 1.0}


@pytest.mark.parametrize("name", ["feature", "info", "told", "greeting", "project"])
def test_what_lists_find_by_a_guess_leaves_a_message_unsure(name: str) -> None:
    assert is_unsure({name}, {"price": 0.44, "demo": 0.2}, (), CLASSIFIER)
    assert not is_unsure({name, "price"}, {"price": 0.44, "demo": 0.2}, (), CLASSIFIER)


@pytest.mark.parametrize(("chance", "names", "unsure"), [
    (0.59, {"info"}, True), (0.6, {"info"}, False), (0.44, {"feature"}, True), (0.45, {"feature"}, False),
    (0.45, {"feature", "info"}, False), (0.1, {"refund"}, False),
])  # fmt: skip
def test_an_act_is_believed_from_six_in_ten_and_of_what_is_looked_up_from_less(
    chance: float, names: set[str], unsure: bool
) -> None:
    assert is_unsure(names, {"price": chance, "demo": 0.05}, (), CLASSIFIER) is unsure
    assert not is_unsure(names, {"feature": chance, "demo": 0.05}, (), CLASSIFIER), "a word would change nothing"


@pytest.mark.parametrize(("chance", "unsure"), [(0.3, True), (0.44, True), (0.45, False), (0.59, False), (0.9, False)])
def test_a_question_beside_other_clauses_is_believed_as_what_is_looked_up_is(chance: float, unsure: bool) -> None:
    found, clauses = Fixed.of(demo=chance, feature=0.05), ("thank you", "and that one?")
    assert is_unsure({"feature"}, {"thanks": 0.9}, clauses, found) is unsure
    assert is_unsure({"info"}, {"thanks": 0.9}, clauses, found) is unsure
    assert not is_unsure({"info"}, {"thanks": 0.9}, clauses, Fixed.of(feature=chance)), "a word would change nothing"
