"""Publishing on disk: one whole version at every moment, a way back, and what speaks against a version."""

import fcntl
import json
import os
import signal
import sys
import warnings
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ConfigError
from app.evaluation.checkup import review
from app.evaluation.comparison import compare
from app.evaluation.retrieval import Query
from app.knowledge.contradictions import changes, contradictions
from app.knowledge.history import Entry, append, read, standing
from app.knowledge.publishing import Place, before, locked, prune, store, switch
from app.knowledge.retriever import Retriever
from app.knowledge.sections import KnowledgeBase, digest, load
from app.types import Fact, Section
from tests.knowledge.test_retrieval import TODAY

SECTION = """sections:
  - id: rost
    title: Тариф «Рост»
    text: Тариф «Рост» стоит {price} ₸ в месяц.
    questions: [сколько стоит рост, цена роста, почём рост]
    facts: [{{name: Тариф «Рост», amount: {price}, currency: KZT, period: month}}]
"""


def source(folder: Path, price: int) -> Path:
    (folder / "eval").mkdir(parents=True, exist_ok=True)
    (folder / "prices.yaml").write_text(SECTION.format(price=price), "utf-8")
    (folder / "eval" / "q.jsonl").write_text('{"query": "почём рост", "expect": ["rost"]}\n', "utf-8")
    return folder


def publish(place: Place, folder: Path) -> Path:
    with locked(place):
        version = store(place, folder, load(folder))
        if version != place.in_use():
            switch(place, version, "publish")
    return version


def roll_back(place: Place) -> Path:
    with locked(place):
        version = before(place)
        switch(place, version, "rollback")
    return version


def price(place: Place) -> Decimal:
    return load(place.link).sections[0].facts[0].amount


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "srv" / "kb")


@pytest.fixture
def three(place: Place, tmp_path: Path) -> tuple[Path, Path, Path]:
    place.link.parent.mkdir()
    first, second, third = (publish(place, source(tmp_path / str(n), n)) for n in (1, 2, 3))
    return first, second, third


def test_rolling_back_twice_goes_two_versions_back_and_no_further(
    place: Place, three: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    assert price(place) == 3
    assert [roll_back(place), roll_back(place)] == [three[1], three[0]]
    assert price(place) == 1
    with pytest.raises(ConfigError, match="no version before"):
        roll_back(place)
    publish(place, source(tmp_path / "4", 4))
    assert roll_back(place) == three[0], "what was rolled back is not what stood before"
    assert [entry.action for entry in place.history()] == ["publish"] * 3 + ["rollback"] * 2 + ["publish", "rollback"]


def test_a_version_holds_the_knowledge_and_its_questions_for_the_services_group_and_nothing_else(
    place: Place, tmp_path: Path
) -> None:
    place.link.parent.mkdir()
    folder = source(tmp_path / "s", 1)
    (folder / "notes.txt").write_text("x")
    version = publish(place, folder)
    assert sorted(path.name for path in version.rglob("*") if path.is_file()) == ["prices.yaml", "q.jsonl"]
    assert version.name.startswith(load(folder).version)
    for path in (place.versions, version, *version.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o750 if path.is_dir() else 0o640)
        assert path.stat().st_gid == place.link.parent.stat().st_gid
    assert not place.link.readlink().is_absolute()


def test_a_versions_name_is_on_the_disk_before_the_link_leads_to_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, object]] = []

    def told(call: str) -> None:
        real = getattr(os, call)

        def noted(*arguments: object, **named: object) -> object:
            done.append((call, arguments[0] if call == "fsync" else arguments[1]))
            return real(*arguments, **named)

        monkeypatch.setattr(f"app.knowledge.publishing.os.{call}", noted)

    place.link.parent.mkdir()
    folder, opened = source(tmp_path / "s", 1), dict[object, str]()
    real_open = os.open

    def remembered(path: object, *arguments: object, **named: object) -> int:
        descriptor = real_open(path, *arguments, **named)  # type: ignore[arg-type]
        opened[descriptor] = Path(f"/proc/self/fd/{descriptor}").readlink().name
        return descriptor

    monkeypatch.setattr("app.knowledge.publishing.os.open", remembered)
    for call in ("rename", "fsync"):
        told(call)
    version = publish(place, folder)
    named = done.index(("rename", version.name))
    linked = done.index(("rename", place.link.name))
    between = [opened.get(what) for call, what in done[named:linked] if call == "fsync"]
    assert place.versions.name in between, "its folder is synced between"
    assert any(call == "fsync" for call, _ in done[linked:])


def test_publishing_the_same_again_changes_nothing_and_other_questions_make_another_version(
    place: Place, tmp_path: Path
) -> None:
    place.link.parent.mkdir()
    folder = source(tmp_path / "s", 1)
    first = publish(place, folder)
    assert publish(place, folder) == first
    assert len(place.history()) == 1
    (folder / "eval" / "q.jsonl").write_text('{"query": "а рост", "expect": ["rost"]}\n', "utf-8")
    second = publish(place, folder)
    assert second != first
    assert second.name[:12] == first.name[:12]


