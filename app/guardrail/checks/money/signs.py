"""Check `amount`, beside amounts.py: money in other signs than digits and number words, and money without a figure.

Circled and superscript digits, Roman numerals, hexadecimal and powers, letters for digits, nicknames («косарь»), parts
of the price («за полцены») and likenesses («как чашка кофе»): none of them can be compared with a price, so none is
said unless a section says it.
"""

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from app.guardrail.case import Case, Problem
from app.guardrail.checks.dictated import assented, bargained, denied, quoted
from app.guardrail.checks.fractions import is_known_part, taken_off
from app.guardrail.figures.measures import CURRENCIES, SIGNS
from app.guardrail.figures.numerals import word_value
from app.guardrail.text.lexicon import Lexicon
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import Found
from app.guardrail.text.words import PlacedToken, read, sentence_keys
from app.types import Section

_LISTS = Lists("app.guardrail.checks.money", "signs.yaml")
_PRICED_LEADS = _LISTS.words("priced_leads")
_MULTIPLES = _LISTS.row("multiples")
_FOR = _LISTS.word("for")
_ONE_OF = _LISTS.words("one_of")
_FOR_PERIOD = _LISTS.words("for_period")
_PIECES = _LISTS.word("pieces")
_ONE_PIECE = _LISTS.words("one_piece")
_FOR_LEADS = _LISTS.words("for_leads")
_PERIODS = _LISTS.row("periods")

_KEYCAPS = frozenset("\u20e3\U0001f51f")
_ODD = re.compile(r"[^\x00-\x7f\u0400-\u052f«»—–…₸№„“”’•×\u00a0\u202f]")
"""A character that is none of those that every text has."""
_AREA = frozenset("²³")
_SQUARED = _LISTS.row("squared")
_HALVES = frozenset("½¼¾⅓⅔")
_LATIN_ROMAN = frozenset("ivxlcdm")
_ROMAN = _LATIN_ROMAN | frozenset(_LISTS.word("like_roman"))
"""Roman digits and the Cyrillic letters that look like them, folded."""
_MOST = 12
"""Turns of speech of a list that are looked at; a draft with more of them is refused."""
_FORMS = _LISTS.pattern("forms")
_DISGUISED = _LISTS.pattern("disguised")
_SPACED = re.compile(r"(?<!\w)[^\W\d_](?:[ .-][^\W\d_]){4,15}(?!\w)")
_CHEAPER, _INCLUDED = _LISTS.pattern("cheaper"), _LISTS.row("included")
_INDIFFERENT = _LISTS.pattern("indifferent")
_ROUND = frozenset("\u043eo")


def signs(case: Case) -> list[Problem]:
    """Amounts that are written so that no figure can be read."""
    return [
        Problem("amount", f"{case.text.raw[start:end]!r}: {reason}", start, end)
        for start, end, reason in (*_characters(case), *_forms(case), *_roman(case), *_heaps(case), *_turns(case))
        if not case.is_own(start, end) and not _written(case, start, end)
    ]


def _written(case: Case, start: int, end: int) -> bool:
    """A section writes it the same way."""
    said = case.text.folded[start:end]
    return any(said in page for page in case.knowledge.folded)


def _characters(case: Case) -> Iterator[tuple[int, int, str]]:
    """Runs of characters that count and are no digits 0 to 9."""
    raw = case.text.raw
    if _ODD.search(raw) is None:
        return
    start = -1
    for place, character in enumerate(raw + " "):
        if place < len(raw) and _counts(raw, place, character):
            start = place if start < 0 else start
        elif start >= 0:
            yield start, place, "write the figure in plain digits"
            start = -1


def _counts(raw: str, place: int, character: str) -> bool:
    if character.isascii():
        return False
    if character in _KEYCAPS:
        return True
    if unicodedata.category(character) not in ("Nd", "No", "Nl"):
        return False
    if character in _AREA and raw[max(0, place - 2) : place].lower().endswith(_SQUARED):
        return False
    return character not in _HALVES or any(sign in raw[place : place + 12] for sign in SIGNS)


def _forms(case: Case) -> Iterator[tuple[int, int, str]]:
    """`1e3`, `0x3E8`, `10^3`, «1О00», «т ы с я ч а»."""
    folded = case.text.folded
    for m in _SPACED.finditer(folded):
        yield (*m.span(), "its letters stand apart")
    if not any(map(str.isdigit, folded)):
        return
    for m in _FORMS.finditer(folded):
        yield (*m.span(), "write the figure in plain digits")
    for m in _DISGUISED.finditer(folded):
        said = m.group()
        if not any(map(str.isdigit, said)) or said.isdigit():
            continue
        if any(c in _ROUND or (not c.isdigit() and said[i + 1 : i + 2].isdigit()) for i, c in enumerate(said)):
            yield (*m.span(), "there are letters among its digits")


