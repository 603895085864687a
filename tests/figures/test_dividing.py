"""Main offers that are for some of the places each: their counts are their own, whatever else was told."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.turn.test_wanted_over_turns import basket

PLANS = {"Рост": "tarif rost", "Старт": "tarif start", "Сеть": "tarif set"}
_rows = st.lists(
    st.tuples(st.sampled_from(sorted(PLANS)), st.integers(1, 9)), min_size=2, max_size=3, unique_by=lambda r: r[0]
)


@settings(deadline=None)  # the shop is read in the first run
@given(_rows, st.sampled_from(["{n} на {name}", "{name} — {n}", "{name} на {n}", "{n} тарифов {name}"]), st.booleans())
def test_every_plan_has_its_own_count(rows: list[tuple[str, int]], form: str, told: bool) -> None:
    said = ", ".join(form.format(name=name, n=n) for name, n in rows)
    total = sum(n for _, n in rows)
    now = basket(f"{f'магазинов {total}: ' if told else ''}{said}. Сколько всего в месяц?")
    assert dict(now.split) == {PLANS[name]: Decimal(n) for name, n in rows}
    assert dict(now.told)["магазин"] == total
