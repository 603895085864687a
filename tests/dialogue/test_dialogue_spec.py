"""A flow is checked before it talks to anyone, and the message says what to do."""

from copy import deepcopy

import pytest

from app.dialogue.flow.lint import lint
from app.dialogue.flow.load import load_flows, parse
from app.dialogue.hearing.vocabulary import Vocabulary
from app.dialogue.resources import load_yaml
from app.errors import ConfigError

SOUND = load_yaml("flows", "spin_selling.yaml")


def broken(change):
    data = deepcopy(SOUND)
    change(data)
    return lint(parse(data, "x.yaml"))


def stage(data, name):
    return next(row for row in data["stages"] if row["name"] == name)


def test_every_flow_of_the_package_is_sound():
    assert "spin_selling" in load_flows()
    assert lint(parse(SOUND, "spin_selling.yaml")) == []


def test_the_default_flow_has_the_promised_stages_and_slots():
    flow = load_flows()["spin_selling"]
    assert [*flow.stages][:6] == ["situation", "problem", "implication", "need_payoff", "presentation", "close"]
    assert {
        "company_size",
        "business_type",
        "current_tools",
        "pain_point",
        "pain_impact",
        "desired_outcome",
        "contact",
    } <= set(flow.slots)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda d: stage(d, "implication").update(transitions=[{"to": "close"}]), "'need_payoff'"),
        (lambda d: stage(d, "problem").update(transitions=[]), "dead end"),
        (
            lambda d: stage(d, "problem").update(
                transitions=[{"to": "implication", "when": {"known": ["pain_point"]}}]
            ),
            "who answers nothing",
        ),
        (lambda d: stage(d, "problem")["questions"]["pain_point"].pop("kk"), "'kk'"),
        (lambda d: stage(d, "problem")["questions"].pop("pain_point"), "without a question"),
        (lambda d: stage(d, "problem")["questions"]["pain_point"].update(ru=["Расскажите"]), "exactly one"),
        (lambda d: stage(d, "problem")["questions"]["pain_point"].update(ru=["а" * 200 + "?"]), "shorten"),
        (lambda d: d["slots"].pop("pain_point"), "not declared"),
        (lambda d: d["slots"].update(budget={"kind": "text"}), "never asked"),
        (lambda d: stage(d, "close").update(transitions=[{"to": "heaven"}]), "heaven"),
        (lambda d: d["anywhere"].append({"to": "hell"}), "hell"),
        (lambda d: stage(d, "success").update(slots=["contact"]), "final"),
        (lambda d: d.update(stages=[row for row in d["stages"] if not row.get("final")]), "no final stage"),
        (lambda d: d["value"].pop("en"), "value"),
        (lambda d: stage(d, "presentation")["query"].pop("en"), "statement or query"),
    ],
)
def test_lint_names_the_fault(change, finding):
    found = broken(change)
    assert any(finding in line for line in found)
    assert all(line.startswith("flow 'spin_selling': ") and "; " in line for line in found if "question" not in line)


def test_an_unreachable_stage_is_found():
    found = broken(lambda d: d["stages"].append({"name": "island", "final": True}))
    assert found == ["flow 'spin_selling': stage 'island': cannot be reached; add a transition to it or remove it"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("stages"), "'stages' is missing"),
        (lambda d: d.update(stages=[]), "not shaped"),
        (lambda d: d.update(slots=["a"]), "not shaped"),
        (lambda d: d["slots"].update(contact={"kind": "soul"}), "soul"),
        (lambda d: stage(d, "close").update(name="problem"), "one name"),
        (lambda d: stage(d, "close").update(transitions=[{"to": "success", "when": {"mood": ["good"]}}]), "mood"),
        (lambda d: d["value"].update(de="Wert"), "'de'"),
    ],
)
def test_a_misshapen_flow_is_refused(change, message):
    data = deepcopy(SOUND)
    change(data)
    with pytest.raises(ConfigError, match=r"x\.yaml") as caught:
        parse(data, "x.yaml")
    assert message in str(caught.value)


def test_missing_files_and_bad_phrases_are_named():
    with pytest.raises(ConfigError, match=r"flows/none\.yaml"):
        load_yaml("flows", "none.yaml")
    bare = {"numbers": {"one": 1}, "words": {}, "values": {}}
    with pytest.raises(ConfigError, match="begins with a gap"):
        Vocabulary({"en": {**bare, "intents": {"price": [".. much"]}}})
    with pytest.raises(ConfigError, match="quote"):
        Vocabulary({"en": {**bare, "intents": {"agreement": [True]}}})


def test_phrase_lists_are_folded_and_named_alike():
    phrases = {language: load_yaml("phrases", f"{language}.yaml") for language in ("ru", "kk", "en")}
    for section in ("intents", "words"):
        assert set(phrases["kk"][section]) <= set(phrases["ru"][section])
        assert set(phrases["en"][section]) <= set(phrases["ru"][section])
    for slot, values in phrases["ru"]["values"].items():
        assert set(phrases["kk"]["values"][slot]) <= set(values)
        assert set(phrases["en"]["values"][slot]) <= set(values)
