"""Where a text sends somebody: links, e-mail addresses, names in a messenger, telephones, cards and accounts.

Every search begins at the start of a word and takes each character once: the time is in proportion to the text.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from app.guardrail.figures.measures import CURRENCIES, SIGNS
from app.guardrail.figures.numerals import word_value
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import phrases, words
from app.guardrail.text.words import Text, read
from app.types import Section

_LISTS = Lists("app.guardrail", "addresses.yaml")
_TOP_OR_NO = _LISTS.word("top_or_no")
_SLASH_SIGN = _LISTS.word("slash_sign")

MOST = 20
"""Addresses of a draft that are looked at."""
_LONGEST = 4000
"""Characters of a customer's message that are read."""
_URL = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9+-]{1,11}://[^\s<>«»\"]+")
_NAME = re.compile(r"(?<![\w.+@-])[\w.+-]*@[\w.-]+")
_HOST = re.compile(r"(?<![\w.@/:-])[\w.-]+(?:/[^\s<>«»\"]*)?")
_DOT = _LISTS.pattern("dot")
_AT = _LISTS.pattern("at")
_APART = _LISTS.pattern("apart")
"""«sales (at) gmail»: without the end of its name."""
_SLASH = _LISTS.pattern("slash")
_COMMA = re.compile(r"(?<![\w-])[a-z0-9-]{1,63}[,;]([a-z]{2,6})/[\w-]{1,63}")
"""«t,me/name»"""
_DOT_SIGNS = _LISTS.row("dot_signs")
_AT_WORDS = _LISTS.pattern("at_words")
_DIGITS = re.compile(r"(?<![\w.,+])\+? ?\(?\d(?:[ ().\-–/]{0,3}\d)+")
_ACCOUNT = re.compile(r"(?<!\w)[a-z]{2}\d{2} ?[a-z0-9]")
_GROUPED = re.compile(r"\d{1,3}(?:[ .]\d{3})+$")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$|\d{1,2}[./]\d{1,2}[./]\d{2,4}$")
_LOCAL = re.compile(r"\d{1,3}[- ]\d{2}[- ]\d{2}$")
_SPELLED = 6
"""Number words in a row that are a telephone: no amount has so many."""
_DIGIT_NOUNS = _LISTS.row("digit_nouns")
_THEN = _LISTS.words("then")
_SIGN = _LISTS.pattern("sign")
"""What no address is without: most sections have none of it and need not be read."""
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-z]{2,}$|xn--[a-z0-9-]+$")


class Address(NamedTuple):
    """Somewhere to turn to, at `start`..`end` of the text."""

    kind: str
    """link, mail, name, phone, account"""
    value: str
    """In one spelling: a link without scheme and `www.`, a telephone as its last ten digits."""
    start: int
    end: int


def addresses(text: Text, called: frozenset[int] | None = None) -> list[Address]:
    """Every address of a text, in order. `called`: sentences that speak of a telephone, where that is known already."""
    folded = text.folded
    found: list[Address] = []
    if ":/" in folded:
        found += (Address("link", _link(m.group()), *m.span()) for m in _URL.finditer(folded))
    if "@" in folded:
        found += (_at(m) for m in _NAME.finditer(folded) if len(m.group().strip(".@-")) > 2)
    if "." in folded:
        found += _hosts(text)
    found += _spelled_out(folded)
    if any(map(str.isdigit, folded)):
        found += _numbers(text, called)
        found += _accounts(folded)
    found += _said(text)
    return _apart(found)


@lru_cache(maxsize=512)
def written(text: str) -> tuple[Address, ...]:
    """The addresses of a text that is read more than once: a customer's message, an earlier answer."""
    return tuple(addresses(read(text[:_LONGEST])))


def addresses_of(text: str) -> frozenset[str]:
    """The addresses that a text gives, in one spelling each."""
    return frozenset(a.value for a in written(text))


@lru_cache(maxsize=8)
def known_addresses(sections: tuple[Section, ...]) -> frozenset[str]:
    """The addresses that a knowledge base gives, in one spelling each."""
    return frozenset(a.value for section in sections for a in of_section(section))


@lru_cache(maxsize=4096)
def of_section(section: Section) -> tuple[Address, ...]:
    facts = " \n".join(fact.name for fact in section.facts)
    text = "\n".join((section.title, section.text, facts))
    return written(text) if _SIGN.search(text) else ()


def fits(address: Address, sources: Iterable[str]) -> bool:
    """Whether one of the sources (values of addresses) is that address."""
    for source in sources:
        if address.value == source:
            return True
        if address.kind == "link" and "/" not in address.value and address.value == source.split("/")[0]:
            return True
        if address.kind == "phone" and len(address.value) >= 6 and source.isdigit() and source.endswith(address.value):
            return True
        if address.kind == "name" and source.rsplit("/", 1)[-1] == address.value.lstrip("@") and "/" in source:
            return True
    return False


def _link(written: str) -> str:
    bare = written.split("://", 1)[-1].removeprefix("www.")
    return bare.rstrip(".,;:!?)]}'/")


def _at(m: re.Match[str]) -> Address:
    said = m.group().rstrip(".-")
    return Address("name" if said.startswith("@") else "mail", said, m.start(), m.start() + len(said))


