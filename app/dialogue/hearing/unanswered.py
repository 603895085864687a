"""«You did not answer about training»: what of a message the next question is asked of."""

from app.language.folds import letters
from app.language.words import questions


def unanswered(told: str) -> str:
    """What was not answered, of who says so: what he asks behind it is of that."""
    known, words = questions(), told.split()
    said = [letters(word).replace("'", "").strip(",.") for word in words]
    if known["unanswered"].isdisjoint(said) or known["denies"].isdisjoint(said):
        return ""
    place = next((n for n, word in enumerate(said) if word in known["about"]), None)
    behind = next((n for n, word in enumerate(said) if word in known["about_behind"]), None)
    if place is not None:
        return " ".join(words[place + 1 :])
    return words[behind - 1] if behind else ""
