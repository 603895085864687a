"""Which passages the embedded backend answers from.

A message of two questions is answered from two passages; the price of a service that nobody sells is not answered with
another one's.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from app.composing.again import ANEW, STILL, sells, unsaid
from app.composing.covering import asks, costs, in_stock, measured
from app.composing.fitting import ANSWERS, ROOT, fits, folded
from app.composing.likeness import asked_for, holds, share, weight
from app.composing.parts import joins, parts_of
from app.composing.section_words import COMMON, by_root, content, names, own_words, vocabulary, whole_name
from app.composing.section_words import asked as asked_of
from app.types import Passage, Prompt

_SAME_LANGUAGE = 0.5  # share of the best score at which a passage in the customer's language is preferred
_COMMON_LANGUAGE = "ru"  # is read by those whose own a section has not
_NAMED = 0.75  # the same for a passage whose product the customer named more fully
_OVERVIEW = 0.35  # the same for a list of prices when nothing was named
_SEVERAL = 3  # prices of such a list
_SECOND = 0.25  # the same for a passage that answers another part of the message
_APART = 0.5  # the same for what was found for a question of its own
_ABOUT = 0.6  # share of a part's words from which on a passage is about it
_MOST = 3  # passages of one answer
_BESIDE_A_NAME = 0.25  # the same where the question names what nothing of ours does: what is near is seldom about it
_BESIDE_ANOTHER = 0.29  # the same beside a surer one: a word on the rest is better than a strange paragraph
_SUREST = 0.25  # the same for the surest one
_BESIDE_A_SUM = 0.5  # the same beside what was reckoned: that is what he wanted to hear
_RECKONED = frozenset({"sum", "confirmed", "corrected", "instalment", "advised"})
_IN_TROUBLE = 0.3  # the same beside a trouble: nobody whose till stands still is told of what lies near
_NEXT = 0.7  # share of the best score from which the next best is said to who was told the best
_HELPS = 0.7  # the same beside a trouble where only the trouble itself is asked of
_WISHED = 0.45  # the same for what he says he needs: it may only tell who he is
_ANEW = 0.35  # probability from which something is said to who has said that an answer was beside the point
_SURE = 0.5  # probability from which it is no matter that a section has none of a question's words
_ELSEWHERE = 0.1  # the same below which one in another language is only near
_OF_OTHERS = 0.5  # probability from which a section answers who wants to buy nothing
_NO_BUYER = frozenset({"supplier", "applicant"})
_LOOKED_UP = frozenset({"feature", "refund"})
_PASSED_ON = frozenset({"trouble", "refund"})
_QUESTIONS = frozenset({"price", "feature", "comparison"})
_KNOWN = frozenset({"price", "payment", "invoice"})  # reasons that say by themselves what is looked for
_BESIDE = frozenset({"contact_given", "trouble", "callback_time"})  # reasons beside which a question may stand


def choose(prompt: Prompt) -> tuple[Passage, ...]:
    """The passages to answer from, in the order of the questions; empty: what is asked for is not there."""
    step, fresh = prompt.step, unsaid(prompt)
    chosen = _chosen(replace(prompt, passages=fresh), prompt.passages)
    told = len(fresh) < len(prompt.passages) and ANEW.isdisjoint(step.intents) and step.topic not in _PASSED_ON
    if chosen or not told:
        return chosen
    # What was said a moment ago and answers is said again rather than that it is not known.
    again = (p for p in _chosen(prompt, prompt.passages) if p.answers is not None and p.answers >= STILL)
    return tuple(p for p in again if asks(asked_for(p, step)))


def _chosen(prompt: Prompt, said: Sequence[Passage]) -> tuple[Passage, ...]:
    """`said`: the passages with those that were said a moment ago."""
    step = prompt.step
    if not prompt.passages:
        return ()
    first = _best(prompt)
    query = step.query or ""
    apart = _of_each(prompt) if len(step.queries) > 1 else None
    if (found_apart := _named(prompt) if apart is None else apart) is not None:
        return found_apart
    # A search that the flow wrote has no parts of the customer's, nor has one for what answers an objection.
    own = bool(step.queries) or set(folded(query)) <= set(folded(prompt.text))
    anew = not ANEW.isdisjoint(step.intents) or step.topic in _PASSED_ON or step.state.lane == "trouble"
    if step.reason not in _QUESTIONS or not own:
        return _beside(first, said, prompt, own=own, anew=anew)
    if anew and not _near_enough(first, said, prompt):
        return ()
    if _is_another(first, prompt):
        return _called(prompt) or tuple(passage for passage in prompt.passages if share(query, passage) == 1)[:1]
    parts = parts_of(query)
    sure = first.answers is not None and first.answers >= _SURE  # its words may be of the other language
    if parts and not sure and not any(share(part, first) for part in parts):
        asked = _about(parts[0], prompt)  # it is about what was told beside the question
        first = asked if share(parts[0], asked) >= _ABOUT else first
    found = [first]
    several = len(parts) > 1 and (len(step.queries) > 1 or query.count("?") > 1 or joins(query))
    for part in parts if several else ():
        second = _about(part, prompt)
        fresh = second not in found and weight(second) >= _SECOND * weight(prompt.passages[0])
        known = max(share(part, passage) for passage in found)
        if fresh and share(part, second) >= _ABOUT > known and len(found) < _MOST:
            found.append(second)
    order = {passage.section.id: _place(passage, parts) for passage in (*found, *prompt.passages)}
    of = {name: parts[place] if len(parts) > 1 else query for name, place in order.items()}
    fitting = [passage for passage in found if _fits(of[passage.section.id], passage, prompt)]
    least = _APART * max(weight(p) for p in prompt.passages)
    found = fitting or [p for p in prompt.passages if weight(p) >= least and _fits(query, p, prompt)][:1]
    return tuple(sorted(found, key=lambda passage: order[passage.section.id]))


def _prices(passage: Passage, asked: str) -> bool:
    """Whether a price is asked for and stands there."""
    return costs(asked) and any(fact.currency for fact in passage.section.facts)


def _named(prompt: Prompt) -> tuple[Passage, ...] | None:
    """What is said of the things by whose names he asks which he needs; None where he does not."""
    named = tuple(p for p in prompt.passages if "named" in p.ranks)
    return named[:_MOST] if named and prompt.step.reason in _QUESTIONS else None


def _beside(first: Passage, said: Sequence[Passage], prompt: Prompt, *, own: bool, anew: bool) -> tuple[Passage, ...]:
    """What is said of the best find where the customer asks nothing by himself."""
    step = prompt.step
    likely = step.reason in _KNOWN or _likely(first, _OF_OTHERS if step.topic in _NO_BUYER else ANSWERS)
    looked = (step.reason in _BESIDE and own) or (step.reason in _LOOKED_UP and anew)
    fitting = not looked or (_fits(step.query or "", first, prompt) and _near_enough(first, said, prompt))
    return (first,) if likely and fitting else ()


def _of_each(prompt: Prompt) -> tuple[Passage, ...] | None:
    """The best that was found for each of several questions, in their order; None where at most one found any, and that
    is no sure answer to a question."""
    queries = prompt.step.queries
    most = max(weight(p) for p in prompt.passages)
    each = [p for p in prompt.passages if "question" in p.ranks]
    near = [p for p in each if p.answers is not None or weight(p) >= _APART * most]
    alone = [p for p in near if (p.answers or 0.0) >= _SURE and asks(queries[p.ranks["question"] - 1])]
    if len(near) < 2 and not alone:
        return None
    surest = max(p.answers or 0.0 for p in near)
    apart = [(p, queries[p.ranks["question"] - 1]) for p in sorted(near, key=lambda p: p.ranks["question"])]
    named = prompt.step.named  # of a list, each of whose things is asked about by its name
    least = [ANSWERS if asked in named else _BESIDE_ANOTHER for _, asked in apart]
    sure = [
        (p, a)
        for (p, a), line in zip(apart, least, strict=True)
        if _likely(p, line if p.answers != surest else min(line, _SUREST)) or _prices(p, a)
    ]
    said: list[Passage] = []
    for passage, asked in sure:
        wished = not asks(asked) and asked not in named
        if _fits(asked, passage, prompt, wished=wished) and not measured(asked, said):
            said.append(passage)
    return tuple(said[:_MOST])


def _near_enough(first: Passage, found: Sequence[Passage], prompt: Prompt) -> bool:
    """Whether what was not said yet is nearly as good a find as what was, and more than near to a trouble."""
    if prompt.step.topic == "trouble":
        # A question of its own, as «may I sell without it?», is answered by less than the trouble itself is.
        least = _IN_TROUBLE if prompt.step.queries else _HELPS
        return not _for_sale(first, prompt) and first.answers is not None and first.answers >= least
    if "correction" in prompt.step.intents and not _likely(first, _ANEW):
        return False  # beside the point once more is worse than to say that it is not known
    same = [p for p in found if p.section.language == first.section.language]
    return not same or weight(first) >= _NEXT * max(weight(p) for p in same)


def _for_sale(passage: Passage, prompt: Prompt) -> bool:
    """Whether it tells of what may be bought, beside a trouble, and no price is asked for."""
    return sells(passage) and not any(costs(question) for question in prompt.step.queries)


def _fits(asked: str, passage: Passage, prompt: Prompt, *, wished: bool = False) -> bool:
    if prompt.step.reason == "price" and (not prompt.step.queries or costs(asked)):
        return True  # what it is the price of was looked at in the facts
    strange = any(each.kind == "unnamed" for each in prompt.deciding)
    least = _WISHED if wished else _BESIDE_A_NAME if strange else ANSWERS
    if "trouble" in prompt.step.intents:
        least = max(least, _IN_TROUBLE)
    if any(each.kind in _RECKONED for each in prompt.deciding) and not (asked in prompt.step.queries and asks(asked)):
        least = max(least, _BESIDE_A_SUM)
    # Words tell little of a section in another language.
    if not _likely(passage, least if passage.section.language == prompt.step.language else _ELSEWHERE):
        return False
    section = passage.section
    if not in_stock(asked, folded(" ".join((section.title, section.text, *section.questions)))):
        return False
    answered = (section.title, *section.questions, *section.keywords)
    known = own_words(section) if section.language == prompt.step.language else None
    return fits(asked, f"{section.title}\n{section.text}", answered, known)


def _likely(passage: Passage, least: float) -> bool:
    """Whether its words say with that probability that it answers; where nothing tells, it may."""
    return passage.answers is None or passage.answers >= least


def _best(prompt: Prompt) -> Passage:
    """The best passage, unless a close one fits the customer better.

    Preferred, in this order: their language, a price when they asked for one, the product that they named, a question
    of the section in their own words, what the last answer did not say.
    """
    found = _prefer(prompt.passages, _SAME_LANGUAGE, lambda p: p.section.language == prompt.step.language)
    if found[0].section.language != prompt.step.language:
        found = _prefer(found, _SAME_LANGUAGE, lambda p: p.section.language == _COMMON_LANGUAGE)
    if prompt.step.reason == "price":
        named = max(_name_share(p, prompt) for p in found if weight(p) >= _NAMED * weight(found[0]))
        found = _prefer(found, _NAMED, lambda p: named > 0 and _name_share(p, prompt) == named)
        if not named:
            # Nothing of it was named: all there is, if there is such a list.
            lists = [p for p in found if sum(bool(fact.currency) for fact in p.section.facts) >= _SEVERAL]
            own = [p for p in lists if p.section.language == prompt.step.language]
            if not _priced_of_its_own(prompt, found[0], own or lists):
                found = _prefer(found, _OVERVIEW, lambda p: p in (own or lists))
    asked = folded(prompt.step.query or "")
    if not _leans_on_history(prompt, found[0]):
        found = _prefer(found, 0.0, lambda p: asked in asked_of(p.section))
    return found[0]


def _priced_of_its_own(prompt: Prompt, passage: Passage, lists: Sequence[Passage]) -> bool:
    """Whether the price is asked of what the best passage is about and sells, and no list of prices names."""
    asked = content(prompt.step.query or "")
    held = vocabulary(passage.section)
    about = [word for word in asked if holds(word, held.get(word[:ROOT], ()))]
    sells = any(fact.currency for fact in passage.section.facts)
    return sells and any(not any(share(word, each) for each in lists) for word in about)


def _name_share(passage: Passage, prompt: Prompt) -> float:
    """Share (0..1) of the words of what a passage sells that the customer said."""
    name = whole_name(passage.section)
    said = by_root(folded(prompt.step.query or "")) if name else {}
    return sum(holds(word, said.get(word[:ROOT], ())) for word in name) / len(name) if name else 0.0


def _about(part: str, prompt: Prompt) -> Passage:
    """The passage that a part of the message is about; with a price if one was asked for."""

    def fit(passage: Passage) -> tuple[float, bool, float]:
        priced = prompt.step.reason == "price" and any(fact.currency for fact in passage.section.facts)
        return share(part, passage), priced, weight(passage)

    return max(prompt.passages, key=fit)


def _leans_on_history(prompt: Prompt, passage: Passage) -> bool:
    """«сколько стоит?» after «маникюр»: the passage is about what was said before, not about these words."""
    before = next((exchange.user for exchange in reversed(prompt.history) if exchange.user), None)
    return before is not None and not content(prompt.step.query or "") and share(before, passage) > 0


def _is_another(passage: Passage, prompt: Prompt) -> bool:
    """Whether a price line names another thing than asked for: «массаж ног» between «массаж лица» and «ноги: воск».

    So it is when of two words side by side one names this product and the other another, and none is named by both.
    """
    own = names(passage.section)
    priced = [by_root(own), *(by_root(names(other.section)) for other in prompt.passages)]
    words = folded(prompt.step.query or "") if own else ()
    held = {word: tuple(holds(word, each.get(word[:ROOT], ())) for each in priced) for word in set(words)}
    for pair in pairwise(words):
        named = [held[word] for word in pair]
        apart = all(map(any, named)) and COMMON.isdisjoint(pair) and named[0][0] != named[1][0]
        if apart and not any(one and other for one, other in zip(*named, strict=True)):
            return True
    return False


def _called(prompt: Prompt) -> tuple[Passage, ...]:
    """The price lines whose whole names were said, in that order; of «маникюр» and «маникюр с лаком» the longer."""
    words = folded(prompt.step.query or "")
    held = by_root(words)
    said: dict[frozenset[str], Passage] = {}
    for passage in sorted(prompt.passages, key=lambda p: (p.section.language != prompt.step.language, -weight(p))):
        whole = frozenset(whole_name(passage.section))
        if whole and all(holds(word, held.get(word[:ROOT], ())) for word in whole):
            said.setdefault(whole, passage)
    longest = [whole for whole in said if not any(whole < other for other in said)]
    place = {whole: min(i for i, word in enumerate(words) if holds(word, whole)) for whole in longest}
    return tuple(said[whole] for whole in sorted(longest, key=place.__getitem__)[:_MOST])


def _place(passage: Passage, parts: Sequence[str]) -> int:
    return max(range(len(parts)), key=lambda number: share(parts[number], passage), default=0)


def _prefer(found: Sequence[Passage], least: float, wanted: Callable[[Passage], bool]) -> Sequence[Passage]:
    """Moves the first wanted passage to the front if its score reaches `least` of the best one's."""
    for passage in found:
        if wanted(passage) and weight(passage) >= least * weight(found[0]):
            return [passage, *(other for other in found if other is not passage)]
    return found