def _roman(case: Case) -> Iterator[tuple[int, int, str]]:
    """«MM ₸», «цена MDCC в месяц»."""
    tokens = case.text.tokens
    for i, t in enumerate(tokens):
        if t.kind != "w" or not _ROMAN.issuperset(t.text):
            continue
        after = tokens[i + 1].text if i + 1 < len(tokens) else ""
        before = tokens[i - 1].text if i else ""
        if (
            after in SIGNS
            or after in CURRENCIES
            or (before in SIGNS and t.latin and t.upper)
            or (
                len(t.text) > 1
                and _LATIN_ROMAN.issuperset(t.text)
                and case.text.raw[t.start : t.end].isupper()
                and case.sentence_keys[t.sentence] & {"@price", "@pay"}
            )
        ):
            yield t.start, t.end, "write the amount in digits"


def _heaps(case: Case) -> Iterator[tuple[int, int, str]]:
    """«за горсть тенге»: how much is no number."""
    for lead, much, money in zip(case.text.tokens, case.text.tokens[1:], case.text.tokens[2:], strict=False):
        if money.text not in CURRENCIES or much.kind != "w" or lead.text not in _PRICED_LEADS:
            continue
        if money.clause == lead.clause and word_value(much.text, True) is None and not much.text.startswith(_MULTIPLES):
            yield much.start, money.end, "write the amount in digits"


def _turns(case: Case) -> Iterator[tuple[int, int, str]]:
    """Of each list (nicknames of money, parts of the price, likenesses) the first turn of speech that is wrong."""
    at = {t.start: i for i, t in enumerate(case.text.tokens)}
    for name, (applies, reason) in _TURNS.items():
        for number, turn in enumerate(case.turns(name).all):
            if number == _MOST or (
                applies(case, at[turn.start]) and (name in _UNDENIED or not _turned_down(case, turn))
            ):
                yield turn.start, turn.end, reason
                break


def _always(case: Case, place: int) -> bool:
    return True


def _unknown_part(case: Case, place: int) -> bool:
    """Whether no section gives the part («половину вперёд»: 50 %) as something that is added or paid beforehand."""
    turn = next((t for t in case.turns("parts").all if t.start == case.text.tokens[place].start), None)
    return turn is None or not is_known_part(case, turn.start, turn.end)


def _costed(case: Case, place: int) -> bool:
    """Whether the sentence names a product, a price or how often it is paid."""
    sentence = case.text.tokens[place].sentence
    named = any(m.sentence == sentence for m in case.mentions)
    return named or _priced(case, place) or any(_is_period(t.text) for t in case.sentence_tokens[sentence])


def _two(case: Case, place: int) -> bool:
    """Whether the sentence names two products and no amount."""
    sentence = case.text.tokens[place].sentence
    named = frozenset().union(*(m.products for m in case.mentions if m.sentence == sentence and not m.head))
    return len(named) > 1 and not _ours(case, place) and _priced(case, place)


def _unpriced(case: Case, place: int) -> bool:
    """Whether the sentence names a product and no amount."""
    return _costed(case, place) and not _ours(case, place)


def _alike(case: Case, place: int) -> bool:
    """Whether two things are put side by side; «как за 10 месяцев» is a number, and the sum is checked, and what is
    «included in this price» free.py looks at."""
    tokens = case.text.tokens[place : place + 8]
    counted = any(t.text == _FOR and behind.kind == "n" for t, behind in itertools.pairwise(tokens))
    return not counted and not tokens[0].text.startswith(_INCLUDED)


def _ours(case: Case, place: int) -> bool:
    """Whether the sentence names a price of ours."""
    return any(f.sentence == case.text.tokens[place].sentence for f in case.money)


def _unreckoned(case: Case, place: int) -> bool:
    """Whether what a reckoning comes to is left to the customer: it is said where a sum of its sentence is no price
    itself («если разделить, выходит около 500 ₸ в день»). Whether that is right, amounts.py tells."""
    token = case.text.tokens[place]
    worked_out = [f for f in case.money if f.sentence == token.sentence and f.first > place]
    if any(taken_off(case, f) for f in worked_out):
        return False
    return _ours(case, place) and all(f.value in case.prices for f in worked_out)


