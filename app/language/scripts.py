"""A customer's raw text as he meant it: one script, one keyboard, no held letters, nothing unseen.

`meant` is the one entry. It takes time in proportion to the text's length and never raises, whatever the text.
"""

from dataclasses import dataclass
from functools import lru_cache

from app.language import words
from app.language.folds import KAZAKH, lower, plain
from app.language.letters import alike, held, signs, typed
from app.language.letters.chunks import CYRILLIC, TOKEN
from app.language.letters.evidence import Evidence, weigh

_KEPT = 512  # texts: those of a turn are read by several rooms


@dataclass(frozen=True, slots=True)
class Meant:
    """`text` as it was meant; `done` names what was changed, in this order: "entities", "signs", "alike", "held",
    "layout", "latin"; `evidence` is what its words say of its language.
    """

    text: str
    done: tuple[str, ...]
    evidence: Evidence


@lru_cache(maxsize=_KEPT)
def meant(text: str, own: frozenset[str] = frozenset()) -> Meant:
    """`text` as it was meant. `own`: lower-case Latin names of the shop, which stay as they are typed.

    Links, addresses, handles, English words and names stay; every word is judged by itself and by those beside it.
    """
    done: list[str] = []

    def step(name: str, changed: str) -> str:
        if changed != text:
            done.append(name)
        return changed

    text = step("entities", signs.without_entities(text))
    text = step("signs", signs.plain_signs(text))
    text = step("alike", alike.one_script(text))
    text = step("held", held.released(text, _known))
    read = typed.read(text, own)
    done += read.done
    text = read.text
    return Meant(text, tuple(done), weigh(text))


def lettered(text: str) -> str:
    """A Kazakh text with the letters back that were typed without: in listed words that are no others without them."""
    return TOKEN.sub(lambda match: _with_letters(match.group()), text)


def _known(word: str) -> bool:
    return any(words.words(language).know(word) for language in ("ru", "kk", "en"))


@lru_cache(maxsize=1)
def _lettered() -> dict[str, str]:
    """Kazakh words by how they are typed without their letters, unless that is a word too."""
    ru, kk = words.words("ru"), words.words("kk")
    found: dict[str, str] = {}
    for word in sorted(kk.own):
        bare = plain(word)
        if bare != word and bare not in kk.own and bare not in ru.own and bare not in ru.shared:
            found.setdefault(bare, word)
    return found


@lru_cache(maxsize=8192)
def _with_letters(word: str) -> str:
    if not CYRILLIC.search(word):
        return word
    low = lower(word)
    if not KAZAKH.isdisjoint(low):
        return word
    found = _lettered().get(low)
    if found is None:
        return word
    return (
        found.upper()
        if word.isupper() and len(word) > 1
        else found[:1].upper() + found[1:]
        if word[0].isupper()
        else found
    )
