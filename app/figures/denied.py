"""What a clause says is so: «I am not a student» tells of no student."""

from collections.abc import Iterator, Sequence

from app.figures.words import Token, common, written


def affirmed(found: Sequence[Token], parts: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """The folded words of a clause but for those that it denies. `parts`: [first, last) places between its marks."""
    gone = {first + place for first, last in parts for place in _denied(found[first:last])}
    return tuple(token.folded for place, token in enumerate(found) if place not in gone)


def _denied(part: Sequence[Token]) -> Iterator[int]:
    """Linear: what is light is gone through once, up to the next word that denies."""
    for place, token in enumerate(part):
        if token.raw in written("nots"):
            behind = place + 1
            if place and behind < len(part) and part[behind].raw in written("beings"):
                yield place - 1  # «a student I am not»
            while behind < len(part) and _light(part[behind]):
                behind += 1
            yield behind
        elif place and token.raw in written("nots_behind"):
            yield place - 1


def _light(token: Token) -> bool:
    light = token.folded in common() or token.raw in written("beings") or token.raw in written("leading")
    return light and token.raw not in written("nots")
