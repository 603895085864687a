"""The reply to our question, by the kind of its slot: an option, a number, a yes or a no, the customer's own words."""

import re
from dataclasses import replace

from app.dialogue.hearing.text import read, without
from app.dialogue.kinds import FREE
from app.dialogue.slots.choices import pick
from app.dialogue.slots.counts import MAX_PEOPLE, MAX_PIECES, counted, pieces
from app.dialogue.slots.names import is_name, named
from app.dialogue.slots.reader import DECLINED, NOTHING, Heard, SlotReader

MAX_VALUE = 200
"""Characters kept of a free-text answer."""
THIS_CHAT = "this_chat"
"""The contact of a customer who says «пишите сюда»."""

_FREE_CHOICE = 2
"""Words."""
_SHORT_NUMBER = 6
_ASKS = 0.8
"""Probability from which a few words ask something, whatever we have asked."""
_BESIDE_A_NUMBER = ("approx", "correct", "own", "only", "mine", "shop", "place", "affirm")
"""Lists of words that may stand beside a number and leave it the answer."""
_WORD = 3
"""Letters."""
_USUAL = {"timing": "when", "authority": "who"}
"""The helper list with the usual words of an answer, by the kind of its slot."""


def late_number(r: SlotReader) -> Heard:
    """«12», two questions later; while a number or a list of options is asked for, it belongs there."""
    waiting = r.slots[r.pending].kind if r.pending else ""
    if waiting in ("number", "contact") or r.options or len(r.tokens) != 1 or r.heard.values:
        return NOTHING
    slot = next((slot for slot in r.late if r.slots[slot].kind == "number"), None)
    return _number(r, slot) if slot is not None and not r.filled(slot) else NOTHING


def withheld(r: SlotReader) -> Heard:
    """«не хочу номер давать», «позже пришлю»."""
    asked = r.pending is not None and r.slots[r.pending].kind == "contact"
    refuses = asked and not r.u.contacts and not r.u.asking and "withhold" in r.words and not r.busy
    return DECLINED if refuses else NOTHING


def pending(r: SlotReader) -> Heard:
    """The slot that waits, in whatever short form the reply came."""
    if r.pending is None:
        return NOTHING
    found = NOTHING
    if not r.filled(r.pending):
        chosen = _chosen(r, r.pending)
        found = _answer(r, r.pending) if chosen is None else chosen
    return replace(found, answered=True) if r.after(found).filled(r.pending) else found


def _chosen(r: SlotReader, slot: str) -> Heard | None:
    """What the question listed, where the reply points at it («второй», «2»); None where it points at nothing."""
    options = pick(r.u, r.options) if r.slots[slot].kind in (*FREE, "choice") else None
    if options is None:
        return None
    values = []
    for option in options:
        found = [m.label[2] for m in r.vocabulary.find(read(option)) if m.label[:2] == ("value", slot)]
        values.append(found[0] if found else option)
    return Heard({slot: ", ".join(dict.fromkeys(values))}) if values else NOTHING


def _answer(r: SlotReader, slot: str) -> Heard:
    if r.u.word("unknown") and not r.heard.values:
        return DECLINED
    kind, found = r.slots[slot].kind, NOTHING
    if kind == "yes_no":
        return _yes_or_no(r, slot)
    if kind == "number":
        found = _number_apart(r, slot) if r.u.message.asking else _number(r, slot)
    elif kind == "contact":
        here = "this_chat" in r.words and not r.u.message.asking
        found = Heard({slot: THIS_CHAT}) if here else NOTHING
    else:
        found = _freely(r, slot)
    if r.after(found).filled(slot) or not r.u.denies or r.busy or _corrects(r):
        return found
    return found | (Heard({slot: "none"}) if slot == "current_tools" else replace(DECLINED, none=True))


def _corrects(r: SlotReader) -> bool:
    """«No, I asked about the photos»: a no to our answer, and not to our question."""
    named = any(place not in r.at("deny") for place in r.u.content)
    return named and r.u.has("correction") and r.u.acts.get("correction", 0.0) >= _ASKS


