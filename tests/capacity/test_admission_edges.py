"""Who is let in, to the second: each figure of the prediction by itself, in a time that costs none."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from app.capacity.admission import Admission, Ticket, _Rate
from app.capacity.pace import Call, Pace, gain
from app.deadline import Deadline
from app.errors import Overloaded
from tests.virtual import VirtualTime

Play = Callable[[Awaitable[None]], None]


@pytest.fixture
def virtually(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        clock = SimpleNamespace(monotonic=runner.get_loop().time)
        monkeypatch.setattr("app.capacity.admission.time", clock)
        monkeypatch.setattr("app.deadline.time", clock)
        yield runner.run


def pace(service_s: float, late_s: float = 0.0) -> Pace:
    """Every turn takes exactly `service_s`; one in fifty ends `late_s` later."""
    made = Pace(1e9, 1 / service_s, fresh=0, answer=1, curve=(1, 2, 3, 4, 5, 6, 7, 8), spread=0)
    made.late_s = late_s
    return made


async def fill(stack: AsyncExitStack, admission: Admission, count: int, bot: str = "shop") -> list[Ticket]:
    """So many turns at work."""
    tickets = []
    for number in range(count):
        ticket = stack.enter_context(admission.ticket(bot, f"{bot} {number}", Deadline.after(1e6)))
        await stack.enter_async_context(ticket.place(lambda _: None))
        tickets.append(ticket)
    return tickets


def refused(admission: Admission, within: float, bot: str = "shop", conversation: object = "new") -> Overloaded | None:
    with admission.ticket(bot, conversation, Deadline.after(within)) as ticket:
        try:
            ticket.reserve()
        except Overloaded as error:
            return error
        return None


def test_a_turn_that_ends_at_its_deadline_is_let_in_and_one_that_is_a_second_late_is_not(virtually: Any) -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            admission = Admission(1, 100, pace(10.0))
            await fill(stack, admission, 1)
            assert refused(admission, 20.0) is None, "ten seconds to wait, ten to work"
            error = refused(admission, 19.0)
            assert error is not None
            assert (error.reason, error.retry_after) == ("deadline", 1)
            error = refused(admission, 19.9)
            assert error is not None
            assert error.retry_after == 1, "whole seconds, never none"
            error = refused(admission, 3.0)
            assert error is not None
            assert error.retry_after == 17, "by so much it would have been late"

    virtually(play())


@pytest.mark.parametrize("late_s", [0.0, 3.0])
def test_what_one_in_fifty_takes_longer_is_reckoned_by_the_root_of_the_turns_ahead(
    virtually: Any, late_s: float
) -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            admission = Admission(1, 100, pace(10.0, late_s))
            await fill(stack, admission, 1)
            waiting = [stack.enter_context(admission.ticket("shop", n, Deadline.after(1e6))) for n in range(3)]
            for ticket in waiting:
                ticket.reserve()
            needs = 40.0 + 10.0 + late_s * math.sqrt(4)  # one at work, three ahead: four guesses one after another
            assert refused(admission, needs + 0.01) is None
            assert refused(admission, needs - 0.01) is not None

    virtually(play())


@pytest.mark.parametrize(
    ("within", "late_s", "others", "spared"),
    [
        (12.0, 0.0, 0, True), (11.9, 0.0, 0, False), (15.0, 3.0, 0, True), (14.9, 3.0, 0, False),
        (15.0, 3.0, 1, True), (14.9, 3.0, 1, False),
    ],
)  # fmt: skip
def test_a_turn_at_work_may_take_longer_where_it_would_end_in_time_as_surely_as_it_was_let_in(
    virtually: Any, within: float, late_s: float, others: int, spared: bool
) -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            admission = Admission(2, 100, pace(10.0, late_s))
            await fill(stack, admission, others)
            ticket = stack.enter_context(admission.ticket("shop", "asking", Deadline.after(within)))
            await stack.enter_async_context(ticket.place(lambda _: None))
            assert ticket.spares(2.0) is spared, "two seconds more, ten to work, and what one in fifty takes longer"

    virtually(play())


@pytest.mark.parametrize("most", [0, 1, 3])
def test_so_many_wait_and_not_one_more(virtually: Any, most: int) -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            admission = Admission(2, most, pace(0.001))
            await fill(stack, admission, 1)
            assert refused(admission, 1e6) is None, "a place is free: nobody waits"
            await fill(stack, admission, 1, "other")
            for number in range(most):
                stack.enter_context(admission.ticket("shop", number, Deadline.after(1e6))).reserve()
            assert admission.waiting == most
            error = refused(admission, 1e6)
            assert error is not None
            assert (error.reason, error.retry_after) == ("queue_full", 1)
            assert str(error) == "too many conversations at once; try again shortly"

    virtually(play())


def test_who_works_longer_than_expected_is_thought_to_need_a_twentieth_still(virtually: Any) -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            admission = Admission(1, 100, pace(10.0))
            await fill(stack, admission, 1)
            assert admission.predicted_wait("shop") == pytest.approx(10)
            await asyncio.sleep(6)
            assert admission.predicted_wait("shop") == pytest.approx(4)
            await asyncio.sleep(60)
            assert admission.predicted_wait("shop") == pytest.approx(0.5)

    virtually(play())


def test_a_second_message_is_reckoned_behind_the_first_of_its_conversation(virtually: Any) -> None:
    async def play() -> None:
        admission = Admission(4, 100, pace(10.0))
        with admission.ticket("shop", "anna", Deadline.after(100)) as first:
            first.reserve()
            assert admission.predicted_wait("shop", "anna") == pytest.approx(10)
            assert admission.predicted_wait("shop", "oleg") == 0, "three places are free"
            assert refused(admission, 19.0, conversation="anna") is not None
            assert refused(admission, 20.5, conversation="anna") is None
        assert admission.predicted_wait("shop", "anna") == 0, "it is over"

    virtually(play())


def test_a_third_message_is_reckoned_behind_the_second_though_the_first_has_been_answered(virtually: Any) -> None:
    async def play() -> None:
        admission = Admission(4, 100, pace(10.0))
        with admission.ticket("shop", "anna", Deadline.after(100)) as second:
            with admission.ticket("shop", "anna", Deadline.after(100)) as first:
                async with first.place(lambda _: None):
                    second.reserve()
            async with second.place(lambda _: None):
                assert admission.predicted_wait("shop", "anna") == pytest.approx(10), "the second is at work"
                assert admission.predicted_wait("shop", "oleg") == 0, "three places are free"
                assert refused(admission, 19.0, conversation="anna") is not None
        assert admission.predicted_wait("shop", "anna") == 0, "it is over"

    virtually(play())


def test_a_bot_that_sends_much_is_reckoned_with_what_it_is_likely_to_send(virtually: Any) -> None:
    async def play() -> None:
        async with AsyncExitStack() as stack:
            admission = Admission(1, 1000, pace(10.0), window_s=30.0)
            await fill(stack, admission, 1)
            alone = admission.predicted_wait("shop")
            for number in range(6):  # another bot: six at once wait, and more will come
                stack.enter_context(admission.ticket("loud", number, Deadline.after(1e6))).reserve()
            own = [stack.enter_context(admission.ticket("shop", n, Deadline.after(1e6))) for n in range(2)]
            for ticket in own:
                ticket.reserve()
            assert alone == pytest.approx(10)
            # Two of its own ahead, and each time the other bot's turn: not all six of them.
            assert 40 <= admission.predicted_wait("shop") <= 61

    virtually(play())


def test_the_rate_of_a_bot_is_halved_by_every_window_and_not_guessed_from_a_moment(virtually: Any) -> None:
    async def play() -> None:
        rate = _Rate(30.0)
        rate.arrived()
        assert rate.now() < 0.2, "one arrival is no stream of one a second"
        for _ in range(600):
            await asyncio.sleep(0.5)
            rate.arrived()
        assert rate.now() == pytest.approx(2.0, rel=0.05)
        await asyncio.sleep(30)
        assert rate.now() == pytest.approx(1.0, rel=0.05)
        await asyncio.sleep(30)
        assert rate.now() == pytest.approx(0.5, rel=0.05)

    virtually(play())
    assert Admission(1, 1)._window_s == 30


def test_what_a_turn_waited_is_told_and_what_it_took_is_learnt(virtually: Any) -> None:
    async def play() -> None:
        admission = Admission(1, 10, Pace())
        learnt: list[tuple[str, Any]] = []
        admission.pace.finished = lambda *took: learnt.append(("finished", took))  # type: ignore[method-assign]
        admission.pace.came = lambda late_s: learnt.append(("came", late_s))  # type: ignore[method-assign]
        waited: list[float] = []

        async def one(seconds: float, model_s: float) -> None:
            with admission.ticket("shop", seconds, Deadline.after(100)) as ticket:
                async with ticket.place(waited.append):
                    ticket.model_s = model_s
                    await asyncio.sleep(seconds)

        await asyncio.gather(one(7, 5), one(3, 2), one(2, 1))
        assert waited == [0, 7, 10]
        assert [each[1] for each in learnt if each[0] == "finished"] == [(7, 5), (3, 2), (2, 1)]
        first, second, third = (each[1] for each in learnt if each[0] == "came")
        assert first == pytest.approx(7), "it was forecast to be over at once"
        assert second == pytest.approx(10)
        assert third == pytest.approx(12 / math.sqrt(2)), "one turn ahead: the error of two guesses"

    virtually(play())


def test_a_turn_that_fails_teaches_nothing_and_gives_its_place_back(virtually: Any) -> None:
    async def play() -> None:
        admission = Admission(1, 10, Pace())
        with pytest.raises(KeyError), admission.ticket("shop", 1, Deadline.after(9)) as ticket:
            async with ticket.place(lambda _: None):
                await asyncio.sleep(5)
                raise KeyError
        assert (admission.running, admission.waiting, admission.pace.overhead_s) == (0, 0, 0.0)

    virtually(play())


def test_bots_that_wait_have_their_turns_one_after_the_other(virtually: Any) -> None:
    async def play() -> None:
        admission = Admission(1, 100, pace(1.0))
        done: list[str] = []

        async def one(bot: str, number: int) -> None:
            with admission.ticket(bot, (bot, number), Deadline.after(1e6)) as ticket:
                async with ticket.place(lambda _: None):
                    await asyncio.sleep(1)
            done.append(f"{bot}{number}")

        order = ["a0", "a1", "a2", "a3", "b0", "b1", "c0"]
        await asyncio.gather(*(one(each[0], int(each[1])) for each in order))
        assert done == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]

    virtually(play())


# The pace


@pytest.mark.parametrize(
    ("streams", "gained"),
    [(0, 1.0), (1, 1.0), (1.5, 1.375), (2, 1.75), (3, 2.3), (3.5, 2.525), (4, 2.75), (4.5, 2.75), (64, 2.75)],
)
def test_what_streams_gain_together_is_what_was_measured(streams: float, gained: float) -> None:
    assert gain(streams) == pytest.approx(gained)
    assert gain(streams, (1.0,)) == 1.0


def test_a_pace_begins_with_a_guess_of_how_late_turns_may_be() -> None:
    guess = Pace(900, 23.5, fresh=900, answer=160)
    whole = guess.service_s(4)
    assert guess.late_s == pytest.approx(2.05 * 0.3 * whole, rel=0.1), "one in fifty of what varies by a third"
    assert Pace(900, 23.5, fresh=900, answer=160, spread=0.6).late_s == pytest.approx(2 * guess.late_s, rel=0.01)
    assert Pace().late_s == pytest.approx(0, abs=1e-6)


def test_a_pace_without_a_model_is_overhead_alone() -> None:
    plain = Pace()
    plain.finished(2.0, 0.0)
    assert plain.service_s(1) == plain.service_s(4) == pytest.approx(0.2)
    plain.finished(1.0, 5.0)  # a clock that was read in between: never less than nothing
    assert plain.overhead_s == pytest.approx(0.18)


def test_a_tenth_of_what_was_seen_last_is_learnt() -> None:
    learning = Pace(900, 20, fresh=400, answer=100)
    learning.called(Call(fresh=500, prefill_s=1.0, answer=200, decode_s=5.0, streams=1))
    assert (learning.fresh, learning.answer) == (410, 110)
    assert (learning.prefill_tps, learning.decode_tps) == (860, 22)


def test_a_call_that_says_nothing_of_a_speed_teaches_none() -> None:
    learning = Pace(900, 20, fresh=400, answer=100)
    learning.called(Call(fresh=0, prefill_s=1.0, answer=1, decode_s=5.0, streams=1))
    learning.called(Call(fresh=10, prefill_s=0.0, answer=10, decode_s=0.0, streams=1))
    assert (learning.prefill_tps, learning.decode_tps) == (900, 20)
    learning.called(Call(fresh=1, prefill_s=0.001, answer=2, decode_s=0.05, streams=1))
    assert learning.prefill_tps == pytest.approx(910)
    assert learning.decode_tps == pytest.approx(22)


def test_how_late_turns_are_is_that_of_the_fourth_latest_of_a_hundred_and_fifty() -> None:
    learning = Pace()
    for _ in range(150):
        learning.came(-5.0)
    assert learning.late_s == 0, "never less than nothing"
    for late in (9.0, 8.0, 7.0):
        learning.came(late)
    assert learning.late_s == 0
    learning.came(6.0)
    assert learning.late_s == 6
    for _ in range(149):
        learning.came(1.0)
    assert learning.late_s == 1, "the last of the latest has left"
