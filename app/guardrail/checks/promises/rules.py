"""The rules of check `act`: what is looked for, when it is said as a fact, and what excuses it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from app.guardrail.case import Case
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.promises", "acts.yaml")


class _Any:
    """Words of a list, whole or (`\\w*`) by their beginnings. Their letters are looked for first, which is soon done:
    most clauses, be they as long as a draft, have none of them."""

    def __init__(self, name: str) -> None:
        row = _LISTS.row(name)
        self._letters = tuple(word.removesuffix(r"\w*") for word in row)
        self._pattern = re.compile(rf"\b(?:{'|'.join(row)})\b")

    def stands_in(self, text: str) -> bool:
        return any(letters in text for letters in self._letters) and self._pattern.search(text) is not None


_CONDITION = _LISTS.pattern("condition")
_I = _LISTS.pattern("i")
_WE = _LISTS.pattern("we")
_PERSONS = _Any("persons")
_STAFF = _LISTS.pattern("staff")
_BY_ITSELF, _SO = _LISTS.word("by_itself"), _LISTS.word("so")
_BY_NOW = _LISTS.word("by_now")
_SAID_TO_YOU = _LISTS.pattern("said_to_you")
_PAST = _LISTS.row("past")
_PAST_THIRD = _LISTS.row("past_third")
_COLLEAGUES = _LISTS.pattern("colleagues")
_AIMED = _Any("aimed")
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
_DONE_HARMLESS = _LISTS.pattern("done_harmless")
_KAZAKH_OK = _LISTS.pattern("kazakh_ok")
_NOT = _LISTS.pattern("not")
_OFFER = _LISTS.pattern("offer")
_OTHERS = _LISTS.pattern("others")
_SELF = _LISTS.pattern("self")
_STATE_NOUNS = _LISTS.pattern("state_nouns")
_STATE_OK = _LISTS.pattern("state_ok")
_LIGHT = _LISTS.words("light")
_SUPPOSED = re.compile(r"\b(?:if|when|once|until|after|before|so that)\b[^,]*$")
_CLAUSE_ENDS = ",;:—–()"
_CLAUSE_END = re.compile(f"[{_CLAUSE_ENDS}]")
_WORD = re.compile(r"[^\W\d_]+")
_CHEAPEST = _LISTS.row("cheapest")
_NEAR = 12
"""Signs behind a deed in which its subject may stand."""


class Said:
    """A phrase `m` in its sentence `piece`, and the words of its clause around it."""

    def __init__(self, piece: str, m: re.Match[str], names: frozenset[str] = frozenset()) -> None:
        self.piece, self.m, self.phrase = piece, m, m.group()
        begin = max(piece.rfind(sign, 0, m.start()) for sign in _CLAUSE_ENDS) + 1
        end = _CLAUSE_END.search(piece, m.end())
        self.before = piece[begin : m.start()]
        self.behind = piece[m.end() : end.start() if end else len(piece)]
        self._names = names

    @property
    def denied(self) -> bool:
        """A negation stands within the two words before."""
        return any(_NOT.search(word) for word in self.before.rsplit(maxsplit=2)[-2:])

    @property
    def asked(self) -> bool:
        return self.piece.endswith("?")

    @cached_property
    def ours(self) -> bool:
        """Somebody of ours is said to have done it."""
        return _WE.search(self.before) is not None or _WE.search(self.behind[:_NEAR]) is not None

    @cached_property
    def subject(self) -> list[str]:
        """The words before it."""
        return _WORD.findall(self.before)

    def others(self, words: str) -> bool:
        """Whether words speak of somebody else, or of the program."""
        return _OTHERS.search(words) is not None or not self._names.isdisjoint(_WORD.findall(words))

    def users(self) -> bool:
        return _USERS.search(self.before) is not None or not self._names.isdisjoint(self.subject)


def _done(said: Said) -> bool:
    """A deed in the past, by somebody of ours or by nobody named."""
    if said.denied or _OFFER.search(said.before) or ("?" in said.piece[-2:] and not _SELF.search(said.before)):
        return False
    head = said.piece[: said.m.start()].split(".")[-1]
    if _CONDITION.search(head) and not _I.search(said.before):
        return False
    return said.ours or (not said.others(said.before) and _done_by_nobody(said))


def _done_by_nobody(said: Said) -> bool:
    """The same where neither «я» nor «мы» nor anybody else stands before it."""
    if said.phrase.endswith(_BY_ITSELF) and said.before.split()[-1:] == [_SO]:
        return False  # «жаль, что так получилось»
    if _PERSONS.stands_in(said.behind) and said.others(said.behind):
        return _STAFF.search(said.behind) is not None and _BY_NOW in said.piece
    around = said.before + said.behind
    if _DONE_HARMLESS.fullmatch(said.phrase) and not _SAID_TO_YOU.search(around):
        return False
    subject = said.subject
    if not subject or subject[-1] in _LIGHT or _AIMED.stands_in(around):
        return True
    if _STATE_NOUNS.fullmatch(subject[-1]) and said.phrase.endswith(_PAST):
        return True  # «заявку создал»
    # A subject in the nominative before a third person's past («товар поступил») is judged by «уже».
    return said.phrase.endswith(_PAST_THIRD) and _COLLEAGUES.search(said.before) is not None


def _state(said: Said) -> bool:
    if said.denied or said.asked or _READY_TO.search(said.piece[said.m.start() :]):
        return False
    if said.phrase.startswith(_ALREADY_LEADS) and _SET_UP.search(said.phrase) and not _TO_YOU.search(said.before):
        return False
    return not _STATE_OK.search(said.before + " " + said.phrase)


def _act(said: Said) -> bool:
    return not said.denied and not _OFFER.search(said.before) and not _NOT_OURS.search(said.before)


def _promise(said: Said) -> bool:
    if said.denied or _NO_BEFORE.search(said.before) or _NO_BEHIND.match(said.behind):
        return False
    if _NEGATIVE.search(said.behind[:30]) and said.phrase.startswith(_SAYINGS):
        return False
    return not _HOPES.search(said.before)


def _positive(said: Said) -> bool:
    return not said.denied


def _under_way(said: Said) -> bool:
    return not said.denied and not said.asked and not said.users()


def _always(said: Said) -> bool:
    return True


def _kazakh(said: Said) -> bool:
    return not said.asked and not _KAZAKH_OK.search(said.piece[: said.m.end()])


def _english(said: Said) -> bool:
    return not said.denied and not _SUPPOSED.search(said.before)


def _unwritten(case: Case, phrase: str, sentence: int) -> bool:
    return False


def _written(case: Case, phrase: str, sentence: int) -> bool:
    """A section says the very same."""
    return any(phrase in page for page in case.knowledge.folded)


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
        said = _keys(case, page[a : b if b > 0 else len(page)])
        if len(said & keys) >= 2 or (said and said <= keys):
            return True
    return False


def _told_so(case: Case, phrase: str, sentence: int) -> bool:
    """The same; that it is done by now no section can know."""
    return f"{_BY_NOW} {phrase}" not in case.sentence_text(sentence) and _supported(case, phrase, sentence)


def _promised_before(case: Case, phrase: str, sentence: int) -> bool:
    """A section says the same, or a thing of ours is compared with our other ones and is the cheapest of them."""
    return _supported(case, phrase, sentence) or (
        phrase.startswith(_CHEAPEST) and _least_of_ours(case, phrase, sentence)
    )


def _least_of_ours(case: Case, phrase: str, sentence: int) -> bool:
    """«Дешевле всех «А»»: its price is the least of those in use that are paid as often, of two others or more."""
    products = case.knowledge.products
    at = case.text.sentences[sentence][0] + case.sentence_text(sentence).find(phrase)
    behind = [m for m in case.mentions if m.sentence == sentence and not m.head and m.products]
    named = next((m for m in behind if case.text.tokens[m.first].start > at), None)
    if named is None or len(named.products) != 1:
        return False
    (n,) = named.products
    return any(
        len(others := [q.amount for i, x in enumerate(products) if i != n for q in x.prices if q.period == p.period])
        > 1
        and p.amount <= min(others)
        for p in products[n].prices
    )


def _keys(case: Case, piece: str) -> frozenset[str]:
    return frozenset(k for k in map(case.lexicon.key, _WORD.findall(piece)) if k)


@dataclass(frozen=True, slots=True)
class Rule:
    """`find` in a sentence is wrong where it is said as a fact, unless a section says it too."""

    find: re.Pattern[str]
    said: Callable[[Said], bool]
    detail: str
    unless: Callable[[Case, str, int], bool] = _unwritten
    """Of (case, the phrase, its sentence)."""


def _rule(
    name: str, said: Callable[[Said], bool], detail: str, unless: Callable[[Case, str, int], bool] = _unwritten
) -> Rule:
    return Rule(_LISTS.pattern(name), said, detail, unless)


RULES: tuple[Rule, ...] = (
    _rule("done", _done, "says that something was done, which cannot be known", _told_so),
    _rule("state", _state, "says that something has happened, which cannot be known", _written),
    _rule("already", _under_way, "says that something is under way, which cannot be known"),
    _rule("booked", _positive, "says that the customer is booked or registered"),
    _rule("will", _act, "promises an act that the machine cannot do", _supported),
    _rule("give", _act, "promises a discount or a gift", _written),
    _rule("may_give", _positive, "offers a discount or a gift"),
    _rule("promise", _promise, "is a promise or a guarantee", _promised_before),
    _rule("promise_pure", _promise, "is a guarantee of results", _supported),
    _rule("human", _always, "claims to be a person"),
    _rule("kazakh", _kazakh, "says that something was done or promises it"),
    _rule("english", _english, "says that something was done or promises it"),
)
