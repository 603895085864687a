"""Check `act`: nothing is said to be done that a writing machine did not or cannot do, and nothing is promised.

Offers («могу передать вопрос»), questions, negations, what others do («кассир отправил») and conditions pass.
"""

import re
from functools import lru_cache

from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import key

_LISTS = Lists("app.guardrail.checks.promises", "acts.yaml")
_CONDITION = _LISTS.pattern("condition")
_I = _LISTS.pattern("i")
_WE = _LISTS.pattern("we")
_PERSONS = _LISTS.pattern("persons")
_STAFF = _LISTS.pattern("staff")
_BY_NOW = _LISTS.word("by_now")
_SAID_TO_YOU = _LISTS.pattern("said_to_you")
_PAST = _LISTS.row("past")
_PAST_THIRD = _LISTS.row("past_third")
_COLLEAGUES = _LISTS.pattern("colleagues")
_AIMED = _LISTS.pattern("aimed")
_READY_TO = _LISTS.pattern("ready_to")
_SET_UP = _LISTS.pattern("set_up")
_ALREADY_LEADS = _LISTS.row("already_leads")
_TO_YOU = _LISTS.pattern("to_you")
_NOT_OURS = _LISTS.pattern("not_ours")
_NO_BEFORE = _LISTS.pattern("no_before")
_NO_BEHIND = _LISTS.pattern("no_behind")
_NEGATIVE = _LISTS.pattern("negative")
_SAYINGS = _LISTS.row("sayings")
_HOPES = _LISTS.pattern("hopes")
_USERS = _LISTS.pattern("users")
_NOT_LEAD = _LISTS.word("not_lead")
_NOT_WORDS = _LISTS.words("not_words")
_ALREADY = _LISTS.pattern("already")
_BOOKED = _LISTS.pattern("booked")
_DONE = _LISTS.pattern("done")
_DONE_HARMLESS = _LISTS.pattern("done_harmless")
_ENGLISH = _LISTS.pattern("english")
_GIVE = _LISTS.pattern("give")
_HUMAN = _LISTS.pattern("human")
_KAZAKH = _LISTS.pattern("kazakh")
_KAZAKH_OK = _LISTS.pattern("kazakh_ok")
_MAY_GIVE = _LISTS.pattern("may_give")
_NOT = _LISTS.pattern("not")
_OFFER = _LISTS.pattern("offer")
_OTHERS = _LISTS.pattern("others")
_PROMISE = _LISTS.pattern("promise")
_PROMISE_PURE = _LISTS.pattern("promise_pure")
_SELF = _LISTS.pattern("self")
_STATE = _LISTS.pattern("state")
_STATE_NOUNS = _LISTS.pattern("state_nouns")
_STATE_OK = _LISTS.pattern("state_ok")
_WILL = _LISTS.pattern("will")


def acts(case: Case) -> list[Problem]:
    """Acts, states and promises that nobody but a person could vouch for."""
    problems: list[Problem] = []
    folded = case.text.folded
    few = Few(problems)
    rules = [rule for rule in _RULES if rule[0].search(folded)]
    for number, (a, b) in enumerate(case.text.sentences if rules else ()):
        piece = folded[a:b]
        for pattern, judge, detail in rules:
            for m in few(pattern, piece, a):
                start, end = a + m.start(), a + m.end()
                if case.is_own(start, end) or _quoted(case, start) or not judge(piece, m):
                    continue
                if any(p.start < end and start < p.end for p in problems):
                    continue
                if pattern in (_STATE, _GIVE) and any(m.group() in page for page in case.knowledge.folded):
                    continue
                if pattern in (_PROMISE, _PROMISE_PURE, _WILL, _DONE) and _supported(case, m.group(), number):
                    continue
                problems.append(Problem("act", f"{case.text.raw[start:end]!r}: {detail}", start, end))
    problems += _never(case)
    return problems


def _quoted(case: Case, start: int) -> bool:
    """Inside a quotation of the customer's own words."""
    token = case.token_at(start)
    if token is None or not token.quote:
        return False
    words = [
        t for t in case.text.inside(token.sentence) if t.quote == token.quote
    ]  # a quotation ends with its sentence
    return case.text.folded[words[0].start : words[-1].end] in case.customer


def _clause_around(piece: str, m: re.Match[str]) -> tuple[str, str]:
    """The words of the match's clause before and behind it."""
    before = re.split(r"[,;:—–()]", piece[: m.start()])[-1]
    behind = re.split(r"[,;:—–()]", piece[m.end() :])[0]
    return before, behind


def _denied(piece: str, m: re.Match[str]) -> bool:
    """A negation within the two words before."""
    words = re.findall(r"\S+", _clause_around(piece, m)[0])[-2:]
    return bool(words) and any(_NOT.search(w) for w in words[-2:])