def _hosts(text: Text) -> Iterator[Address]:
    for m in _HOST.finditer(text.folded):
        host, _, path = m.group().partition("/")
        labels = host.rstrip(".-").split(".")
        if len(labels) > 1 and _is_host(labels, text.raw[m.start() : m.start() + len(host.rstrip(".-"))]):
            value = _link(m.group())
            yield Address("link", value, m.start(), m.end() if path else m.start() + len(host.rstrip(".-")))


def _is_host(labels: list[str], raw: str) -> bool:
    if not all(labels):
        return False
    top = labels[-1]
    if all(label.isdigit() for label in labels):
        return len(labels) == 4 and all(len(label) <= 3 for label in labels)
    if top in words("files") or (labels[-2].isdigit() and len(labels) == 2 and top not in words("tlds")):
        return False
    if top in words("cyrillic_tlds"):
        return True
    if not _LATIN.match(top):
        return False
    ending = raw.rsplit(".", 1)[-1]
    # «Start.You can»: a space is missing behind a full stop.
    return (top in words("tlds") and not ending.istitle()) or ending.islower() or raw.isupper()


def _spelled_out(folded: str) -> Iterator[Address]:
    for m in _DOT.finditer(folded) if any(sign in folded for sign in _DOT_SIGNS) else ():
        plain = "." in m.group() and m.group().strip()[len(m[1]) :].lstrip().startswith(".")
        if (
            m[2] in words("tlds")
            and not (m[2] == _TOP_OR_NO and not m[1].isascii())
            and not (plain and not m[1].isascii())
        ):
            yield Address("link", f"{m[1]}.{m[2]}", *m.span())
    for m in _APART.finditer(folded) if _AT_WORDS.search(folded) else ():
        yield Address("mail", m.group().replace(" ", ""), *m.span())
    for m in _SLASH.finditer(folded) if _SLASH_SIGN in folded or "slash" in folded else ():
        yield Address("link", m.group().replace(" ", ""), *m.span())
    for m in _COMMA.finditer(folded) if "/" in folded else ():
        if m[1] in words("tlds"):
            yield Address("link", m.group().replace(",", ".").replace(";", "."), *m.span())
    for m in _AT.finditer(folded) if _AT_WORDS.search(folded) else ():
        if m[1] in words("tlds"):
            yield Address("mail", m.group().replace(" ", ""), *m.span())


def _numbers(text: Text, called: frozenset[int] | None) -> Iterator[Address]:
    folded = text.folded
    ends = iter(text.sentences)
    _, end = next(ends, (0, len(folded)))
    sentence = 0
    for m in _DIGITS.finditer(folded):
        while m.start() >= end and (following := next(ends, None)) is not None:
            end, sentence = following[1], sentence + 1
        said = m.group().strip()
        digits = "".join(c for c in said if c.isdigit())
        after = folded[m.end() : m.end() + 8].split()
        money = bool(after) and (after[0][:1] in SIGNS or after[0].strip(".,!?") in CURRENCIES)
        if _DATE.match(said) or (not said.startswith("+") and (money or _is_amount(said, digits))):
            continue
        if len(digits) >= 10:
            yield Address(*(("account", digits) if len(digits) >= 12 else ("phone", digits[-10:])), *m.span())
            continue
        if called is None and len(digits) >= 5:
            called = phrases().find(text)["telephones"].sentences
        if called is not None and (
            (len(digits) >= 6 and (said.startswith("+") or _LOCAL.match(said) or sentence in called))
            or (len(digits) == 5 and _LOCAL.match(said) and sentence in called)
        ):
            yield Address("phone", digits[-10:], *m.span())


def _is_amount(said: str, digits: str) -> bool:
    return _GROUPED.match(said) is not None and not (len(digits) in (10, 11) and said[:1] in "78" and len(digits) == 11)


def _accounts(folded: str) -> Iterator[Address]:
    for m in _ACCOUNT.finditer(folded):
        groups = []
        for group in folded[m.start() : m.start() + 48].split(" "):
            word = re.match(r"[a-z0-9]*", group)
            taken = word.group() if word else ""
            if not any(map(str.isdigit, taken)):
                break
            groups.append(taken)
            if taken != group:
                break
        value = "".join(groups)
        if len(value) >= 15 and sum(c.isdigit() for c in value) >= 8:
            yield Address("account", value, m.start(), m.start() + len(" ".join(groups)))


def _said(text: Text) -> Iterator[Address]:
    """«восемь семьсот один двести двадцать два …»: a telephone in words."""
    spoken = _WORD.findall(text.folded)
    digits = {word for word in set(spoken) if word_value(word, True) is not None or word.startswith(_DIGIT_NOUNS)}
    if not digits or sum(word in digits for word in spoken) < _SPELLED:
        return
    first, count, last = None, 0, None
    for token in text.tokens:
        if token.kind == "w" and token.text in digits:
            first, count, last = first or token, count + 1, token
            continue
        if (token.kind == "s" and token.text in "-–,") or (first and token.text in _THEN):
            continue
        if first and last and count >= _SPELLED:
            yield Address("phone", text.folded[first.start : last.end], first.start, last.end)
        first, count, last = None, 0, None
    if first and last and count >= _SPELLED:
        yield Address("phone", text.folded[first.start : last.end], first.start, last.end)


def _apart(found: list[Address]) -> list[Address]:
    """Those that do not lie in another: the host of a link, the digits of an account."""
    kept: list[Address] = []
    end = -1
    for one in sorted(found, key=lambda a: (a.start, -a.end)):
        if one.start >= end:
            kept.append(one)
            end = one.end
    return kept
