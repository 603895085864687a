"""Numbers, money, durations and times as people write them: the phrases of the tables, and laws for any text."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import language
from app.language.durations import Duration, durations
from app.language.moments.moments import moments
from app.language.money import Money, money
from app.language.numerals import Number, numbers
from app.language.quantities.reading import read
from app.language.quantities.unit_words import unit_words
from app.language.quantities.words import LANGUAGES, book
from app.language.times import Time, times
from tests.thrift import most, parsed

AT = datetime(2026, 3, 11, 14, 20, tzinfo=ZoneInfo("Asia/Almaty"))
SECTIONS = ("numerals", "suffixes", "marks", "money", "cents", "units", "times")
FOUR: tuple[Callable[[str], tuple[Any, ...]], ...] = (numbers, money, durations, lambda text: times(text, AT))


def phrases(name: str) -> list[Any]:
    rows = parsed((Path(__file__).parent / f"{name}.yaml").read_text("utf-8"))
    return [pytest.param(row["text"], row["found"], id=row["text"]) for row in rows]


def value(said: Any) -> tuple[Decimal, Decimal | None]:
    low, high = said if isinstance(said, list) else (said, None)
    return Decimal(str(low)), None if high is None else Decimal(str(high))


def rounded(low: Decimal, high: Decimal | None) -> tuple[Decimal, Decimal | None]:
    return round(low, 4), None if high is None else round(high, 4)


@pytest.mark.parametrize(("text", "said"), phrases("numbers"))
def test_numbers(text: str, said: list[dict[str, Any]]) -> None:
    found = [
        (text[n.start : n.end], *rounded(n.value, n.high), n.kind, n.bound)
        for n in numbers(text)
    ]  # fmt: skip
    assert found == [
        (str(one["of"]), *rounded(*value(one["is"])), one.get("kind", "cardinal"), one.get("bound", "exact"))
        for one in said
    ]


@pytest.mark.parametrize(("text", "said"), phrases("money"))
def test_money(text: str, said: list[dict[str, Any]]) -> None:
    found = [(text[m.start : m.end], m.amount, m.high, m.currency, m.bound) for m in money(text)]
    assert found == [(str(one["of"]), *value(one["is"]), one["in"], one.get("bound", "exact")) for one in said]


@pytest.mark.parametrize(("text", "said"), phrases("durations"))
def test_durations(text: str, said: list[dict[str, Any]]) -> None:
    def seconds(one: dict[str, Any]) -> tuple[Decimal, Decimal | None]:
        low, high = value(one["is"])
        size = unit_words().seconds[one.get("as", one["in"])]
        return low * size, None if high is None else high * size

    found = [(text[d.start : d.end], d.seconds, d.high, d.unit, d.bound) for d in durations(text)]
    assert found == [(one["of"], *seconds(one), one["in"], one.get("bound", "exact")) for one in said]


@pytest.mark.parametrize(("text", "said"), phrases("times"))
def test_times(text: str, said: list[dict[str, Any]]) -> None:
    def local(when: Any) -> datetime:
        return datetime.fromisoformat(str(when)).replace(tzinfo=AT.tzinfo)

    found = [(text[t.start : t.end], t.from_, t.to, t.grain) for t in times(text, AT)]
    assert found == [(one["of"], local(one["from"]), local(one["to"]), one["grain"]) for one in said]


@pytest.mark.parametrize(
    ("read", "text", "begins"),
    [
        ("2026-03-29T00:30", "in 3 hours", "2026-03-29T04:30"),
        ("2026-10-25T00:30", "через 3 часа", "2026-10-25T02:30"),
        ("2026-03-29T05:30", "за последние 3 часа", "2026-03-29T01:30"),
    ],
)
def test_hours_are_as_long_where_the_clocks_change(read: str, text: str, begins: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    (found,) = times(text, datetime.fromisoformat(read).replace(tzinfo=berlin))
    assert found.from_ == datetime.fromisoformat(begins).replace(tzinfo=berlin)


@pytest.mark.parametrize(
    ("day", "later"), [("2026-01-31", "2026-02-28"), ("2026-03-30", "2026-04-30"), ("2026-05-31", "2026-06-30")]
)
def test_a_month_later_is_the_same_day_or_the_months_last(day: str, later: str) -> None:
    (found,) = times("через месяц", datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=AT.tzinfo))
    assert found.from_ == datetime.fromisoformat(later).replace(tzinfo=AT.tzinfo)


def words() -> list[str]:
    """Every word of the data, stems without their endings."""

    def leaves(page: Any) -> list[str]:
        if isinstance(page, dict):
            return [leaf for each in page.values() for leaf in leaves(each)]
        if isinstance(page, list):
            return [leaf for each in page for leaf in leaves(each)]
        return str(page).split()

    found = [leaf for page in LANGUAGES for name in SECTIONS for leaf in leaves(book().section(name, page))]
    return sorted({leaf.partition("+")[0].replace("_", " ") for leaf in found})


PIECES = st.one_of(
    st.sampled_from(words()),
    st.integers(0, 10**13).map(str),
    st.integers(0, 31).map(str),
    st.sampled_from(
        "- – + . , : / ( ) % $ ₸ \n № # @ _ x 5️⃣ 🔟 ½ -го -х 18.02 18:30 1.5 1/2 99999999999999999999 ٣ ² 🎉".split(" ")
    ),
    st.text(max_size=4),
)
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from(["", " ", " ", " ", "  ", "\n"])), max_size=14).map(
    lambda rows: "".join(piece + gap for piece, gap in rows)
)


@settings(max_examples=most(200), deadline=None)
@given(st.one_of(TEXTS, st.text()))
def test_spans_lie_in_the_text_in_order_and_apart(text: str) -> None:
    for read_off in FOUR:
        end = 0
        for one in read_off(text):
            assert end <= one.start < one.end <= len(text)
            assert text[one.start : one.end].strip() == text[one.start : one.end]
            end = one.end


@settings(max_examples=most(100), deadline=None)
@given(TEXTS)
def test_a_range_has_its_lower_end_first(text: str) -> None:
    for number in numbers(text):
        assert number.high is None or number.value < number.high
        assert (number.kind == "fraction") == (number.value % 1 != 0 or (number.high or 0) % 1 != 0) or (
            number.kind == "ordinal"
        )
    for each in money(text):
        assert each.high is None or each.amount < each.high
    for length in durations(text):
        assert length.seconds >= 0 and (length.high is None or length.seconds < length.high)


@settings(max_examples=most(200), deadline=None)
@given(
    TEXTS, st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.sampled_from(["Asia/Almaty", "Europe/Berlin"])
)
def test_a_time_begins_before_it_ends_in_the_zone_of_the_reader(text: str, moment: datetime, zone: str) -> None:
    at = moment.replace(tzinfo=ZoneInfo(zone))
    for when in times(text, at):
        assert when.from_ < when.to
        assert when.from_.tzinfo is at.tzinfo


@settings(max_examples=most(100), deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([" ", "\u00a0", "'"]))
def test_groups_of_thousands_say_the_same_number(number: int, mark: str) -> None:
    assert [n.value for n in numbers(f"всего {number:,} строк".replace(",", mark))] == [number]


@settings(max_examples=most(100), deadline=None)
@given(st.integers(0, 23), st.integers(0, 59))
def test_a_clock_of_four_digits_is_that_time_of_the_clock(hour: int, minute: int) -> None:
    (when,) = times(f"завтра в {hour:02}:{minute:02}", AT)
    assert (when.from_.hour, when.from_.minute) == (hour, minute)
    assert when.from_.date() == AT.date() + timedelta(1)


@settings(max_examples=most(60), deadline=None)
@given(
    st.integers(1, 23), st.integers(1, 59), st.sampled_from(["{}ч {}м", "{} ч. {} мин", "{} сағат {} минут", "{}h {}m"])
)
def test_a_length_in_two_units_is_their_sum(hours: int, minutes: int, form: str) -> None:
    (length,) = durations(form.format(hours, minutes))
    assert (length.seconds, length.unit) == (3600 * hours + 60 * minutes, "minute")


@settings(max_examples=most(60), deadline=None)
@given(
    st.integers(0, 6),
    st.integers(8, 22),
    st.sampled_from(["{} с {} до {}", "{} {}-нан {}-ге дейін", "{} from {} to {}"]),
)
def test_a_day_and_a_range_of_hours_are_one_time_with_both_ends(ahead: int, hour: int, form: str) -> None:
    day = AT.date() + timedelta(ahead)
    (when,) = times(form.format(f"{day:%d.%m.%Y}", hour, hour + 1), AT)
    assert (when.from_.date(), when.from_.hour, when.to - when.from_) == (day, hour, timedelta(hours=1))


@settings(max_examples=most(60), deadline=None)
@given(st.integers(0, 6), st.integers(0, 23), st.integers(0, 59))
def test_a_weekday_with_a_clock_lies_ahead_within_a_week(day: int, hour: int, minute: int) -> None:
    name = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье")[day]
    (when,) = times(f"в {name} в {hour:02}:{minute:02}", AT)
    assert when.from_.weekday() == day
    assert AT <= when.from_ < AT + timedelta(7)


@settings(max_examples=most(60), deadline=None)
@given(st.dates(AT.date(), AT.date() + timedelta(5000)))
def test_a_whole_date_is_that_day(day: Any) -> None:
    for text in (f"{day:%d.%m.%Y}", f"{day:%Y-%m-%d}"):
        (when,) = times(text, AT)
        assert (when.from_.date(), when.to.date()) == (day, day + timedelta(1))


@pytest.mark.parametrize(
    "piece",
    ["1 ", "1", "1,", "1-", "12:30 ", "1/2 ", "двадцать ", "тысяч ", "в ", "до ", "с 5 ", "пять-", "5 тг ", "+7 701 ",
     "сағат он ", "5️⃣", "a ", "час и ", "last 3 ", "5 марта ", "двенаццать ", "👍", "\ud800", "\x00",
     "час двадцать ", "2ч 15м ", "по пн и ", "каждый ", "торт стол ", "с 9 до 11 ", "9-дан 11-ге дейін ", "завтра где-то "],
)  # fmt: skip
def test_time_grows_with_the_text(piece: str) -> None:
    def seconds(length: int) -> float:
        best = []
        for _ in range(2):
            read.cache_clear(), moments.cache_clear()
            text, begin = (piece * length)[:length], time.process_time()
            for read_off in FOUR:
                read_off(text)
            best.append(time.process_time() - begin)
        return min(best)

    assert seconds(2000) < 8 * seconds(500) + 0.05


def test_the_words_of_a_language_are_data() -> None:
    app = Path(language.__file__).parent
    public = [app / f"{name}.py" for name in ("numerals", "money", "durations", "times")]
    for path in [*public, *(app / "quantities").glob("*.py"), *(app / "moments").glob("*.py")]:
        assert not [letter for letter in path.read_text("utf-8") if "\u0400" <= letter <= "\u04ff"], path.name


def test_what_is_found_is_frozen() -> None:
    for kind in (Number, Money, Duration, Time):
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
