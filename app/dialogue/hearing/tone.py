"""How a message sounds: only what stands there counts, a guess at feelings does not."""

from collections.abc import Collection

from app.dialogue.hearing.lexicon import Match
from app.types import Tone

_SHOUTED = 0.7
"""Share of capitals from which on a message is shouted, if it has SHOUT_LETTERS."""
_SHOUT_LETTERS = 10
_SMILES = ("😊", "🙂", "😍", "🥰", "❤", "🤗", "💕", "😘", "🌹", "🌸", "☺", ":)", ")))")
_FROWNS = ("😡", "🤬", "😠", "👿", "💩", "🖕")


def tone_of(text: str, intents: Collection[str], matches: Collection[Match]) -> Tone:
    """The tone of a message whose intents and phrases are known: the strongest sign decides."""
    words = {match.label[1] for match in matches if match.label[0] == "word"}
    letters = [character for character in text if character.isalpha()]
    capitals = sum(character.isupper() for character in letters)
    shouted = len(letters) >= _SHOUT_LETTERS and capitals >= _SHOUTED * len(letters)
    upset = any(intent in intents for intent in ("frustration", "complaint"))
    if "angry" in words or any(sign in text for sign in _FROWNS) or (upset and (shouted or "!!" in text)):
        return "angry"
    if upset or shouted or "???" in text or "opt_out" in intents:
        return "annoyed"
    if "hurry" in words:
        return "hurried"
    if "thanks" in intents or "warm" in words or any(sign in text for sign in _SMILES):
        return "warm"
    return "neutral"