def test_who_publishes_meanwhile_is_refused(place: Place, three: tuple[Path, Path, Path]) -> None:
    with (place.versions / ".lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="somebody else is publishing"), locked(place):
            pass
    with locked(place):
        pass


def test_a_folder_is_not_replaced_and_the_fix_works(place: Place, tmp_path: Path) -> None:
    source(place.link, 1)
    with pytest.raises(ConfigError, match="ln -s") as caught:
        publish(place, source(tmp_path / "s", 2))
    assert os.system(str(caught.value).split("say once: ")[1]) == 0
    assert price(place) == 1
    publish(place, source(tmp_path / "s", 2))
    assert price(place) == 2
    assert roll_back(place).name == "first", "what stood there before the first publication is a version too"


def test_a_version_changed_by_hand_is_not_published(
    place: Place, three: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    source(three[0], 9)
    with pytest.raises(ConfigError, match="changed by hand"):
        publish(place, source(tmp_path / "1", 1))
    assert price(place) == 3


@pytest.mark.parametrize(
    ("file", "more"),
    [("eval/q.jsonl", '{"query": "цена", "expect": ["rost"]}\n'), ("prices.yaml", "# dearer in June\n")],
    ids=["questions", "comment"],
)
def test_nor_is_one_of_which_the_sections_say_the_same(
    place: Place, three: tuple[Path, Path, Path], tmp_path: Path, file: str, more: str
) -> None:
    """Its name holds what the files hold: a version never changes, not even where no customer would hear it."""
    with (three[0] / file).open("a", encoding="utf-8") as changed:
        changed.write(more)
    with pytest.raises(ConfigError, match="changed by hand"):
        publish(place, source(tmp_path / "1", 1))
    assert price(place) == 3


def test_a_source_that_changes_while_it_is_read_is_not_published(
    place: Place, three: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    old = load(source(tmp_path / "s", 7))
    source(tmp_path / "s", 8)
    with locked(place), pytest.raises(ConfigError, match="changed while it was read"):
        store(place, tmp_path / "s", old)
    with locked(place):
        assert {path.name for path in place.versions.iterdir() if path.is_dir()} == {path.name for path in three}


def test_old_versions_go_but_never_the_one_in_use_nor_a_deployments(
    place: Place, three: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    for former in ("0123456789ab", "first"):
        (place.versions / former).mkdir()
    with locked(place):
        stored = store(place, source(tmp_path / "s", 9), load(tmp_path / "s"))  # not in use yet
        assert prune(place, 2) == [three[0].name]
    assert {path.name for path in place.versions.iterdir() if path.is_dir()} == {
        *("0123456789ab", "first", stored.name),
        *(three[1].name, three[2].name),
    }
    roll_back(place)
    with pytest.raises(ConfigError, match="no longer kept"):
        roll_back(place)
    assert price(place) == 2


def test_an_old_version_that_was_put_in_use_by_hand_stays_though_newer_ones_fill_the_list(
    place: Place, three: tuple[Path, Path, Path]
) -> None:
    place.link.unlink()
    place.link.symlink_to(Path(place.versions.name) / three[0].name)
    with locked(place):
        assert prune(place, 2) == []
    assert price(place) == 1


def test_a_link_switched_by_a_deployment_is_entered_and_can_be_gone_back_to(
    place: Place, three: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    deployed = source(place.versions / "0123456789ab", 5)
    place.link.unlink()
    place.link.symlink_to(deployed)
    publish(place, source(tmp_path / "6", 6))
    assert roll_back(place) == deployed
    assert roll_back(place) == three[2]


def test_a_torn_last_line_of_the_history_is_left_out_and_cut_off(place: Place, three: tuple[Path, Path, Path]) -> None:
    with place.log.open("a") as file:
        file.write('{"at": "2026')
    assert len(place.history()) == 3
    roll_back(place)
    assert [entry.action for entry in place.history()] == ["publish"] * 3 + ["rollback"]
    place.log.write_text("nonsense\n" + place.log.read_text())
    with pytest.raises(ConfigError, match=r"history\.jsonl:1"):
        place.history()


_EVENTS = {"open", "os.rename", "os.symlink", "os.mkdir", "os.chmod", "os.chown", "os.remove", "shutil.rmtree"}


def killed(at: int, work: object) -> bool:
    """Runs `work` in a child that kills itself at the file-system call with number `at`; whether it got there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads at a fork: the child needs none of them
        child = os.fork()
    if child == 0:
        left = at

        def hook(event: str, _: tuple[object, ...]) -> None:
            nonlocal left
            if event in _EVENTS:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            work()  # type: ignore[operator]
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("action", ["publish", "rollback"])
def test_a_kill_at_any_call_leaves_one_whole_version_and_the_next_run_finishes(tmp_path: Path, action: str) -> None:
    new = source(tmp_path / "new", 3)
    points = 0
    while True:
        place = Place(tmp_path / f"srv{points}" / "kb")
        place.link.parent.mkdir()
        first, second = (publish(place, source(tmp_path / str(n), n)) for n in (1, 2))
        work = (lambda: publish(place, new)) if action == "publish" else (lambda: roll_back(place))  # noqa: B023
        if not killed(points, work):
            break
        points += 1
        assert price(place) in ({2, 3} if action == "publish" else {1, 2})
        if action == "publish":
            third = publish(place, new)
            assert price(place) == 3
            assert place.in_use() == third
            assert roll_back(place) == second
        else:
            assert price(place) == 1 or roll_back(place) == first
            assert publish(place, new)
            assert roll_back(place) == first
        assert not [path for path in place.versions.iterdir() if path.name.startswith(".partial")]
    assert points > (20 if action == "publish" else 5)


entries = st.lists(
    st.builds(
        lambda action, folder: Entry("", action, folder, "", ""),
        st.sampled_from(["publish", "found"]),
        st.sampled_from("abcd"),
    )
)


@given(entries)
def test_laws_of_the_way_back(steps: list[Entry]) -> None:
    stack = standing(steps)
    assert not steps or stack[-1].folder == steps[-1].folder
    assert all(one.folder != other.folder for one, other in pairwise(stack))
    if len(stack) > 1:
        back = standing([*steps, Entry("", "rollback", stack[-2].folder, "", "")])
        assert [entry.folder for entry in back] == [entry.folder for entry in stack[:-1]], "one step, and no more"


def test_history_entries_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = [Entry("2026-01-01", "publish", "f", "v", "Айгуль", True), Entry("2026-01-02", "rollback", "e", "v", "x")]
    for entry in written:
        append(tmp_path / "h", entry)
    assert read(tmp_path / "h") == tuple(written)
    assert read(tmp_path / "none") == ()


def section(name: str, text: str = "text", *facts: Fact) -> Section:
    return Section(id=name, text=text, category="c", facts=facts, questions=("a", "b", "c"), source=f"f.yaml:{name}")


ROST = Fact("Тариф «Рост»", Decimal(14900), "KZT", "магазин", "month")


@pytest.mark.parametrize(
    ("sections", "checks"),
    [
        ((section("a", "Тариф «Рост» стоит 15 900 ₸ в месяц."), section("b", "t", ROST)), ["text-against-price"]),
        ((section("a", "«Рост» — 15 900 ₸, и всё."), section("b", "t", ROST)), ["text-against-price"]),
        ((section("a", "Тариф «Рост» стоит 15 900 ₸.", ROST),), ["text-against-price"]),
        ((section("a", "Тариф «Рост» стоит 14 900 ₸ в месяц."), section("b", "t", ROST)), []),
        ((section("a", "Тариф «Рост» стоит 149 000 ₸ в год."), section("b", "t", ROST)), []),
        ((section("a", "Тариф «Сеть» стоит 24 900 ₸."), section("b", "t", ROST)), []),
        ((section("a", "Доставка стоит 500 ₸."), section("b", "Доставка — 700 ₸")), ["two-texts"]),
        ((section("a", "Доставка стоит 500 ₸."), section("b", "Доставка — 500 ₸")), []),
        (
            (
                section("a", "t", Fact("Комиссия", Decimal("1.5"), None, "%")),
                section("b", "t", Fact("комиссия", Decimal(2), None, "%")),
            ),
            ["two-figures"],
        ),
        (
            (
                section("a", "t", Fact("Гарантия", Decimal(1), None, None, "year")),
                section("b", "t", Fact("гарантия", Decimal(14), None, "день")),
            ),
            [],
        ),
    ],
)
def test_contradictions(sections: tuple[Section, ...], checks: list[str]) -> None:
    found = contradictions(sections)
    assert [finding.check for finding in found] == checks
    assert all(finding.severity == "error" for finding in found)


def test_the_sample_knowledge_does_not_contradict_itself() -> None:
    assert contradictions(load(Path(__file__).parents[2] / "kb").sections) == []


def test_changed_new_and_gone_prices_are_listed_by_name() -> None:
    old = (section("a", "t", ROST, Fact("Терминал", Decimal(89000), "KZT")), section("b", "t", ROST))
    dearer = Fact("тариф Рост", Decimal(15900), "KZT", "магазин", "month")
    new = (section("a", "t", dearer, Fact("Принтер", Decimal(100), "KZT")),)
    assert {(change.name, change.before, change.after) for change in changes(old, new)} == {
        ("тариф Рост", "14900 KZT per магазин/month", "15900 KZT per магазин/month"),
        ("Терминал", "89000 KZT", None),
        ("Принтер", None, "100 KZT"),
    }
    assert changes(old, old) == []


def steps(*chairs: tuple[int, int, int | None]) -> tuple[Section, ...]:
    """A chair's price in steps, a section each: (amount, from how many, up to how many)."""
    chair = Fact("Стул", Decimal(0), "KZT", "штука")
    facts = [
        replace(
            chair, amount=Decimal(n), min_quantity=Decimal(low), max_quantity=None if high is None else Decimal(high)
        )
        for n, low, high in chairs
    ]
    return tuple(section(f"s{fact.amount}", "t", fact) for fact in facts)


def as_said(*chairs: tuple[int, int, int | None]) -> str:
    return " / ".join(
        f"{n} KZT per штука from {low}{f' up to {high}' if high else ''} штука" for n, low, high in chairs
    )


FEW, SOME, MANY = (500, 1, 5), (450, 6, 20), (400, 21, None)


@pytest.mark.parametrize(
    "after",
    [
        ((510, 1, 5), SOME, MANY),
        (FEW, (455, 6, 20), MANY),
        (FEW, SOME, (390, 21, None)),
        (FEW, MANY),
        (FEW, SOME, MANY, (380, 50, None)),
        ((500, 1, 4), (450, 5, 20), MANY),
        ((450, 1, 5), (500, 6, 20), MANY),
    ],
    ids=["first", "second", "last", "gone", "new", "moved", "exchanged"],
)
def test_a_step_of_a_price_that_is_another_new_or_gone_is_listed(
    after: tuple[tuple[int, int, int | None], ...],
) -> None:
    before = steps(FEW, SOME, MANY)
    listed = [(change.name, change.before, change.after) for change in changes(before, steps(*after))]
    assert listed == [("Стул", as_said(FEW, SOME, MANY), as_said(*after))]
    assert changes(before, steps(MANY, FEW, SOME)) == [], "whatever order they stand in"


def found_by(*words: str) -> KnowledgeBase:
    """A section per word, found by that word."""
    sections = tuple(
        Section(id=f"s{number}", text=word, category="c", questions=(word,) * 3, source=f"f:{number}")
        for number, word in enumerate(words)
    )
    return KnowledgeBase(sections, digest(sections))


def build(base: KnowledgeBase) -> Retriever:
    return Retriever(base, today=TODAY)


WORDS = ("доставка", "гарантия", "рассрочка", "терминал")
QUERIES = [Query(word, (f"s{number}",)) for number, word in enumerate(WORDS)]


def test_a_version_that_is_found_worse_is_called_worse_and_one_as_good_is_not() -> None:
    good = build(found_by(*WORDS))
    bad = build(found_by("гарантия", "доставка", *WORDS[2:]))
    assert [reason.split()[0] for reason in compare(bad, good, QUERIES, [], TODAY).worse()] == ["mrr", "hit@3"]
    assert compare(good, bad, QUERIES, [], TODAY).worse() == []
    assert compare(good, good, QUERIES, [], TODAY).worse() == []


def test_leaving_the_hard_questions_out_does_not_help() -> None:
    good, bad = build(found_by(*WORDS)), build(found_by("гарантия", "доставка", *WORDS[2:]))
    assert compare(bad, good, QUERIES[2:], [], TODAY).worse() == []
    assert compare(bad, good, QUERIES[2:], QUERIES, TODAY).worse()


def test_questions_of_sections_that_only_one_version_has_are_not_compared() -> None:
    small, large = build(found_by(*WORDS[:2])), build(found_by(*WORDS))
    grown = compare(large, small, QUERIES, QUERIES[:2], TODAY)
    assert (grown.whole.queries, grown.before.queries, grown.gone) == (4, 2, 0)  # type: ignore[union-attr]
    assert grown.worse() == []
    shrunk = compare(small, large, QUERIES[:2], QUERIES, TODAY)
    assert (shrunk.after.queries, shrunk.gone) == (2, 2)  # type: ignore[union-attr]


def test_the_review_says_what_speaks_against(tmp_path: Path) -> None:
    base = load(source(tmp_path / "s", 1))
    assert review(base, None, build, [Query("почём рост", ("rost",))], TODAY).reasons() == []
    assert "no questions" in review(base, None, build, [], TODAY).reasons()[0]
    unknown = review(base, None, build, [Query("x", ("gone",)), Query("почём рост", ("rost",))], TODAY)
    assert "gone" in unknown.reasons()[0]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.yaml").write_text("sections: [")
    noted = review(base, tmp_path / "broken", build, [Query("почём рост", ("rost",))], TODAY)
    assert "cannot be read" in noted.note
    assert noted.reasons() == []
    assert json.dumps(noted.as_json())
