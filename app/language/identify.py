"""The language of a text, and the language to answer it in."""

from dataclasses import dataclass

from app.language import words
from app.language.folds import KAZAKH
from app.language.letters.chunks import CYRILLIC
from app.language.letters.evidence import Evidence
from app.language.scripts import Meant, meant
from app.types import Language

_ENOUGH = 1.0  # points from which a language was heard
_LIKELY = 0.5  # the same for Kazakh with a letter or a listed word of its own
_SPOKEN: dict[str, Language] = {"ru": "ru", "kk": "kk", "en": "en"}
_WORDS = 3  # Latin words that no list knows and that are English all the same
_READ = 400  # characters of a long text that tell its language
_ENGLISH = 2  # English words that make a Cyrillic message a mixed one: one is a greeting or a thank you


@dataclass(frozen=True, slots=True)
class Identified:
    """`language`: "ru", "kk", "en", "mixed", or the ISO 639-1 code of another one. `answer`: what to answer in.

    `sure` is false where the text does not tell and the answer's language is the conversation's.
    """

    language: str
    answer: Language
    sure: bool


def identify(text: str | Meant, default: Language) -> Identified:
    """What was heard in a raw text (or in one that was read already); `default` is the conversation's language.

    Kazakh where its words weigh no less than the Russian ones, as in a conversation that mixes them; the neighbours'
    languages are answered in Russian; what no list, letter or script tells stays in `default`.
    """
    evidence = (text if isinstance(text, Meant) else meant(text)).evidence
    other = _other(evidence)
    if other:
        known = words.others().get(other)
        return Identified(other, _SPOKEN.get(known.answer, default) if known else default, True)
    ru, kk, en = (evidence.of(language) for language in ("ru", "kk", "en"))
    answer, sure = _strongest(ru, kk, en, evidence, default)
    told = {"ru": ru >= _ENOUGH, "kk": kk >= _ENOUGH, "en": en >= (_ENGLISH if evidence.cyrillic else _ENOUGH)}
    if sum(told[name] for name in evidence.firm & told.keys()) > 1:
        # Who writes Kazakh or English puts Russian words into it, however many; hardly anybody does the reverse.
        kept = default != "ru" and default in evidence.firm and told[default]
        return Identified("mixed", default if kept else answer, True)
    if told["kk"] and "kk" in evidence.firm and "ru" not in evidence.firm:
        answer, sure = "kk", True  # what only looks Russian are the names of things: «пробный период бар ма»
    # A single word of Russian look leaves a Kazakh conversation Kazakh, but it was a Russian word that was heard.
    return Identified("ru" if evidence.cyrillic and not sure and ru > kk else answer, answer, sure)


def written_in(text: str) -> Language:
    """The language that a page of ours plainly is written in; Russian where it does not tell."""
    page = text[:_READ]
    if KAZAKH.isdisjoint(page.lower()) and 2 * len(CYRILLIC.findall(page)) > len(page):
        return "ru"  # most pages, without weighing a word of them: an owner writes his language with its letters
    heard = identify(page, "ru")
    return heard.answer if heard.sure else "ru"


def _strongest(ru: float, kk: float, en: float, evidence: Evidence, default: Language) -> tuple[Language, bool]:
    """(what to answer in, whether the words told it)."""
    found: tuple[Language, bool] = default, False
    if en >= _ENGLISH and en > ru + kk and evidence.latin > evidence.cyrillic:
        found = "en", True
    elif kk >= ru and kk >= (_LIKELY if "kk" in evidence.firm else _ENOUGH):
        found = "kk", True
    elif ru >= _ENOUGH:
        found = "ru", True
    elif evidence.cyrillic:
        found = "ru" if default == "en" else default, False
    elif en or evidence.latin >= _WORDS:
        found = "en", True
    return found


def _other(evidence: Evidence) -> str:
    """The language that is none of ours, if its words are no fewer, and some of them are nobody else's."""
    ours = max((evidence.of(language) for language in ("ru", "kk", "en")), default=0.0)
    for name, points in evidence.points:
        if name in evidence.alone and points >= _ENOUGH and points >= ours:
            return name
    return evidence.script if not evidence.cyrillic and evidence.latin < _WORDS else ""
