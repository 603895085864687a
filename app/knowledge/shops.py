"""The shop that a knowledge base belongs to, as one of its files says it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from app.types import Shop, Thing, ThingKind

LINE = "__line__"
"""The key under which a mapping that was read knows its line."""
Words = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class _Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    begins: str = ""
    whole: str = ""
    unit: str = ""
    kinds: list[ThingKind] = []


class ShopModel(BaseModel):
    """The key `shop` of a file."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    name: Words
    sells: str = ""
    things: dict[Words, _Thing] = {}


def told(own: ShopModel) -> Shop:
    """A shop as its file says it, without spare spaces."""
    things = (
        Thing(name, tuple(thing.begins.split()), tuple(thing.whole.split()), thing.unit, tuple(thing.kinds))
        for name, thing in own.things.items()
        if name != LINE
    )
    return Shop(" ".join(own.name.split()), " ".join(own.sells.split()), tuple(things))
