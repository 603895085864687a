"""What the operator publishes is put in use; what cannot be is left alone for a while and then tried again."""

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from app.knowledge import watcher
from app.knowledge.models import Models
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, load
from app.knowledge.shelf import Knowledge, build_retriever
from app.knowledge.watcher import Watcher
from app.settings import load as settings

TODAY = date(2026, 6, 1)


class Shop:
    """A knowledge folder that is a link, with the watcher over it; `told` is what came of each attempt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.link = folder / "kb"
        self.publish("first", "Касса стоит 1 000 ₸.")
        self.told: list[bool] = []
        self.fault: Exception | None = None
        """What the next versions meet when they are built."""
        self.knowledge = Knowledge(load(self.link), self._build, self.link)

        async def after(ok: bool) -> None:
            self.told.append(ok)

        self.watcher = Watcher(self.knowledge, after)

    def _build(self, base: KnowledgeBase) -> Retriever:
        if self.fault is not None:
            raise self.fault
        return build_retriever(base, settings(environ={}), Models(), TODAY)

    def write(self, name: str, text: str) -> Path:
        version = self._folder / name
        version.mkdir(exist_ok=True)
        (version / "a.yaml").write_text(f"sections:\n  - {{id: till, title: Касса, text: {text}}}\n", "utf-8")
        return version

    def lead_to(self, version: Path) -> None:
        new = self._folder / "new"
        new.symlink_to(version)
        new.replace(self.link)

    def publish(self, name: str, text: str) -> None:
        self.lead_to(self.write(name, text))

    def says(self) -> str:
        return self.knowledge.current.search("касса", top_k=1, today=TODAY)[0].section.text


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """later(seconds): the watcher's clock goes on by so many."""
    passed = [0.0]
    steady = watcher.time.monotonic
    monkeypatch.setattr(watcher.time, "monotonic", lambda: steady() + passed[0])

    def go(seconds: float) -> None:
        passed[0] += seconds

    return go


async def test_a_new_version_is_put_in_use_once(shop: Shop) -> None:
    assert not await shop.watcher.look()
    shop.publish("second", "Касса стоит 2 000 ₸.")
    assert await shop.watcher.look()
    assert shop.says() == "Касса стоит 2 000 ₸."
    assert not await shop.watcher.look()
    assert shop.told == [True]


async def test_what_could_not_be_loaded_is_left_alone_for_a_while_and_then_tried_again(
    shop: Shop, tmp_path: Path, later: Callable[[float], None]
) -> None:
    late = tmp_path / "late"
    late.mkdir()
    shop.lead_to(late)  # its files have not come yet
    assert not await shop.watcher.look()
    assert shop.says() == "Касса стоит 1 000 ₸.", "the one before it serves on"
    assert "late was published and cannot be used" in shop.knowledge.trouble
    shop.write("late", "Касса стоит 3 000 ₸.")
    later(20)
    assert not await shop.watcher.look(), "not every second: it may take its time to fail"
    later(20)
    assert await shop.watcher.look()
    assert shop.says() == "Касса стоит 3 000 ₸."
    assert shop.knowledge.trouble == ""
    assert shop.told == [False, True]


async def test_another_version_need_not_wait_for_one_that_failed(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    shop.lead_to(tmp_path / "bad")
    assert not await shop.watcher.look()
    shop.publish("good", "Касса стоит 4 000 ₸.")
    assert await shop.watcher.look()
    assert shop.says() == "Касса стоит 4 000 ₸."


@pytest.mark.parametrize("fault", [OSError(24, "Too many open files"), ValueError("no such file"), MemoryError()])
async def test_whatever_building_a_version_meets_the_watch_goes_on(shop: Shop, fault: Exception) -> None:
    shop.fault = fault
    shop.publish("bad", "Касса стоит 6 000 ₸.")
    assert not await shop.watcher.look(), "what it raised would end the watch"
    assert shop.says() == "Касса стоит 1 000 ₸.", "the one before it serves on"
    assert shop.knowledge.trouble == f"bad was published and cannot be used: {type(fault).__name__}"
    shop.fault = None
    shop.publish("good", "Касса стоит 7 000 ₸.")
    assert await shop.watcher.look()
    assert shop.says() == "Касса стоит 7 000 ₸."
    assert shop.told == [False, True]


async def test_a_version_that_is_taken_back_is_no_trouble_any_more(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    shop.lead_to(tmp_path / "bad")
    await shop.watcher.look()
    shop.lead_to(tmp_path / "first")
    assert not await shop.watcher.look()
    assert shop.knowledge.trouble == ""


async def test_what_was_taken_back_is_tried_at_once_when_it_is_published_again(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "late").mkdir()
    shop.lead_to(tmp_path / "late")
    assert not await shop.watcher.look()
    shop.lead_to(tmp_path / "first")
    assert not await shop.watcher.look()
    shop.publish("late", "Касса стоит 5 000 ₸.")
    assert await shop.watcher.look(), "whoever publishes waits for it"
    assert shop.says() == "Касса стоит 5 000 ₸."


async def test_what_is_in_use_and_could_not_be_loaded_again_is_told(shop: Shop, tmp_path: Path) -> None:
    assert not await shop.watcher.look()
    (tmp_path / "first" / "a.yaml").write_text("sections: [\n", "utf-8")
    await shop.watcher.look()
    assert "first was changed where it lies" in shop.knowledge.trouble
    await shop.watcher.look()
    assert "first was changed where it lies" in shop.knowledge.trouble, "for as long as it is so"
    assert shop.says() == "Касса стоит 1 000 ₸."
    shop.write("first", "Касса стоит 1 000 ₸.")
    await shop.watcher.look()
    assert shop.knowledge.trouble == ""


@pytest.mark.parametrize("ending", ["yaml", "yml"])
async def test_a_file_of_either_ending_that_was_harmed_where_it_lies_is_told(
    shop: Shop, tmp_path: Path, ending: str
) -> None:
    second = tmp_path / "first" / f"b.{ending}"
    sound = "sections:\n  - {id: desk, title: Стол, text: Стол стоит 500 ₸.}\n"
    second.write_text(sound, "utf-8")
    assert not await shop.watcher.look()
    assert shop.knowledge.trouble == ""
    second.write_text("sections: [\n", "utf-8")
    await shop.watcher.look()
    assert second.name in shop.knowledge.trouble
    second.write_text(sound, "utf-8")
    await shop.watcher.look()
    assert shop.knowledge.trouble == ""


async def test_it_looks_once_a_second_until_it_is_ended(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def second(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            shop.publish("second", "Касса стоит 2 000 ₸.")
        if len(waited) == 4:
            raise asyncio.CancelledError

    monkeypatch.setattr(watcher.asyncio, "sleep", second)
    with pytest.raises(asyncio.CancelledError):
        await shop.watcher.run()
    assert waited == [1.0] * 4
    assert shop.says() == "Касса стоит 2 000 ₸."
    assert shop.told == [True]


async def test_knowledge_that_nobody_publishes_is_left_as_it_is() -> None:
    base = KnowledgeBase((), "v")
    made = Knowledge(base, lambda _: build_retriever(base, settings(environ={}), Models(), TODAY))
    assert not await Watcher(made, _never).look()
    assert made.trouble == ""


async def _never(_: bool) -> None:
    raise AssertionError("nothing was swapped")
