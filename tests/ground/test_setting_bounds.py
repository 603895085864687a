"""Each setting's default is the one that the pages name, and each has the bounds beyond which a start is refused."""

import re
from collections.abc import Iterator
from datetime import time
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigError
from app.settings import load, masked, on_hub
from app.turn.bots import DEFAULT, Bots
from loadtests.service import ROOT
from tests.thrift import parsed

DEFAULTS: dict[str, dict[str, Any]] = parsed((ROOT / "app" / "settings.yaml").read_text("utf-8"))
EMPTY = {
    "empty": "",
    "пусто": "",
    "none": {},
    "нет": {},
    "on": True,
    "off": False,
    "вкл": True,
    "выкл": False,
    "включён": True,
    "выключен": False,
    "by size": None,
    "по размеру": None,
}


BY_SIZE = "guardrail.borne_out.en"
"""A number whose default is none: how large the knowledge is decides."""


def written(text: str) -> Any:
    """A default as a page writes it."""
    text = text.strip()
    if re.fullmatch(r"\d\d:\d\d", text):
        return text  # YAML would count its minutes
    if text in EMPTY:
        return EMPTY[text]
    if text.startswith("`"):
        return text.strip("`")
    return parsed(f"[{text}]") if ", " in text else parsed(text)


def on_page(page: Path) -> dict[str, Any]:
    """setting or flag -> default, of the tables of docs/settings.md."""
    found: dict[str, Any] = {}
    for line in page.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        names = re.findall(r"`([a-z_.]+)`", cells[0]) if line.startswith("| `") else []
        shown = re.findall(r"`[^`]*`|[^,`]+", cells[1]) if len(names) > 1 else [cells[1]] if names else []
        shown = [each for each in shown if each.strip()]
        for name, default in zip(names, shown, strict=True):
            found[name] = written(default)
    return found


def leaves(values: dict[str, Any], group: str) -> Iterator[tuple[str, Any]]:
    """(name, default); a persona is one setting of two words."""
    for key, value in values.items():
        if isinstance(value, dict) and key != "persona":
            yield from leaves(value, f"{group}.{key}")
        else:
            yield f"{group}.{key}", value


@pytest.mark.parametrize("folder", ["docs", "docs/ru"])
def test_the_pages_name_the_defaults(folder: str) -> None:
    told = on_page(ROOT / folder / "settings.md")
    own = {
        name: value for group, values in DEFAULTS.items() if group != "flags" for name, value in leaves(values, group)
    }
    own |= DEFAULTS["flags"] | {"bots": {}, "dialogue.persona": ""}
    assert set(told) == set(own)
    for name, value in own.items():
        assert told[name] == value, name


NUMBERS = [  # (setting, the least that is taken, the most); None: no bound; a string: more than that, not as much
    ("llm.context", 1024, 131_072),
    ("llm.gpu_layers", -1, 999),
    ("llm.answer_tokens", 30, 1000),
    ("llm.prefill_tps", ">0", None),
    ("llm.decode_tps", ">0", None),
    ("llm.watch_s", ">0", 60),
    ("llm.load_s", 1, 3600),
    ("llm.breaker_failures", 1, 100),
    ("llm.breaker_s", ">0", 600),
    ("llm.quality_window", 5, 1000),
    ("llm.quality_share", ">0", 1),
    ("llm.quality_rest_min", ">0", 1440),
    ("turn.timeout_s", ">0", 600),
    ("turn.parallel", 1, 64),
    ("turn.max_waiting", 0, 10_000),
    ("turn.facts_after_s", ">0", 600),
    ("turn.repair_s", 0, None),
    ("turn.reserve_s", 0, None),
    ("turn.prompt_tokens", 200, 4000),
    ("turn.passages", 1, 50),
    ("turn.history", 0, 100),
    ("turn.work_s", ">0", 10),
    ("turn.rest_s", 1, 3600),
    ("retriever.top_k", 1, 50),
    ("retriever.min_coverage", 0, 1),
    ("retriever.meaning_weight", 0, 10),
    ("retriever.min_similarity", -1, 1),
    ("retriever.rerank_threshold", 0, 1),
    ("retriever.model_timeout_s", ">0", 60),
    ("guardrail.borne_out.ru", 0, 1),
    ("guardrail.borne_out.kk", 0, 1),
    ("guardrail.borne_out.en", 0, 1),
    ("guardrail.entailment.threshold", 0, 1),
    ("guardrail.entailment.timeout_s", ">0", 60),
    ("store.busy_timeout_ms", 0, 60_000),
    ("store.retention_days", 0, 36_500),
    ("gpu.index", 0, 15),
    ("gpu.poll_s", ">0", 300),
    ("gpu.timeout_s", ">0", 30),
    ("gpu.hot_c", 40, 110),
    ("api.max_text_chars", 1, None),
    ("api.max_body_bytes", 1024, None),
    ("api.head_s", ">0", 600),
    ("api.body_s", ">0", 600),
    ("api.max_connections", 8, 100_000),
    ("api.drain_s", 0, None),
]


def given(name: str, value: object) -> dict[str, str]:
    return {f"MACHINE_{name.replace('.', '__').upper()}": str(value)}


def inside(values: Any, key: str) -> Any:
    return values[key] if isinstance(values, dict) else getattr(values, key)


