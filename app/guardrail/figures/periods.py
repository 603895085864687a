"""Gives every amount of money its period («в месяц») and its unit («за магазин») from the words around it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from app.guardrail.figures.figure import Figure
from app.guardrail.figures.units import paid_for
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text, covered

_LISTS = Lists("app.guardrail.figures", "periods.yaml")
_OF = _LISTS.row("of")
_ONTO = _LISTS.word("onto")
_WITHIN = _LISTS.word("within")
_A, _AHEAD = _LISTS.word("a"), _LISTS.words("ahead")
_NOUNS = _LISTS.table("nouns")
_LEADS = _LISTS.words("leads")
_BETWEEN = _LISTS.words("between")
_ADJECTIVES = _LISTS.rows("beginnings")
_BEGINNINGS = tuple(beginning for row in _ADJECTIVES.values() for beginning in row)
_WORDS = _LISTS.table("whole")
_PAIRS = {
    (words[0], words[1]): name for words, name in ((pair.split(), name) for pair, name in _LISTS.table("pairs").items())
}


_SECOND = frozenset((*(second for _, second in _PAIRS), "time"))
"""Words that may end a pair."""


def attach(text: Text, found: list[Figure]) -> tuple[Figure, ...]:
    """The same figures with period, unit and count of every amount of money; durations used as periods fall away."""
    money = [i for i, f in enumerate(found) if f.kind == "money" or (f.kind == "bare" and f.value >= 10)]
    if not money:
        return tuple(found)
    periods = periods_of(text)
    chosen = _choose(text, found, money, periods)
    units = paid_for(text, found, money)
    result = []
    used = covered(periods[p][:2] for p, weak in chosen.values() if p is not None and not weak)
    all_periods = covered(p[:2] for p in periods)
    sentences = {found[i].sentence for i in money if found[i].kind == "money"}
    for i, figure in enumerate(found):
        if i in chosen or i in units:
            place, weak = chosen.get(i, (None, False))
            unit, times, each = units.get(i, (None, 0, False))
            period = periods[place][2] if place is not None else None
            result.append(replace(figure, period=period, weak_period=weak, unit=unit, times=times, each=each))
        elif (
            figure.kind == "duration"
            and figure.implied
            and (figure.start in used or (figure.sentence in sentences and figure.start in all_periods))
        ):
            continue
        else:
            result.append(figure)
    return tuple(result)


def periods_of(text: Text) -> list[tuple[int, int, str]]:
    """(start, end, period) of every word that says how often something is paid, in order."""
    found: list[tuple[int, int, str]] = []
    tokens = text.tokens
    telling = {word for word in text.vocabulary if _tells(word)}
    for i, token in enumerate(tokens) if telling else ():
        if token.text not in telling:
            continue
        name = _NOUNS.get(token.text)
        before = tokens[i - 1].text if i else ""
        if name is not None:
            j = i - 1
            while j >= 0 and i - j < 3 and tokens[j].text in _BETWEEN and tokens[j].text not in _LEADS:
                j -= 1
            paid = j >= 0 and tokens[j].text in _LEADS and not (name == "hour" and tokens[j].text == _ONTO)
            paid = paid and not (tokens[j].text == _A and i + 1 < len(tokens) and tokens[i + 1].text in _AHEAD)
            if paid and not (name == "day" and tokens[j].text == _WITHIN and _is_day_of(tokens, j, i)):
                found.append((tokens[j].start, token.end, name))
            continue
        name = _WORDS.get(token.text)
        if name is None and token.text.startswith(_BEGINNINGS):
            name = next(n for n, row in _ADJECTIVES.items() if token.text.startswith(row))
        if name is not None:
            found.append((token.start, token.end, name))
            continue
        name = _PAIRS.get((before, token.text)) or ("once" if token.text in ("time",) and before == "-" else None)
        following = tokens[i + 1].text if i + 1 < len(tokens) else ""
        if name is not None and not (name == "once" and following == _WITHIN):
            found.append((tokens[i - 1].start, token.end, name))
    return [p for p in found if not _termed(text, p[0])]


def _is_day_of(tokens: Sequence[PlacedToken], lead: int, day: int) -> bool:
    """«В день обращения вычтем 3 000 ₸»: when, and not how often; «3 000 ₸ в день аренды» is."""
    behind = tokens[day + 1 : day + 2]
    paid = any(token.kind == "n" for token in tokens[max(0, lead - 2) : lead])
    return not paid and bool(behind) and behind[0].text.endswith(_OF)


def _tells(word: str) -> bool:
    return word in _NOUNS or word in _WORDS or word in _SECOND or word.startswith(_BEGINNINGS)


def _start(period: tuple[int, int, str]) -> int:
    return period[0]


_SPLIT = _LISTS.row("split")
_TERMED = frozenset({"@instalment", "@warranty", "@trial", "@refund", "@keep"})


def _termed(text: Text, place: int) -> bool:
    """«рассрочка на полгода», «гарантия на год»: how long something lasts, not what a price is paid for."""
    near = text.tokens[bisect_right(text.starts, place - 24) : bisect_left(text.starts, place)]
    return any(t.key in _TERMED or t.text.startswith(_SPLIT) for t in near[-4:])


def _choose(
    text: Text, found: list[Figure], money: list[int], periods: list[tuple[int, int, str]]
) -> dict[int, tuple[int | None, bool]]:
    """Amount -> (its period, whether that only stands at the head of the sentence)."""
    chosen: dict[int, tuple[int | None, bool]] = {}
    if not periods:
        return chosen
    free = set(range(len(periods)))
    spans: dict[int, tuple[int, int]] = {}
    starts = {found[i].start for i in money}
    for n, i in enumerate(money):
        a, b = text.sentences[found[i].sentence]
        if n and found[money[n - 1]].sentence == found[i].sentence:
            a = found[money[n - 1]].end
        if n + 1 < len(money) and found[money[n + 1]].sentence == found[i].sentence:
            b = found[money[n + 1]].start
        spans[i] = (a, b)

    def take(rule: int) -> None:
        for i in money:
            if i in chosen:
                continue
            f, (a, b) = found[i], spans[i]
            # Whatever the rule, it begins in the words of this amount.
            inside = range(bisect_left(periods, a, key=_start), bisect_left(periods, b, key=_start))
            near_first = [p for p in inside if p in free]
            for p in sorted(near_first, key=lambda p: min(abs(periods[p][0] - f.end), abs(f.start - periods[p][1]))):
                start, end, _ = periods[p]
                after, before = f.end <= start < b, a <= start and end <= f.start
                same = text.clause_at(start) == f.clause
                # «198 000 ₸, годовой — 348 000 ₸»: it begins what the next amount is said of.
                opens = b in starts and "," not in text.folded[end:b]
                near = after and len(text.folded[f.end : start].strip(" (,")) == 0
                right_before = before and not text.folded[end : f.start].strip()
                fits = (
                    (rule == 0 and near and "," not in text.folded[f.end : start])
                    or (rule == 1 and right_before)
                    or (rule == 2 and near and not opens)
                    or (rule == 3 and after and same)
                    or (rule == 4 and before and same)
                    or (rule == 5 and before)
                    or (rule == 6 and after)
                )
                if fits:
                    chosen[i] = (p, False)
                    free.discard(p)
                    break

    for rule in range(7):
        take(rule)
    firsts: dict[int, int] = {}
    for i in money:
        firsts.setdefault(found[i].sentence, i)
    for i in money:
        if i not in chosen:
            first = firsts[found[i].sentence]
            place = chosen.get(first, (None, False))[0]
            if place is not None and periods[place][1] <= found[first].start:
                chosen[i] = (place, True)
    return chosen
