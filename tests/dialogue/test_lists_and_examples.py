"""The lists' findings joined with the examples' probabilities: each bound just below it and at it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.dialogue.hearing.recognition import acts_of, joined
from app.understanding.acts import Classifier


def heard(names: set[str], acts: dict[str, float], **how: bool) -> set[str]:
    usual = {"asking": False, "contact": False, "waits": False, "denies": False, "brief": False}
    return joined(names, acts, **{**usual, **how})


@pytest.mark.parametrize(
    ("act", "how", "least", "intent"),
    [
        ("thanks", {}, 0.6, "thanks"),
        ("demo", {"asking": True}, 0.6, "demo"),
        ("stranger", {}, 0.6, "stranger"),
        ("stranger", {"asking": True}, 0.6, "stranger"),
        # a danger needs less, what else brings a person needs more, and more still where something is asked
        ("emergency", {}, 0.5, "emergency"),
        ("emergency", {"asking": True}, 0.85, "emergency"),
        ("trouble", {}, 0.7, "trouble"),
        ("trouble", {"asking": True}, 0.85, "trouble"),
        ("supplier", {}, 0.7, "supplier"),
        ("supplier", {"asking": True}, 0.7, "supplier"),
        ("complaint", {"asking": True}, 0.85, "complaint"),
        # what is looked up is believed as reluctantly where nothing asks
        ("comparison", {}, 0.85, "comparison"),
        ("comparison", {"asking": True}, 0.6, "comparison"),
        # a worry about money that no list names
        ("objection_price", {}, 0.85, "objection_price"),
        ("medical", {"asking": True}, 0.95, "medical"),
        # words that may answer a question of ours
        ("trouble", {"waits": True}, 0.85, "trouble"),
        ("demo", {"waits": True}, 0.7, "demo"),
        ("demo", {"waits": True, "brief": True}, 0.85, "demo"),
        ("human_wanted", {"waits": True}, 0.6, "human_wanted"),
    ],
)
def test_an_act_is_believed_from_its_bound_on(act: str, how: dict[str, bool], least: float, intent: str) -> None:
    assert intent not in heard(set(), {act: least - 0.01}, **how)
    assert intent in heard(set(), {act: least}, **how)


@pytest.mark.parametrize(
    ("name", "acts", "how", "kept"),
    [
        # a second meaning of a word, where the examples are sure of another act
        ("legal", {"legal": 0.019, "thanks": 0.9}, {}, False),
        ("legal", {"legal": 0.02, "thanks": 0.9}, {}, True),
        ("legal", {"legal": 0.0}, {}, True),
        ("complaint", {"complaint": 0.0, "thanks": 0.9}, {}, True),
        ("frustration", {"frustration": 0.14, "info": 0.9}, {}, False),
        ("frustration", {"frustration": 0.15, "info": 0.9}, {}, True),
        # a worry needs its words and a tenth
        ("objection_price", {"objection_price": 0.099}, {}, False),
        ("objection_price", {"objection_price": 0.1}, {}, True),
        # a call for help for a broken thing tells of no danger
        ("emergency", {"trouble": 0.9, "emergency": 0.049}, {}, False),
        ("emergency", {"trouble": 0.9, "emergency": 0.05}, {}, True),
        ("emergency", {"trouble": 0.89, "emergency": 0.0}, {}, True),
        # who tells takes no leave
        ("refusal", {"info": 0.85, "refusal": 0.149}, {}, False),
        ("refusal", {"info": 0.85, "refusal": 0.15}, {}, True),
        ("refusal", {"info": 0.849, "refusal": 0.0}, {}, True),
        # whether he talks to a machine is asked of nothing that is sold
        ("feature", {"feature": 0.149, "bot_question": 0.9}, {"asking": True}, False),
        ("feature", {"feature": 0.15, "bot_question": 0.9}, {"asking": True}, True),
    ],
)
def test_what_the_lists_found_stays_or_goes(
    name: str, acts: dict[str, float], how: dict[str, bool], kept: bool
) -> None:
    names = {name, "bot_question"} if "bot_question" in acts else {name}
    assert (name in heard(names, acts, **how)) is kept


@pytest.mark.parametrize(
    "name", ["refund", "reschedule", "cancel_request", "complaint", "legal", "human_wanted", "booking"]
)
def test_a_question_of_the_goods_with_the_words_of_a_lane_stays_one(name: str) -> None:
    assert name not in heard({"price"}, {name: 0.99}, asking=True)
    assert name in heard(set(), {name: 0.99}, asking=True)


def test_who_wants_nothing_sent_is_heard_beside_a_question_that_is_none() -> None:
    assert "opt_out" in heard({"feature"}, {"opt_out": 0.95})
    assert "opt_out" not in heard({"feature"}, {"opt_out": 0.94})
    assert "opt_out" not in heard({"feature"}, {"opt_out": 0.99}, asking=True)


@pytest.mark.parametrize("act", ["human_wanted", "booking", "demo", "discount_request", "purchase"])
def test_a_no_declines_what_was_offered(act: str) -> None:
    assert act in heard(set(), {act: 0.9})
    assert act not in heard(set(), {act: 0.9}, denies=True)


def test_a_contact_is_given_only_where_there_is_one() -> None:
    assert heard({"greeting"}, {"contact_given": 0.9}) == {"greeting"}
    assert "objection_price" not in heard(set(), {"objection_price": 0.99}, asking=True), "he wants to hear the price"


def test_the_weaker_act_adds_nothing_to_the_lists_word() -> None:
    assert heard({"thanks"}, {"goodbye": 0.9}) == {"thanks"}
    assert heard({"refusal"}, {"small_talk": 0.9}) == {"refusal"}
    assert heard({"agreement"}, {"small_talk": 0.9}) == {"agreement"}


def test_who_only_tells_asks_nothing() -> None:
    assert "told" in heard({"info"}, {"info": 0.6})
    assert "told" not in heard({"info"}, {"info": 0.59})
    assert heard({"feature"}, {"thanks": 0.9, "feature": 0.019}) == {"thanks"}
    assert heard({"feature"}, {"thanks": 0.9, "feature": 0.02}) == {"feature", "thanks"}
    assert heard({"feature"}, {"info": 0.85, "feature": 0.0}, waits=True) == {"told"}
    assert heard({"feature"}, {"info": 0.84, "feature": 0.0}, waits=True) == {"feature"}


def test_a_question_about_us_is_looked_up_too() -> None:
    assert heard(set(), {"about_us": 0.9}, asking=True) == {"about_us", "feature"}


class Told:
    """Examples that know the probabilities of some texts."""

    def __init__(self, **texts: dict[str, float]) -> None:
        self._texts = texts

    def scored(self, text: str) -> Any:
        return SimpleNamespace(acts=tuple(self._texts.get(text.strip(" .?"), {}).items()))


def acts(text: str, **texts: dict[str, float]) -> dict[str, float]:
    return dict(acts_of(text, cast(Classifier, Told(**texts))))


def test_each_sentence_is_heard_and_the_likeliest_counts() -> None:
    found = acts("раз. два.", раз={"demo": 0.4, "price": 0.1}, два={"demo": 0.7, "sum": 0.2})
    assert found["demo"] == 0.7
    assert found["price"] == pytest.approx(0.2), "a sum is a price of several"
    assert acts("...") == {}
    twelve = "раз. " * 12
    assert "demo" not in acts(twelve + "два.", два={"demo": 0.7})
    assert acts("раз. " * 11 + "два.", два={"demo": 0.7})["demo"] == 0.7


@pytest.mark.parametrize(
    "act", ["frustration", "off_topic", "objection_have", "paid", "applicant", "supplier", "stranger", "auto_reply"]
)
def test_what_only_a_piece_sounds_like_is_not_heard_of_the_whole(act: str) -> None:
    assert act not in acts("раз. два.", раз={act: 0.9})
    assert acts("раз", раз={act: 0.9})[act] == 0.9


def test_a_broken_thing_beside_its_price_is_no_trouble() -> None:
    assert acts("раз. два", раз={"trouble": 0.9}, два={"price": 0.5})["trouble"] == 0
    assert acts("раз. два", раз={"trouble": 0.9}, два={"price": 0.49})["trouble"] == 0.9
