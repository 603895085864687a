"""Checks `borne` and `entailed`: what a sentence's words say of where it comes from, and what a model says of it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.guardrail import Context, asserted, check, known_words, lowest_share, premises
from app.types import Language, Passage, Section

LIGHTHOUSE = Section(
    "lighthouse",
    "The old lighthouse was built in 1871 and guided ships into the harbour until the keepers left in 1959.",
    "c",
    title="The lighthouse",
    language="en",
)
FERRY = Section("ferry", "The ferry leaves the pier at noon and crosses the bay in forty minutes.", "c", language="en")
QUOTED = "The lighthouse was built in 1871, and the keepers left in 1959."
INVENTED = "A famous painter bought the cottage nearby and turned every room into a gallery of portraits."


def context(least: float = 0.8, *, language: Language = "en", known: bool = True, **more: object) -> Context:
    whole = known_words((LIGHTHOUSE, FERRY)) if known else None
    made = Context((Passage(LIGHTHOUSE, 1.0),), language=language, known=whole, least_borne=least)
    return replace(made, **more)  # type: ignore[arg-type]


def spoke(draft: str, of: Context) -> list[tuple[str, str]]:
    return [(f.check, draft[f.start : f.end]) for f in check(draft, of).findings if f.check in ("borne", "entailed")]


def test_what_the_sections_say_passes_and_what_they_never_heard_of_does_not() -> None:
    assert spoke(QUOTED, context()) == []
    assert spoke(f"{QUOTED} {INVENTED}", context()) == [("borne", INVENTED)]
    detail = next(f.detail for f in check(INVENTED, context()).findings if f.check == "borne")
    assert "'famous'" in detail and "'painter'" in detail


def test_it_is_asked_only_where_it_was_fitted() -> None:
    assert spoke(INVENTED, context(0.0)) == []
    assert spoke(INVENTED, context(known=False)) == []
    assert spoke(INVENTED, context(language="ru")) == [], "no section in use has that language: its words tell nothing"
    assert spoke(INVENTED, context(passages=())) == []


def test_the_whole_knowledge_and_our_answers_bear_out_and_our_texts_are_said_as_they_stand() -> None:
    ferry = "The ferry crosses the bay in forty minutes."
    assert spoke(ferry, context()) == []
    said = "Grandmother Agatha baked apricot dumplings on Sundays."
    assert spoke(said, context()) != []
    assert spoke(said, context(earlier=("Our grandmother Agatha bakes apricot dumplings each Sunday.",))) == []
    assert spoke(said, context(own=(said,))) == []


@pytest.mark.parametrize("since", [0, 1, 2, 5])
def test_each_of_our_earlier_answers_bears_out(since: int) -> None:
    ours = "Our grandmother Agatha bakes apricot dumplings each Sunday."
    said = "Grandmother Agatha baked apricot dumplings on Sundays."
    between = tuple(f"The ferry number {n} leaves at noon." for n in range(since))
    assert spoke(said, context(earlier=(ours, *between))) == []
    assert spoke(said, context(earlier=("We open at nine.", *between))) == [("borne", said)]


def test_the_customer_s_words_may_be_said_but_bear_nothing_out() -> None:
    asked = ("does a famous painter have a cottage with a gallery of portraits?",)
    assert lowest_share(INVENTED, context(customer=asked)) < lowest_share(QUOTED, context())
    alone = "A famous painter, a cottage, a gallery of portraits."
    assert spoke(alone, context(customer=asked)) == []


def test_one_or_two_words_of_ones_own_are_a_manner_of_speaking() -> None:
    assert spoke("Splendid, wonderful lighthouse.", context()) == []
    assert spoke("Good morning! Thank you, I will ask a colleague and let you know.", context()) == []


@pytest.mark.parametrize("draft", ["", "?", "...", "\ud800 \x00", "🙂 🙂 🙂 🙂"])
def test_what_has_no_words_has_nothing_to_bear_out(draft: str) -> None:
    assert lowest_share(draft, context()) == 1.0


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.floats(0.01, 1))
def test_a_share_is_a_share_and_the_check_is_its_threshold(draft: str, least: float) -> None:
    share = lowest_share(draft, context())
    assert 0 <= share <= 1
    found = check(draft, context(least)).findings
    assert any(f.check == "borne" for f in found) == (share < least) or any(f.check in ("empty", "size") for f in found)


def test_a_sentence_with_a_low_score_is_refused_and_one_without_a_score_is_not_judged() -> None:
    of = context(0.0, entailed={QUOTED: 0.9, INVENTED: 0.2}, least_entailed=0.5)
    assert spoke(f"{QUOTED} {INVENTED}", of) == [("entailed", INVENTED)]
    assert spoke("The ferry leaves at noon.", of) == []
    assert spoke(INVENTED, replace(of, least_entailed=0.1)) == []


def test_what_is_asked_of_a_model_are_the_claims_as_they_would_be_sent() -> None:
    own = "Which day would you like to come?"
    draft = f"**{QUOTED}** {own} Shall I ask? Yes. {INVENTED}"
    assert asserted(draft, context(own=(own,))) == (QUOTED, INVENTED)
    assert len(asserted(" ".join(f"The keeper number {n} left in {1900 + n}." for n in range(40)), context())) == 12


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "Did the last keepers leave the lighthouse in 1959?"),
        ("en", "Would a painted portrait of the gallery suit you, or rather the cottage?!"),
        ("ru", "Сколько кораблей проходило мимо старого маяка в 1871 году?"),
        ("kk", "Ескі маяк 1871 жылы қанша кемеге жол көрсетті?"),
    ],
)
def test_no_question_is_asked_of_a_model_however_long(language: Language, question: str) -> None:
    of = context(language=language)
    assert asserted(question, of) == ()
    assert asserted(f"{QUOTED} {question} {INVENTED}", of) == (QUOTED, INVENTED)
    assert len(asserted(question.rstrip("?!") + ".", of)) == 1, "which is no question"


def test_a_sentence_is_read_with_what_shares_most_words_with_it() -> None:
    far = tuple(Section(f"s{n}", f"Nothing about number {n}.", "c", language="en") for n in range(5))
    found = premises("The ferry leaves the pier at noon.", (*far, LIGHTHOUSE, FERRY), context())
    assert found[0] == FERRY.text and len(found) == 2
    talked = context(earlier=("We open at nine.",), customer=("When does the ferry leave?",))
    assert premises("The ferry leaves at noon.", (FERRY,), talked)[-1] == "We open at nine.\nWhen does the ferry leave?"