def _yes_or_no(r: SlotReader, slot: str) -> Heard:
    if r.busy:
        return NOTHING
    # «нет, не надо» is plain; «не подходит» says no where just this is asked. Long tales decide nothing.
    answers = r.at("affirm") | r.at("assent") | r.at("deny") | r.at("dissent")
    wavers = "deny" in r.words and answers.issuperset(r.u.content)  # «да нет, наверное»
    if r.u.denies or wavers or (r.u.short and "dissent" in r.words):
        return Heard({slot: "no"})
    if r.u.affirms or r.u.has("agreement", "purchase") or (r.u.short and "assent" in r.words):
        return Heard({slot: "yes"})
    return NOTHING


def _number_apart(r: SlotReader, slot: str) -> Heard:
    """«Только одна, а сколько стоит?»: a clause that only counts answers, whatever another one asks."""
    if not r.slots[slot].volunteered or r.filled(slot) or "contact" in r.heard.values:
        return NOTHING
    aside = frozenset[int]().union(*(r.at(name) for name in _BESIDE_A_NUMBER))
    for clause in sorted({r.tokens[place].clause for place, _ in counted(r)} - r.u.asking):
        places = [place for place in r.u.content if r.tokens[place].clause == clause]
        numbers = [(place, number) for place, number in counted(r) if r.tokens[place].clause == clause]
        if len(numbers) == 1 and set(places) <= {numbers[0][0], *aside} and 1 <= numbers[0][1] <= MAX_PEOPLE:
            return r.told(slot, str(numbers[0][1]))
    return NOTHING


def _number(r: SlotReader, slot: str) -> Heard:
    people = r.slots[slot].volunteered  # a bare number, of nothing else
    numbers = list(counted(r)) if people else list(pieces(r))
    # «Возьму два» counts what he takes.
    bought = people and r.u.has("purchase")
    taken = (people and "shops" in r.heard.values) or "contact" in r.heard.values or bought
    if not numbers or taken or r.busy:
        return NOTHING
    beside = ("approx", "correct", "negation_before", *(() if people else ("pieces", "other_unit", "want", "own")))
    aside = frozenset[int]().union({place for place, _ in numbers}, *(r.at(name) for name in beside))
    rest = [place for place in r.u.content if place not in aside and not r.tokens[place].text.isdecimal()]
    most, last = MAX_PEOPLE if people else MAX_PIECES, numbers[-1][1]
    plain = len(r.tokens) <= _SHORT_NUMBER and len(rest) <= (1 if people else 2) and 1 <= last <= most
    return r.told(slot, str(last)) if plain else NOTHING


def _freely(r: SlotReader, slot: str) -> Heard:
    spec, kind = r.slots[slot], r.slots[slot].kind
    if spec.accepts_yes and r.u.only_affirms and not r.busy and r.u.short and slot not in r.known:
        return Heard({slot: "yes"})
    if r.u.message.asking and (before := _before_a_question(r, slot)):
        return before
    # «нас 5» says how many, not who decides.
    elsewhere = r.u.short and any(name in r.heard.values for name in ("company_size", "shops", *r.late))
    # «нет, сам решаю», «потом»: the usual words of such an answer, though they refuse or say little elsewhere.
    usual = _USUAL.get(kind, "") in r.words
    # «сам», «всё вместе»: said of anything, where nothing else is said.
    usual |= kind == "text" and "who" in r.words and not r.u.content and len(r.u.message.text.strip()) > 2
    # «только я» decides, he need not work alone.
    alone = usual and kind == "authority" and "solo" in r.words
    found = Heard(undone=frozenset({"company_size"})) if alone else NOTHING
    told = (bool(r.u.content) or usual) and slot not in r.known
    if (elsewhere and not usual) or not told or r.busy or (r.u.denies and not usual):
        return found
    return found | _own_words(r, slot, usual=usual)


