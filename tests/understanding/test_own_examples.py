"""A bot's own examples: read with every mistake named, heard by that bot alone, and quick however many there are."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli import main
from app.errors import ConfigError
from app.understanding.acts import Classifier
from app.understanding.own import MOST, own_examples
from tests.thrift import most

SAID = "ноготочки на субботу"  # says nothing to the package's examples


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def test_a_file_and_a_folder_hold_lines_by_act(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "said", ru=f"booking:\n  - {SAID}\n  - окошко есть\n", kk="booking: [тырнаққа жазыл]\n", en=""
    )
    assert own_examples(folder) == {"booking": ("тырнаққа жазыл", SAID, "окошко есть")}
    assert own_examples(folder / "ru.yaml") == {"booking": (SAID, "окошко есть")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bookin:\n  - a\n", r"ru\.yaml:1: the act 'bookin' is unknown; did you mean 'booking'\?"),
        (
            "price:\n  - сколько\n\nbooking:\n  - сколько\n",
            r"ru\.yaml:5: 'сколько' stands under 'price' too .*ru\.yaml:2",
        ),
        ("price:\n  - почём\nprice:\n  - цена\n", r"ru\.yaml:3: 'price' stands there twice; put its lines together"),
        ("price: почём\n", r"ru\.yaml:1: 'price' holds no list; write its lines below it"),
        ("price:\n  - почём\n  - no\n", r"ru\.yaml:3: under 'price' 'no' is no text; put the line in quotes"),
        ("price:\n  - {a: b}\n", r"ru\.yaml:2: .* is no text"),
        ("price:\n  - '...'\n", r"ru\.yaml:2: under 'price' '\.\.\.' says nothing"),
        ("- почём\n", r"ru\.yaml:1: an act is missing; write `price:` and its lines below it"),
        ("price:\n  - [почём\n", r"ru\.yaml:\d: not readable as YAML: .*quote the line"),
        ("", r"hold no line; write `price:`"),
        ("price: []\n", r"hold no line"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_the_fix(tmp_path: Path, text: str, expected: str) -> None:
    file = write(tmp_path / "said", ru=text) / "ru.yaml"
    with pytest.raises(ConfigError, match=expected):
        own_examples(file)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere' cannot be read: No such file.*; correct the path"):
        own_examples(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"empty' hold no file; put ru\.yaml"):
        own_examples(tmp_path / "empty")
    (tmp_path / "old.yaml").write_bytes("price: [почём]".encode("cp1251"))
    with pytest.raises(ConfigError, match=r"old\.yaml' are no UTF-8 text; save them as UTF-8"):
        own_examples(tmp_path / "old.yaml")
    many = "\n".join(f"  - вопрос {n}" for n in range(MOST + 1))
    (tmp_path / "many.yaml").write_text(f"price:\n{many}\n", "utf-8")
    with pytest.raises(ConfigError, match=rf"hold {MOST + 1} lines; keep the {MOST}"):
        own_examples(tmp_path / "many.yaml")


def test_two_thousand_lines_are_taken(tmp_path: Path) -> None:
    (tmp_path / "most.yaml").write_text("price:\n" + "\n".join(f"  - вопрос {n}" for n in range(2000)) + "\n", "utf-8")
    assert MOST == 2000
    assert len(own_examples(tmp_path / "most.yaml")["price"]) == 2000


def test_the_nearest_example_decides_and_the_rest_is_as_before() -> None:
    plain = Classifier.load()
    own = plain.with_own({"booking": [SAID], "demo": ["покажи кабинку"]})
    assert (own.scored(SAID).best, own.scored("покажи кабинку").best) == ("booking", "demo")
    for text in ("сколько стоит доставка", "", "\ud800", "!"):
        assert own.scored(text) == plain.scored(text)
    assert own.with_own({}).scored(SAID) == own.scored(SAID)


@given(st.text(max_size=300), st.lists(st.text(min_size=1, max_size=40), max_size=5))
@settings(max_examples=most(100), deadline=None)
def test_the_probabilities_of_any_text_are_some_whatever_the_examples(text: str, lines: list[str]) -> None:
    acts = Classifier.load().with_own({"price": lines}).scored(text).acts
    assert not acts or abs(sum(chance for _, chance in acts) - 1) < 1e-3
    assert all(0 <= chance <= 1 for _, chance in acts)


def test_as_many_examples_as_there_may_be_cost_little() -> None:
    lines = [f"запишите меня на {n} число к мастеру номер {n * 7}, пожалуйста" for n in range(MOST)]
    own = Classifier.load().with_own({"booking": lines})
    text = "здравствуйте, подскажите пожалуйста, есть ли свободное время на этой неделе после шести вечера? " * 2
    own.scored(text)
    spent = min(_seconds(own, text) for _ in range(5))
    assert spent < 0.02


def _seconds(classifier: Classifier, text: str) -> float:
    started = time.perf_counter()
    classifier.scored(text)
    return time.perf_counter() - started


def test_the_command_shows_what_a_bot_hears(tmp_path: Path) -> None:
    write(tmp_path / "said", ru=f"booking: [{SAID}]\n")
    file = tmp_path / "settings.yaml"
    file.write_text('bots:\n  salon: {sessions: ["S_*"], kb: kb, examples: said}\n', "utf-8")

    def heard(*options: str) -> dict[str, float]:
        done = CliRunner().invoke(main, ["understand", SAID, "--json", *options])
        assert done.exit_code == 0, done.output
        acts: dict[str, float] = json.loads(done.stdout)["acts"]
        return acts

    assert heard("--settings", str(file), "--bot", "salon")["booking"] > 0.9
    assert heard("--settings", str(file)) == heard() != heard("--settings", str(file), "--bot", "salon")
    unknown = CliRunner().invoke(main, ["understand", SAID, "--bot", "barber"])
    assert unknown.exit_code == 2
    assert "there is no bot 'barber'; known: default" in unknown.output