def _depends(case: Case, place: int) -> bool:
    """Whether it is said of a price of ours, and no section says that this price does not depend on just that."""
    if not _ours(case, place):
        return False
    said = case.sentence_keys[case.text.tokens[place].sentence] - case.lexicon.generic - {"@price", "@pay"}
    return not any(
        said & keys for passage in case.context.passages for keys in _indifferent(passage.section, case.lexicon)
    )


@lru_cache(maxsize=4096)
def _indifferent(section: Section, lexicon: Lexicon) -> tuple[frozenset[str], ...]:
    """The words of each sentence of a section that says that something makes no difference to a price."""
    text = read(section.text, section.language, lexicon)
    spans = enumerate(text.sentences)
    return tuple(sentence_keys(text, n) for n, (start, end) in spans if _INDIFFERENT.search(text.folded[start:end]))


def _priced(case: Case, place: int) -> bool:
    """Whether the sentence speaks of a price."""
    sentence = case.text.tokens[place].sentence
    keys = case.sentence_keys[sentence] & {"@price", "@pay"}
    return bool(keys) or _CHEAPER.search(case.sentence_text(sentence)) is not None


def _is_money(case: Case, place: int) -> bool:
    """Whether a word that is money only sometimes is it here: before a currency or a period, or alone behind «за»."""
    tokens = case.text.tokens
    said: PlacedToken = tokens[place]
    after = tokens[place + 1].text if place + 1 < len(tokens) else ""
    if after in CURRENCIES or after in SIGNS:
        return True
    before = tokens[place - 1].text if place else ""
    priced = bool(case.clause_keys(said.clause) & {"@price", "@pay"}) and not after[:1].isalpha()
    priced = priced and (before in _ONE_OF or word_value(before, True) is not None)
    spans = after in _FOR_PERIOD and place + 2 < len(tokens) and _is_period(tokens[place + 2].text)
    spans = spans or (after in ("the",) and place + 2 < len(tokens) and _is_period(tokens[place + 2].text))
    lasting = after in ("for",) and place + 3 < len(tokens) and _is_period(tokens[place + 3].text)
    if not after[:1].isalnum() and _behind_number(tokens, place):
        return True
    if said.text.startswith(_PIECES):
        return False if before in _ONE_PIECE or not (spans and said.text != _PIECES) else before not in SIGNS
    return priced or spans or lasting or _is_period(after)


def _behind_number(tokens: tuple[PlacedToken, ...], place: int) -> bool:
    """«за пять сотен»: number words behind «за»."""
    at = place - 1
    while at >= 0 and place - at < 4 and (tokens[at].kind == "n" or word_value(tokens[at].text, True) is not None):
        at -= 1
    return 0 <= at < place - 1 and tokens[at].text in _FOR_LEADS


def _is_period(word: str) -> bool:
    return word.startswith(_PERIODS)


def _turned_down(case: Case, turn: Found) -> bool:
    """It is denied, or the customer's word is told as the customer's."""
    if denied(case, turn.clause):
        return True
    if not quoted(case, turn.clause) or bargained(case, turn.sentence):
        return False
    return case.text.folded[turn.start : turn.end] in case.customer and not assented(case, turn.sentence, turn.end)


_UNDENIED = frozenset({"regardless", "levelled"})
"""Lists whose turns of speech hold a negation themselves."""
_PLAIN = "name the amount in digits and tenge"
_TURNS: dict[str, tuple[Callable[[Case, int], bool], str]] = {
    "slang": (_always, _PLAIN),
    "slang_counted": (_is_money, _PLAIN),
    "parts": (_unknown_part, "no section says so of the price"),
    "equated": (_alike, "no section says that the price is the same"),
    "levelled": (_two, "each of them has its own price"),
    "regardless": (_depends, "a price holds for one, and this says for any number"),
    "zeros": (_costed, _PLAIN),
    "notes": (_costed, _PLAIN),
    "coins": (_always, _PLAIN),
    "reckoning": (_unreckoned, "name the price itself"),
    "trifles": (_costed, "name the price itself"),
    "things": (_unpriced, "name the price itself"),
    "lowering": (_always, "no section knows such a discount"),
    "likeness": (_always, "name the price itself"),
    "likeness_aside": (_priced, "name the price itself"),
}
"""List of phrases.yaml -> whether a word there is meant so, and what is wrong then."""