@pytest.mark.parametrize(("name", "least", "most"), NUMBERS, ids=[each[0] for each in NUMBERS])
def test_a_number_is_taken_within_its_bounds_and_refused_beyond(name: str, least: Any, most: Any) -> None:
    parts = name.split(".")
    whole = (
        isinstance(reduce(dict.__getitem__, parts, DEFAULTS), int)
        and isinstance(least, int)
        and not name.endswith("_s")
    )
    step = 1 if whole else 0.001
    taken = [0.001 if least == ">0" else least, *([] if most is None else [most])]
    refused = [0 if least == ">0" else least - step, *([] if most is None else [most + step])]
    for value in taken:
        assert reduce(inside, parts, load(environ=given(name, value))) == value
    for value in refused:
        with pytest.raises(ConfigError, match=rf"{name}: "):
            load(environ=given(name, value))


def test_every_number_has_its_bounds_here() -> None:
    numbers = {
        name
        for group, values in DEFAULTS.items()
        for name, value in leaves(values, group)
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    assert {each[0] for each in NUMBERS} - {BY_SIZE} == numbers


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("llm.backend", ["extractive", "ollama", "openai"], ["", "OpenAI", "vllm"]),
        ("llm.label", ["x"], [""]),
        ("llm.model", ["x:1"], [""]),
        (
            "llm.host",
            ["http://127.0.0.1:11434", "https://h/", "https://h/openai/v1", "http://[::1]:80/v1/"],
            [
                "127.0.0.1:11434",
                "ftp://h",
                "http://a b",
                "http://u:p@h",
                "http://h/v1?key=x",
                "http://h/#x",
                "http://h:abc",
                "http://h:99999",
                "http://[zz]",
            ],
        ),
        ("llm.digest", ["", "ab" * 32], ["ab", "AB" * 32, "sha256:" + "ab" * 32]),
        ("retriever.device", ["auto", "cpu", "cuda"], ["gpu"]),
        ("gpu.enabled", ["auto", "on", "off"], ["yes"]),
        ("log.level", ["debug", "info", "warning", "error"], ["trace", "INFO"]),
        ("dialogue.timezone", ["Europe/Berlin"], ["Berlin"]),
        ("dialogue.opens", ["00:00", "23:59"], ["24:00", "nine"]),
    ],
)
def test_a_word_is_one_of_those_that_are_known(name: str, taken: list[str], refused: list[str]) -> None:
    for value in taken:
        group, key = name.split(".")
        found = getattr(getattr(load(environ=given(name, value)), group), key)
        assert found == (time.fromisoformat(value) if key == "opens" else value)
    for value in refused:
        with pytest.raises(ConfigError, match=rf"{name}: "):
            load(environ=given(name, value))


@pytest.mark.parametrize("flag", sorted(DEFAULTS["flags"]))
def test_a_flag_is_switched_by_its_variable(flag: str) -> None:
    for said, value in (("true", True), ("false", False), ("1", True), ("0", False)):
        assert getattr(load(environ={f"FF_{flag}": said}).flags, flag) is value
    with pytest.raises(ConfigError, match=rf"flags\.{flag}: "):
        load(environ={f"FF_{flag}": "perhaps"})


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("part", "pin"),
    [
        ("retriever.embedder", "retriever.embedder_revision"),
        ("retriever.reranker", "retriever.reranker_revision"),
        ("guardrail.entailment.model", "guardrail.entailment.revision"),
    ],
)
def test_weights_from_the_hub_are_pinned_by_a_commit(part: str, pin: str, tmp_path: Path) -> None:
    def chosen(model: str, revision: str) -> dict[str, str]:
        return given(part, model) | given(pin, revision)

    for model, revision in (("", ""), (str(tmp_path), ""), ("./model", ""), ("owner/name", COMMIT)):
        load(environ=chosen(model, revision))
    for revision in ("", "main", COMMIT[:-1], COMMIT + "0", COMMIT.upper()):
        with pytest.raises(ConfigError, match=rf"{re.escape(pin)} is {revision!r}"):
            load(environ=chosen("owner/name", revision))


@pytest.mark.parametrize(
    ("model", "hub"),
    [
        ("owner/name", True),
        ("name", True),
        ("./name", False),
        ("/srv/name", False),
        ("~/name", False),
        ("a/b/c", False),
    ],
)
def test_a_model_is_the_hubs_unless_it_is_named_as_a_folder(model: str, hub: bool) -> None:
    assert on_hub(model) is hub


def test_keys_are_of_the_environment_alone_and_blanks_are_none() -> None:
    keys = load(environ={"API_KEYS": " one ,, two ,"}).api.keys
    assert [key.get_secret_value() for key in keys] == ["one", "two"]
    assert load(environ={}).api.keys == ()
    assert masked(load(environ={"API_KEYS": "one"}))["api"]["keys"] == ["**********"]


# What a bot is does not matter here.
BOTS: Any = ("default", {"a": "A", "b": "B"}, (("SALON_?", "a"), ("SALON_*", "b"), ("x", "a")))


def test_a_conversation_belongs_to_the_first_bot_whose_pattern_it_matches() -> None:
    bots: Any = Bots(*BOTS)
    found = {session: bots.for_session(session) for session in ("SALON_1", "SALON_12", "salon_1", "x", "xy", "")}
    assert found == {
        "SALON_1": "A", "SALON_12": "B", "salon_1": "default", "x": "A", "xy": "default", "": "default"
    }  # fmt: skip
    assert bots.all() == ("default", "A", "B")
    assert (bots.named(DEFAULT), bots.named("b")) == ("default", "B")
    with pytest.raises(ConfigError, match="there is no bot 'c'; known: default, a, b"):
        bots.named("c")
