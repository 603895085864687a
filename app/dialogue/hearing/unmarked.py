"""What asks beside other questions and bears no mark of it: «how much is it? and you are open on Sundays»."""

from dataclasses import replace

from app.language.folds import letters
from app.language.words import questions
from app.reading.lexicon import listed
from app.reading.message import Clause, Message
from app.understanding.acts import Classifier

_LOOKED_UP = frozenset({"price", "sum", "feature", "comparison", "payment", "discount_request", "about_us"})
_TELLS = frozenset(
    {
        "info", "told", "complaint", "trouble", "frustration", "abuse", "refusal", "thanks", "goodbye", "purchase",
        "contact_given", "introduction", "correction", "paid", "human_wanted", "agreement",
    }
)  # fmt: skip
_SURELY = 0.5
_FEW = 4
"""Words of a question that is no sentence: «any hidden fees»."""
_SAYS = 3


def with_marks(message: Message) -> Message:
    """The message with what asks behind a question heard as a question, though neither a word nor a sign says so."""
    asked, clauses = False, list[Clause]()
    beside = any(clause.mood == "asked" for clause in message.clauses)
    for clause in message.clauses if beside else ():
        asks = clause.mood == "told" and (_costs(clause.text) or (asked and _asks(clause.text)))
        clauses.append(replace(clause, mood="asked") if asks else clause)
        asked = asked or clause.mood == "asked"
    return replace(message, clauses=tuple(clauses)) if beside else message


def _costs(text: str) -> bool:
    """«Total please», whatever stands before it or behind."""
    words = letters(text).split()
    return (
        len(words) <= _FEW
        and not questions()["costs"].isdisjoint(words)
        and set(words) <= questions()["costs"] | questions()["empty"]
    )


def _asks(text: str) -> bool:
    """Whether a clause behind a question is one more of them."""
    words, known = [letters(word).strip(",.()") for word in text.split()], questions()
    if not listed("moods", "told").isdisjoint(words) or not known["denies"].isdisjoint(words[1:]):
        return False
    if words[0] in known["whatever"]:
        return 1 < len(words) <= _FEW
    scored = Classifier.load().scored(text)
    if scored.best in _LOOKED_UP and scored.surest >= _SURELY:
        return len(words) > 1
    sure = scored.best in _TELLS and scored.surest >= _SURELY
    return not sure and len(words) >= _SAYS and not known["yours"].isdisjoint(words)


def buys(text: str) -> bool:
    """Whether a wish is an order."""
    return Classifier.load().scored(text).best == "purchase"