def _done(piece: str, m: re.Match[str]) -> bool:
    before, behind = _clause_around(piece, m)
    if _denied(piece, m) or ("?" in piece[-2:] and not _SELF.search(before)):
        return False
    if _OFFER.search(before):
        return False
    head = piece[: m.start()]
    if _CONDITION.search(head.split(".")[-1]) and not _I.search(before):
        return False
    mine = _WE.search(before) or _WE.search(behind[:12])
    if _OTHERS.search(before) and not mine:
        return False
    word = m.group()
    if not mine and _OTHERS.search(behind) and _PERSONS.search(behind):
        return _STAFF.search(behind) is not None and _BY_NOW in piece
    if _DONE_HARMLESS.fullmatch(word) and not mine and not _SAID_TO_YOU.search(before + behind):
        return False
    last = re.findall(r"[^\W\d_]+", before)[-1:]
    if last and not mine and _STATE_NOUNS.fullmatch(last[0]) and word.endswith(_PAST):
        return True  # «заявку создал»
    # A subject in the nominative before a third person's past («товар поступил», «менеджер отправил») is judged by «уже».
    subject = re.findall(r"[^\W\d_]+", before)
    if not mine and subject and word.endswith(_PAST_THIRD) and _COLLEAGUES.search(before):
        return True
    return not (not mine and subject and subject[-1] not in _LIGHT and not _AIMED.search(before + behind))


_LIGHT = _LISTS.words("light")


def _state(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    if _denied(piece, m) or piece.endswith("?"):
        return False
    if _READY_TO.search(piece[m.start() :]):
        return False
    state = _SET_UP.search(m.group())
    if m.group().startswith(_ALREADY_LEADS) and state and not _TO_YOU.search(before):
        return False
    return not _STATE_OK.search(before + " " + m.group())


def _any_positive(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    return not _denied(piece, m) and not _OFFER.search(before) and not _NOT_OURS.search(before)


def _promise(piece: str, m: re.Match[str]) -> bool:
    before, behind = _clause_around(piece, m)
    if _denied(piece, m):
        return False
    if _NO_BEFORE.search(before) or _NO_BEHIND.match(behind):
        return False
    if _NEGATIVE.search(behind[:30]) and m.group().startswith(_SAYINGS):
        return False
    return not _HOPES.search(before)


def _positive(piece: str, m: re.Match[str]) -> bool:
    return not _denied(piece, m)


def _already(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    return not _denied(piece, m) and not piece.endswith("?") and not _USERS.search(before)


def _kazakh(piece: str, m: re.Match[str]) -> bool:
    return not _KAZAKH_OK.search(piece[: m.end()]) and not piece.endswith("?")


def _english(piece: str, m: re.Match[str]) -> bool:
    before, _ = _clause_around(piece, m)
    return not re.search(r"\b(?:if|when|once|until|after|before|so that)\b[^,]*$", before) and not _denied(piece, m)


_RULES = (
    (_DONE, _done, "says that something was done, which cannot be known"),
    (_STATE, _state, "says that something has happened, which cannot be known"),
    (_ALREADY, _already, "says that something is under way, which cannot be known"),
    (_BOOKED, _positive, "says that the customer is booked or registered"),
    (_WILL, _any_positive, "promises an act that the machine cannot do"),
    (_GIVE, _any_positive, "promises a discount or a gift"),
    (_MAY_GIVE, _positive, "offers a discount or a gift"),
    (_PROMISE, _promise, "is a promise or a guarantee"),
    (_PROMISE_PURE, _promise, "is a guarantee of results"),
    (_HUMAN, lambda piece, m: True, "claims to be a person"),
    (_KAZAKH, _kazakh, "says that something was done or promises it"),
    (_ENGLISH, _english, "says that something was done or promises it"),
)


def _supported(case: Case, phrase: str, sentence: int) -> bool:
    """The sections use the same word, without a negation, about the same thing."""
    stem = phrase.split(maxsplit=1)[0][:7]
    keys = case.sentence_keys[sentence]
    for page in case.knowledge.folded:
        place = page.find(stem)
        if place < 0 or page[max(0, place - 4) : place].endswith(_NOT_LEAD):
            continue
        a = max(page.rfind(".", 0, place), page.rfind("!", 0, place)) + 1
        b = page.find(".", place)
        said = _page_keys(page[a : b if b > 0 else len(page)])
        if len(said & keys) >= 2 or (said and said <= keys):
            return True
    return False


def _page_keys(piece: str) -> frozenset[str]:
    return frozenset(k for k in (key(w) for w in re.findall(r"[^\W\d_]+", piece)) if k)


@lru_cache(maxsize=512)
def forbidden(phrase: str) -> re.Pattern[str] | None:
    """The pattern of a phrase of the policy: its words with anything but letters between them; None without words."""
    words = re.findall(r"[^\W_]+", fold(phrase))
    return re.compile(r"\b" + r"\W+".join(re.escape(word) for word in words)) if words else None


_FIRST = re.compile(r"[^\W_]*")
_NOT_BEFORE = _LISTS.pattern("not_before")


def _never(case: Case) -> list[Problem]:
    """Phrases that the policy forbids, whatever the spacing and case."""
    problems: list[Problem] = []
    few = Few(problems)
    for phrase in case.context.never:
        pattern = forbidden(phrase)
        for m in few(pattern, case.text.folded) if pattern else ():
            negated = _NOT_BEFORE.search(case.text.folded, max(0, m.start() - 6), m.start())
            if negated and _FIRST.match(m.group())[0] not in _NOT_WORDS:  # type: ignore[index]
                continue
            if not case.is_own(*m.span()):
                problems.append(
                    Problem(
                        "act",
                        f"{case.text.raw[m.start() : m.end()]!r}: the policy forbids to say this",
                        m.start(),
                        m.end(),
                    )
                )
    return problems
