"""What a message asks beside words that something else answers: «wait till nine? and what does it cost?»."""

from collections.abc import Collection

from app.dialogue.hearing.text import contacts, fold, read, without
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.rules.scene import Scene
from app.language.folds import letters
from app.language.moments.moments import moments
from app.language.words import questions
from app.understanding.acts import Classifier

LOOKED_UP = frozenset(
    {
        "price", "sum", "feature", "comparison", "payment", "discount_request", "demo", "about_us", "booking",
        "objection_trust",
    }
)  # fmt: skip
"""What is looked up."""
_LIKELY = 0.3
_SURELY = 0.6
"""Probability from which a question is of the call, and from which who is no customer asks what a customer does."""
_MOST = 12
"""Clauses that are looked at."""
_SAYS = 2
"""Words from which what is left of a clause asks something."""
_OF_THE_CALL = frozenset(
    {"contact_given", "callback_time", "human_wanted", "agreement", "introduction", "small_talk", "thanks", "greeting",
     "bot_question", "goodbye"}
)  # fmt: skip
"""What is asked beside a number of the number itself, or of the call."""
_AROUND = 1
"""Words on either side of the one that asks, in its core."""
_HOURS = (("word", "reach_hours"), ("word", "our_hours"))
_OF_A_DAY = frozenset({"demo", "booking", "reschedule"})


def asked(s: Scene, lists: Collection[str]) -> str:
    """The clauses that ask for something to look up and hold no words of these lists; empty where all or none do."""
    clauses = s.said.clauses[:_MOST]
    if len(clauses) < 2:
        return ""
    kept = [clause for clause in clauses if looks_up(clause, lists)]
    return ". ".join(kept) if len(kept) < len(clauses) else ""


def looks_up(clause: str, lists: Collection[str], acts: Collection[str] = LOOKED_UP) -> bool:
    """Whether a clause asks for something to look up and holds no words of these lists."""
    best, message = Classifier.load().scored(clause), read(clause)
    own = any(m.label[0] == "word" and m.label[1] in lists for m in Vocabulary.load().find(message))
    return not own and best.best in acts and best.surest >= _LIKELY and len(message.tokens) > 1


def contact(s: Scene) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is asked beside a number: (what is looked up, what is only passed on: whether something may be on a day)."""
    looked, passed = [], []
    for clause in s.said.clauses[:_MOST]:
        text = _without_contact(s, clause)
        said = {letters(word).strip("?,.!") for word in text.split()}
        marked = clause.endswith("?")
        if len(said) < _SAYS or not (marked or said & questions()["asks"]):
            continue
        best = Classifier.load().scored(text)
        if best.best in _OF_THE_CALL or not (marked or best.best in LOOKED_UP):
            continue
        if best.best in _OF_A_DAY and moments(text).elements:
            passed.append(text.rstrip("?"))
        else:
            looked.append(f"{text.rstrip('?')}?")
    return tuple(looked), tuple(passed)


def others(
    s: Scene, own: Collection[str], lists: Collection[str] = (), *, only: Collection[str] = ()
) -> tuple[str, ...]:
    """Of several questions those that are not of what a message is passed on for, each to be looked up by itself.

    `own`: acts that are of it, as is a question with words of these `lists`. `only`: the acts that alone are looked up.
    """
    kept = []
    for question in s.said.questions if len(s.said.questions) > 1 and s.u.message.asking else ():
        if of_hours(question):
            kept.append(str(s.texts.data["query_hours"]))
            continue
        best, message = Classifier.load().scored(question), read(question)
        named = any(m.label[0] == "word" and m.label[1] in lists for m in Vocabulary.load().find(message))
        of_it = best.best in own or (best.best in _OF_THE_CALL and best.surest >= _SURELY)
        asks = question.endswith("?") or best.best in LOOKED_UP
        if asks and not (named or of_it) and (not only or (best.best in only and best.surest >= _SURELY)):
            kept.append(question)
    return tuple(dict.fromkeys(kept))


def of_hours(question: str) -> bool:
    """Whether it is asked when people of ours can be reached."""
    return any(m.label[:2] in _HOURS for m in Vocabulary.load().find(read(question)))


def put_right(s: Scene) -> tuple[str, ...]:
    """What is asked beside a new time for a call: each question by itself, the one for our hours in the usual words."""
    found = []
    for clause in s.said.clauses[:_MOST]:
        if of_hours(clause):
            found.append(str(s.texts.data["query_hours"]))
        elif clause.endswith("?") and Classifier.load().scored(clause).best not in (*_OF_THE_CALL, "reschedule"):
            found.append(clause)
    return tuple(dict.fromkeys(found))


def core(question: str) -> str:
    """The words around the one that asks, of a question with a story in it: «if it breaks, is there a warranty»."""
    words = question.rstrip("?").split()
    place = next((n for n, word in enumerate(words) if letters(word) in questions()["asks"]), None)
    return (
        ""
        if place is None or len(words) <= 2 * _AROUND + 1
        else " ".join(words[max(0, place - _AROUND) : place + _AROUND + 1])
    )


def _without_contact(s: Scene, clause: str) -> str:
    """The clause without a number in it, and without the name and what leads to it."""
    message = read(clause)
    name = set(map(fold, s.heard.values.get("name", "").split()))
    cues = (m for m in Vocabulary.load().find(message) if m.label[:2] == ("word", "name_cue"))
    gone = {place for match in cues for place in range(match.start, match.end)}
    ways = [(contact.start, contact.end) for contact in contacts(message.text)]
    for place, token in enumerate(message.tokens):
        if token.text in name or any(start <= token.start < end for start, end in ways):
            gone.add(place)
    if not gone:
        return clause.strip()
    joined = {at - 1 for at in gone if at and message.tokens[at - 1].text in questions()["joins"]}
    return without(message, frozenset(gone | joined)).strip(" ,.")


def still_wanted(s: Scene) -> bool:
    """«Still need them, one each», in the middle of something else: more like an order than what the talk is about."""
    wants, acts = s.u.acts.get("purchase", 0.0), s.u.acts
    return wants >= _LIKELY and wants == max(acts.values()) and bool(s.u.word("still_wants"))
