"""A short or anaphoric message ("а сколько?") means little alone: it is searched with the previous user turn."""

from app.knowledge.text import words

_SHORT = 3  # words up to which a message leans on the one before
_MAX_ANAPHORIC = 6  # a longer message says enough by itself, pronoun or not
_REPEAT = 3  # how often the message stands beside the one before, so that it weighs more
_PRICE = frozenset(
    words(
        "сколько стоит стоят цена цены ценник почем скок скоко стоимость прайс қанша тұрады баға бағасы much cost price"
    )
)
_ANAPHORA = frozenset(
    words(
        "это этот эта эти этого этому этой этих он она оно они его ее их него нее них ему ей им ним там туда оттуда "
        "тоже также такой такая такое такие тот та те тогда сам сама само нему ней "
        "бұл ол олар осы сол оның оны олардың онда мұны мұның соны соның "
        "it its they them their that this those these there one ones he she"
    )
)
_OPENERS = frozenset(words("а и или но же ну ал ша and or but so"))
_FILLERS = frozenset(
    words(
        "скажите подскажите хотя ладно тогда "
        "ваш ваша ваше ваши вашу вашей хочу хотим могу могут мочь бывает нужен нужна нужны делаете делать "
        "а и или но же ну ли да нет в во на по за для у к с со о об от до из вы вас вам вами мы нам нас я мне меня "
        "как что где когда какой какая какие какое каком сколько стоит цена почем скок скоко есть можно нужно надо "
        "если то бы же там тут еще ещё это все всё уже будет "
        "қанша тұрады бар ма ме ба бе ал қалай "
        "the a an is are do does how much what when where can i you we if of for to in on and or but it"
    )
)


def in_context(text: str, previous: str | None) -> str:
    """The text to search: `text`, with `previous` before it where `text` leans on it."""
    if not previous or not leans_on_context(text):
        return text
    return " ".join((previous, *(text,) * _REPEAT))


def leans_on_context(text: str) -> bool:
    """True for "а сколько?", "и на год?", "он с гарантией?": few words, no content, a pronoun in few words."""
    found = words(text)
    if len(found) <= _SHORT or all(word in _FILLERS or word in _ANAPHORA for word in found):
        return True
    anaphoric = found[0] in _OPENERS or any(word in _ANAPHORA for word in found)
    return anaphoric and len(found) <= _MAX_ANAPHORIC


def content_words(text: str) -> frozenset[str]:
    """The words that say what a message is about: no pronouns, conjunctions, "can I".

    Where nothing else is left the words that ask for a price; empty for "ну и?".
    """
    found = frozenset(words(text)) - _ANAPHORA - _OPENERS
    return found - _FILLERS or found & _PRICE
