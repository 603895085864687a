"""Settings: three layers, and a mistake in any of them is named with the nearest right name."""

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from app.cli import main
from app.errors import ConfigError
from app.settings import Settings, load, masked
from loadtests.service import ROOT
from tests.thrift import most, parsed


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text, "utf-8")
    return path


def test_the_file_overrides_the_defaults_and_the_environment_overrides_both(tmp_path: Path) -> None:
    path = write(tmp_path, "turn:\n  timeout_s: 20\n  parallel: 2\n")
    settings = load(path, {"MACHINE_TURN__TIMEOUT_S": "10", "FF_log_text": "true"})
    assert (settings.turn.timeout_s, settings.turn.parallel) == (10, 2)
    assert settings.flags.log_text
    assert settings.turn.max_waiting == load(environ={}).turn.max_waiting


def test_the_persona_is_set_in_the_file_and_in_the_environment(tmp_path: Path) -> None:
    path = write(tmp_path, "dialogue:\n  persona: {name: Анна}\n")
    persona = load(path, {"MACHINE_DIALOGUE__PERSONA__ROLE": "менеджер"}).dialogue.persona
    assert (persona.name, persona.role) == ("Анна", "менеджер")
    with pytest.raises(ConfigError, match=r"names no setting; did you mean 'dialogue\.persona\.name'\?"):
        load(path, {"MACHINE_DIALOGUE__PERSONA__NAM": "x"})


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load(write(tmp_path, "# nothing yet\n"), {}) == load(environ={})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trun:\n  timeout_s: 1\n", r"unknown group 'trun'; did you mean 'turn'\?"),
        ("turn:\n  timeout: 1\n", r"unknown key 'turn\.timeout'; did you mean 'turn\.timeout_s'\?"),
        ("flags: 5\n", r"'flags' holds 5; write its keys"),
        ("flags:\n  log_text: perhaps\n", r"settings\.yaml: flags\.log_text is 'perhaps'; write true or false"),
        ("flags:\n  log_text:\n", r"flags\.log_text is None; write true or false"),
        ("turn: 5\n", r"'turn' holds 5; write its keys"),
        ("dialogue:\n  persona: Анна\n", r"'dialogue\.persona' holds 'Анна'; write its keys"),
        (
            "dialogue:\n  persona:\n    nam: Анна\n",
            r"'dialogue\.persona\.nam'; did you mean 'dialogue\.persona\.name'\?",
        ),
        ("- turn\n", r"the top level is a list"),
        ("turn:\n  timeout_s: [\n", r"settings\.yaml:3: not readable as YAML"),
        ("turn:\n  timeout_s: soon\n", r"turn\.timeout_s: .*not 'soon'"),
        ("turn:\n  timeout_s: -1\n", r"turn\.timeout_s: .*greater than 0"),
        ("dialogue:\n  timezone: Asia/Nowhere\n", r"dialogue\.timezone: .*Asia/Almaty"),
        ("bots:\n  salon:\n    sesions: [S]\n", r"'bots\.salon\.sesions'; did you mean 'sessions'\?"),
        ("bots:\n  salon:\n    kb: x\n", r"bots\.salon\.sessions: Field required"),
        ("llm:\n  backend: gpt\n", r"llm\.backend: .*'extractive'"),
        ("api:\n  keys: [x]\n", r"unknown key 'api\.keys'; did you mean 'api\.keys_file'\?"),
        ("llm:\n  key: x\n", r"unknown key 'llm\.key'; did you mean 'llm\.key_file'\?"),
        ("llm:\n  host: https://me:sk-1@h/v1\n", r"llm\.host: .*not 'https://\.\.\.@h/v1'"),
        ("llm:\n  extra_body: '[1]'\n", r"llm\.extra_body: .*no JSON object; write it in quotes"),
        ("llm:\n  extra_body: seed=1\n", r"llm\.extra_body: .*no JSON object"),
        ("llm:\n  extra_body: [1]\n", r"llm\.extra_body: .*no JSON object"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place_and_the_fix(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        load(write(tmp_path, text), {})


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("MACHINE_TURN__TIMEOUT", r"did you mean 'turn\.timeout_s'\?"),
        ("MACHINE_TURN", r"names no setting"),
        ("MACHINE_FLAGS__LOG_TXT", r"did you mean 'flags\.log_text'\?"),
    ],
)
def test_a_mistake_in_the_environment_is_named(variable: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        load(environ={variable: "1"})


@pytest.mark.parametrize("name", ["tone_analysis", "TONE_ANALYSIS", "Tone_Analysis"])
def test_a_flag_is_known_in_any_case(tmp_path: Path, name: str) -> None:
    for value in ("false", "False", "0", "off"):
        assert not load(environ={f"FF_{name}": value}).flags.tone_analysis
        assert not load(write(tmp_path, f"flags:\n  {name}: {value}\n"), {}).flags.tone_analysis
    assert load(environ={f"FF_{name}": "true"}).notes == ()
    with pytest.raises(
        ConfigError, match=rf"flags\.tone_analysis: environment: FF_{name} is 'maybe'; write true or fal"
    ):
        load(environ={f"FF_{name}": "maybe"})


def test_a_flag_that_is_set_twice_is_refused_where_the_two_differ() -> None:
    assert not load(environ={"FF_reranker": "false", "FF_RERANKER": "false"}).flags.reranker
    with pytest.raises(ConfigError, match=r"FF_reranker is 'false' and FF_RERANKER is 'true'; keep one of them"):
        load(environ={"FF_reranker": "false", "FF_RERANKER": "true"})


@pytest.mark.parametrize(
    ("text", "environ", "note"),
    [
        ("", {"FF_log_txt": "true"}, r"environment: FF_log_txt is no flag .*; did you mean 'FF_log_text'\?"),
        ("", {"FF_zzz": "perhaps"}, r"FF_zzz is no flag .*; known: FF_degraded, .*FF_tone_analysis"),
        (
            "flags:\n  log_texts: true\n",
            {},
            r"settings\.yaml: flags\.log_texts is no flag .*; did you mean 'log_text'\?",
        ),
        ("", {"FF_reranker": "true"}, r"reranker is on, but .*set retriever\.reranker to a model.*reranker_revision"),
        ("flags:\n  dense_search: true\n", {}, r"dense_search is on, but .*set retriever\.embedder to a model"),
        ("", {"MACHINE_FLAGS__RERANKER": "true"}, r"reranker is on, but"),
    ],
)
def test_a_flag_without_effect_stops_nothing_and_is_noted(
    tmp_path: Path, text: str, environ: dict[str, str], note: str
) -> None:
    settings = load(write(tmp_path, text), environ)
    assert settings.model_copy(update={"notes": ()}) == load(environ={})
    (said,) = settings.notes
    assert re.search(note, said)
    assert "notes" not in masked(settings)


@trying(max_examples=most(30), deadline=None)
@given(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="=\0"), max_size=30), st.text(max_size=10)
)
def test_no_name_of_a_flag_stops_what_served_before(name: str, value: str) -> None:
    known = load(environ={}).flags.model_dump()
    if name.lower() not in known:
        (note,) = load(environ={f"FF_{name}": value}).notes
        assert f"FF_{name} is no flag" in note


