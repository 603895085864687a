"""The knowledge base in use: searched by many turns at once, replaced as a whole."""

import asyncio
from collections.abc import Callable, Sequence
from copy import copy
from datetime import date
from pathlib import Path

from app.deadline import Deadline
from app.knowledge.found import Asked, Found
from app.knowledge.models import Models
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase
from app.settings import Settings
from app.types import Section


def build_retriever(base: KnowledgeBase, settings: Settings, models: Models, today: date) -> Retriever:
    """The retriever that the settings describe. Blocks while sections are embedded; raises Unavailable."""
    return Retriever(
        base,
        today=today,
        min_coverage=settings.retriever.min_coverage,
        min_similarity=settings.retriever.min_similarity,
        spelling=settings.flags.spelling,
        query_context=settings.flags.query_context,
        models=models,
    )


class Knowledge:
    """Holds the retriever in use. `build` makes one from a knowledge base; it may block and is run in a thread.

    `folder` is where the operator publishes it, usually a link; None where nobody does.
    """

    def __init__(
        self, base: KnowledgeBase, build: Callable[[KnowledgeBase], Retriever], folder: Path | None = None
    ) -> None:
        self.folder = folder
        self.loaded_from = base.folder
        """The folder that `current` was read from, every link resolved; None when it was made in memory."""
        self.trouble = ""
        """Why what was published since is not in use; empty while all is well."""
        self.current = build(base)
        self._build = build
        self._rebuilding = asyncio.Lock()

    @property
    def version(self) -> str:
        return self.current.version

    @property
    def sections(self) -> Sequence[Section]:
        return self.current.sections

    def pinned(self) -> "Knowledge":
        """The knowledge base that is in use now, for as long as this is held: a swap does not touch it."""
        return copy(self)

    async def find(
        self,
        query: str,
        *,
        top_k: int,
        today: date,
        previous: str | None = None,
        without: Sequence[str] = (),
        deadline: Deadline | None = None,
    ) -> Found:
        """Searches the knowledge base that is in use now; a swap during the search does not touch it."""
        return await self.current.find(
            query, top_k=top_k, today=today, previous=previous, without=without, deadline=deadline
        )

    async def find_all(
        self, asked: Sequence[Asked], *, top_k: int, today: date, deadline: Deadline | None = None
    ) -> tuple[Found, ...]:
        """What each finds in the knowledge base that is in use now, in their order (Retriever.find_all)."""
        return await self.current.find_all(asked, top_k=top_k, today=today, deadline=deadline)

    async def rebuild(self, base: KnowledgeBase) -> Retriever:
        """Makes a retriever of `base` aside and puts it in use by one assignment; the newest call wins.

        Where the making fails or is cancelled the old one stays in use. Raises what `build` raises.
        """
        async with self._rebuilding:
            made = await asyncio.to_thread(self._build, base)
            self.current, self.loaded_from, self.trouble = made, base.folder, ""
        return made