_NO_TROUBLE = ("objection_think", "purchase", "thanks", "goodbye", "demo", "invoice", "human_wanted")
_PLAINLY = 0.8
"""Probability of one of these from which a message answers no open question of ours."""


def _own_words(r: SlotReader, slot: str, *, usual: bool) -> Heard:
    """All that he says, or the thing that it names. `usual`: in the usual words of such an answer."""
    spec, kind = r.slots[slot], r.slots[slot].kind
    if kind == "name":
        return named(r, 0) if len(r.tokens) <= 3 and is_name(r, 0, capital=False) else NOTHING
    if (r.heard.values and kind == "choice") or r.u.contacts or "name" in r.heard.values:
        return NOTHING  # another slot was told: the words belong to that one
    elsewhere = any(r.u.acts.get(act, 0.0) >= _PLAINLY for act in _NO_TROUBLE)
    if kind == "text" and not spec.subject and elsewhere:
        return NOTHING  # «I'll think about it», «I take it»: no trouble and no wish of his shop
    text = re.sub(r"\s+", " ", without(r.u.message, r.u.greeting))[:MAX_VALUE].strip()
    if kind == "choice" and (_only_counts(r) or not _names_a_thing(r) or _asks_of_us(r)):
        return NOTHING
    if spec.subject:
        text = _object(r, text)
    bought = r.u.has("purchase") and not spec.subject
    says = (not r.u.only_affirms or usual) and not bought and _says_something(r, kind, text)
    return Heard({slot: text}) if says else NOTHING


def _before_a_question(r: SlotReader, slot: str) -> Heard | None:
    """«через месяц, а доставка есть?» answers before it asks: its usual words stand in a clause apart."""
    usual = r.at(_USUAL.get(r.slots[slot].kind, ""))
    clauses = {r.tokens[place].clause for place in usual} - r.u.asking
    if not clauses or slot in r.known:
        return None
    other = frozenset(place for place, token in enumerate(r.tokens) if token.clause not in clauses)
    return Heard({slot: without(r.u.message, other | r.u.greeting).rstrip(" ?,")[:MAX_VALUE]})


def _says_something(r: SlotReader, kind: str, text: str) -> bool:
    """«я» and «20%» answer some questions, «R-80» and «1» others; a trade or a trouble takes a word."""
    word = sum(character.isalpha() for character in text) >= _WORD
    if kind == "choice":
        return word
    counts = bool(r.options) or any(r.slots[slot].kind == "number" for slot in r.late)
    signs = any(character.isalnum() for character in text)
    return signs and (word or kind in (*_USUAL, "money", "criteria") or not counts)


def _asks_of_us(r: SlotReader) -> bool:
    """Whether the examples hear a question about what we have: «а доставка» is no kind of shop."""
    return max(r.u.acts.get(act, 0.0) for act in ("feature", "price")) >= _ASKS


def _only_counts(r: SlotReader) -> bool:
    """«And for two»: a number and small words name nothing."""
    return all(r.tokens[place].text.isdecimal() or place in r.spelled for place in r.u.content)


def _names_a_thing(r: SlotReader) -> bool:
    """Whether the words can be a kind of shop or a program we have no entry for: a few, and about nothing else."""
    told = [place for place in r.u.content if place not in r.at("own")]
    other = any(name in r.words for name in ("want", "other_unit", "negation_before", "negation_after"))
    return 0 < len(told) <= _FREE_CHOICE and not other and not r.valued and not r.u.affirms


def _object(r: SlotReader, text: str) -> str:
    """What is wanted, without the wish: «нужен сканер» is «сканер», «хочу купить» is nothing yet."""
    message = read(text)
    wish = [m for m in r.vocabulary.find(message) if m.label[:2] == ("word", "wish") and m.start == 0]
    if not wish:
        return "" if r.u.has("purchase") and r.u.short else text
    return without(message, frozenset(range(max(m.end for m in wish))))
