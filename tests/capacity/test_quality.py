"""A model that writes badly rests, whoever provokes it does not make it, and good probes bring it back."""

from app.capacity.quality import Quality, Word


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def quality(clock: Clock | None = None) -> Quality:
    return Quality(20, 0.5, 600, clock or Clock())


def rested(clock: Clock) -> Quality:
    found = quality(clock)
    for number in range(11):
        found.judged(number, "untrue", ("amount",))
    assert found.resting
    return found


def test_it_rests_when_more_than_half_of_the_last_drafts_are_untrue() -> None:
    found = quality()
    for number in range(20):
        found.judged(("good", number), "good")
    for number in range(10):
        found.judged(number, "untrue", ("amount",))
        assert not found.resting
    found.judged("one more", "untrue", ("bare", "amount"))
    assert found.resting and not found.may_speak("anybody")
    assert found.faults() == (20, 11, {"amount": 11, "bare": 1})


def test_one_that_does_not_answer_counts_half() -> None:
    found = quality()
    for number in range(20):
        found.judged(number, "incomplete", ("bare",))
    assert not found.resting, "ten of twenty are not more than half"
    found.judged("untrue", "untrue", ())
    assert found.resting


def test_a_few_drafts_make_no_judgement() -> None:
    found = quality()
    for number in range(10):
        found.judged(number, "untrue")
    assert not found.resting


def test_one_conversation_counts_three_times_at_most() -> None:
    found = quality()
    for _ in range(100):
        found.judged("the one who provokes", "untrue", ("amount",))
    assert not found.resting and found.faults()[0] == 3


def test_a_share_of_one_never_rests() -> None:
    found = Quality(20, 1.0, 600, Clock())
    for number in range(100):
        found.judged(number, "untrue")
    assert not found.resting


def test_one_probe_at_a_time_and_three_good_ones_bring_it_back() -> None:
    clock = Clock()
    found = rested(clock)
    clock.now = 599
    assert not found.may_speak("a")
    clock.now = 600
    for number in range(3):
        assert found.resting
        assert found.may_speak(number) and not found.may_speak("meanwhile")
        found.judged(number, "good")
    assert not found.resting and found.may_speak("anybody") and found.may_speak("another")
    assert found.faults()[0] == 0, "it begins anew"


def test_a_bad_probe_lets_it_rest_again_and_its_customer_is_not_the_next() -> None:
    clock = Clock()
    found = rested(clock)
    clock.now = 600
    assert found.may_speak("provokes")
    found.judged("provokes", "incomplete", ("bare",))
    clock.now = 1199
    assert not found.may_speak("another")
    clock.now = 1200
    assert not found.may_speak("provokes") and found.may_speak("another")
    found.abandoned()
    clock.now = 1800
    assert found.may_speak("provokes"), "where nobody else comes, it is his turn again"


def test_good_probes_count_only_in_a_row_and_anew_in_each_rest() -> None:
    clock = Clock()
    found = rested(clock)

    def probes(*words: Word) -> None:
        for word in words:
            clock.now += 1300
            assert found.may_speak(("somebody", clock.now))
            found.judged(("somebody", clock.now), word, ("amount",) if word == "untrue" else ())

    probes("good", "good", "untrue", "good", "good")
    assert found.resting, "never three in a row"
    probes("good")
    assert not found.resting
    for number in range(11):
        found.judged(("again", number), "untrue", ("amount",))
    probes("good", "good")
    assert found.resting, "a new rest asks for three of its own"


def test_a_probe_whose_caller_left_is_made_again_and_one_that_is_lost_is_not_waited_for_for_ever() -> None:
    clock = Clock()
    found = rested(clock)
    clock.now = 600
    assert found.may_speak("leaves")
    found.abandoned()
    assert found.may_speak("lost") and not found.may_speak("next")
    clock.now = 800
    assert found.may_speak("next")


def test_a_draft_from_before_the_rest_is_no_probe() -> None:
    found = rested(Clock())
    found.judged("late", "good")
    assert found.resting