def test_the_effective_settings_are_shown_with_what_has_no_effect() -> None:
    done = CliRunner().invoke(main, ["settings"], env={"FF_tone_analisis": "true"})
    assert done.exit_code == 0
    assert parsed(done.stdout)["flags"]["tone_analysis"] is True
    assert "did you mean 'FF_tone_analysis'?" in done.stderr


def test_flags_that_switch_something_are_not_noted() -> None:
    assert load(environ={}).notes == ()
    off = {"FF_reranker": "false", "FF_dense_search": "false"}
    assert load(environ=off).notes == ()
    named = {"MACHINE_RETRIEVER__RERANKER": "./reranker", "MACHINE_RETRIEVER__EMBEDDER": "./embedder"}
    on = load(environ={**named, "FF_reranker": "true", "FF_dense_search": "true"})
    assert (on.notes, on.search) == ((), on.retriever)
    switched = load(environ={**named, **off})
    assert (switched.search.embedder, switched.search.reranker) == ("", "")
    assert (switched.retriever.embedder, switched.retriever.reranker) == ("./embedder", "./reranker")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.yaml' cannot be read"):
        load(tmp_path / "missing.yaml", {})


def test_keys_are_never_shown() -> None:
    settings = load(environ={"API_KEYS": "secret-one, secret-two"})
    assert [key.get_secret_value() for key in settings.api.keys] == ["secret-one", "secret-two"]
    shown = yaml.safe_dump(masked(settings))
    assert "secret" not in shown
    assert shown.count("**********") == 2


def test_the_key_of_a_model_server_is_never_shown() -> None:
    settings = load(environ={"LLM_API_KEY": " sk-secret "})
    assert settings.llm.key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in yaml.safe_dump(masked(settings)) + repr(settings)
    assert load(environ={}).llm.key.get_secret_value() == ""


def test_fields_of_a_call_are_written_as_json_or_in_the_file_as_yaml(tmp_path: Path) -> None:
    said = load(environ={"MACHINE_LLM__EXTRA_BODY": '{"seed": 1, "stop": null}'}).llm.extra_body
    file = write(tmp_path, "llm:\n  extra_body: {seed: 1, stop: null}\n")
    assert json.loads(load(file, {}).llm.extra_body) == json.loads(said) == {"seed": 1, "stop": None}


def test_every_setting_and_flag_has_its_line_of_documentation_in_the_defaults() -> None:
    lines = (ROOT / "app" / "settings.yaml").read_text("utf-8").splitlines()
    keys = [line for line in lines if line.startswith("  ")]
    assert [line for line in keys if "  # " not in line] == []
    defaults = parsed("\n".join(lines))
    assert defaults.pop("bots") == {}, "their names are the owner's own"
    fields = {
        group: set(model.annotation.model_fields) - {"keys", "key"}
        for group, model in Settings.model_fields.items()
        if group not in ("bots", "notes")
    }
    assert {group: set(values) for group, values in defaults.items()} == fields


def test_the_paths_of_a_bot_are_relative_to_the_settings_that_name_it(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    file = write(
        folder,
        "bots:\n"
        '  salon: {sessions: ["SALON_*"], kb: salon/kb, policy: salon/policy.yaml, examples: salon/said}\n'
        f'  far: {{sessions: ["FAR_*"], kb: {tmp_path}/kb, policy: {tmp_path}/policy.yaml}}\n'
        '  plain: {sessions: ["P_*"], kb: kb}\n',
    )
    bots = load(file, environ={}).bots
    assert (bots["salon"].kb, bots["salon"].policy) == (folder / "salon/kb", folder / "salon/policy.yaml")
    assert (bots["far"].kb, bots["far"].policy) == (tmp_path / "kb", tmp_path / "policy.yaml"), "a whole path stays"
    assert (bots["salon"].examples, bots["plain"].examples) == (folder / "salon/said", None)
    assert (bots["plain"].kb, bots["plain"].policy) == (folder / "kb", None)
