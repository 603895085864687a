"""A prompt that was refused as too long: what is left out of it, in which order, and what never is."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.prompt import PromptBuilder, TokenCounter, Wrong, corrected, shorter
from app.types import Deciding, Prompt
from tests.prompt.test_prompt import SECRET, build, conversation, passage

PASSAGES = tuple(passage(name, f"{name}: " + "Терминал стоит 129 000 ₸. " * 4) for name in ("first", "second", "third"))
DECIDED = (Deciding("sum", "Вместе выходит 258 000 ₸."),)
PROMPT: Prompt = build(conversation(6), "сколько за два?", passages=PASSAGES, deciding=DECIDED)


def tokens_of(prompt: Prompt, each: float = 1.0) -> int:
    """What a server counts, whose vocabulary makes so many tokens of one of ours."""
    count = TokenCounter(each).count_message
    return count(prompt.system) + sum(count(message.content) for message in prompt.messages)


def shown(prompt: Prompt) -> list[str]:
    newest = prompt.messages[-prompt.newest].content
    return [each.section.id for each in PASSAGES if f"{each.section.id}:" in newest]


def test_history_goes_first_the_oldest_of_it() -> None:
    all_of_it = tokens_of(PROMPT)
    less = shorter(PROMPT, all_of_it, all_of_it - 40)
    assert less.left_out == "history"
    assert less.prompt is not None
    assert less.prompt.messages == PROMPT.messages[-len(less.prompt.messages) :]
    assert 1 < len(less.prompt.messages) < len(PROMPT.messages)
    assert less.prompt.messages[0].role == "user"
    assert less.prompt.system == PROMPT.system


def test_then_the_passages_the_last_of_their_rank_before_the_others() -> None:
    bare = tokens_of(replace(PROMPT, messages=PROMPT.messages[-1:]))
    found = [shorter(PROMPT, tokens_of(PROMPT), room) for room in range(bare + 20, bare - 200, -20)]
    said = [shown(each.prompt) for each in found if each.prompt is not None]
    assert said == sorted(said, key=len, reverse=True)
    assert {tuple(names) for names in said} >= {("first", "second"), ("first",), ()}
    assert all(names == ["first", "second", "third"][: len(names)] for names in said)


def test_what_decides_and_what_the_customer_wrote_stay_whole_or_nothing_is_asked() -> None:
    for room in range(tokens_of(PROMPT), 0, -50):
        less = shorter(PROMPT, tokens_of(PROMPT), room).prompt
        if less is not None:
            newest = less.messages[-1].content
            assert less.system == PROMPT.system
            assert all(word in newest for word in ("258 000", "сколько за два?", "Сколько у вас касс?"))
    assert shorter(PROMPT, tokens_of(PROMPT), 60) == shorter(PROMPT, tokens_of(PROMPT), 10)
    assert shorter(PROMPT, tokens_of(PROMPT), 10).left_out == "nothing"


def test_of_a_correction_the_draft_and_the_demand_stay() -> None:
    again = corrected(PROMPT, "Терминал стоит 1 ₸.", [Wrong("amount", "", "1 ₸")])
    bare = tokens_of(replace(again, messages=again.messages[-3:]))
    less = shorter(again, tokens_of(again), bare - 40)
    assert less.left_out == "passages"
    assert less.prompt is not None
    assert less.prompt.messages[1:] == again.messages[-2:]
    assert len(shown(less.prompt)) < 3


@settings(deadline=None, max_examples=60)
@given(each=st.floats(0.6, 3.5), room=st.integers(100, 3000), turns=st.integers(0, 12))
def test_whatever_the_vocabulary_it_fits_then_or_is_none(each: float, room: int, turns: int) -> None:
    prompt = build(conversation(turns), "сколько за два?", passages=PASSAGES, deciding=DECIDED)
    counted = tokens_of(prompt, each)
    less = shorter(prompt, counted, room).prompt
    if less is not None:
        assert tokens_of(less, each) <= room
        assert less.tokens == pytest.approx(tokens_of(less, each), rel=0.03)
        assert less.fresh <= less.tokens


def test_the_count_learns_at_once_from_what_was_refused_and_not_of_rare_letters() -> None:
    counter = TokenCounter()
    builder = PromptBuilder(counter, secret=SECRET)
    prompt = build(conversation(2), builder=builder)
    builder.refused(replace(prompt, usual=False), round(2.3 * prompt.tokens))
    assert builder.factor == 1.0
    builder.refused(prompt, round(2.3 * prompt.tokens))
    assert builder.factor == pytest.approx(2.3, rel=0.01)
    assert tokens_of(build(conversation(2), builder=builder)) <= prompt.tokens
