"""Settings: `app/settings.yaml` < the file named by `--settings` < the environment.

Nothing is read at import. `load()` returns one frozen tree; an unknown key, flag or variable is a ConfigError that
names the nearest known one.
"""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from datetime import time
from functools import reduce
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from app.errors import ConfigError
from app.types import Language

ENV_PREFIX = "MACHINE_"
FLAG_PREFIX = "FF_"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LlmSettings(_Group):
    backend: Literal["extractive", "ollama"]
    label: str = Field(min_length=1)
    host: str = Field(pattern=r"^https?://[^\s/]+(:\d+)?/?$")
    model: str = Field(min_length=1)
    digest: str = Field(pattern=r"^([0-9a-f]{64})?$")
    context: int = Field(ge=1024, le=131_072)
    gpu_layers: int = Field(ge=-1, le=999)
    cpu_accepted: bool
    answer_tokens: int = Field(ge=30, le=1000)
    prefill_tps: float = Field(gt=0)
    decode_tps: float = Field(gt=0)
    gain: tuple[float, ...] = Field(min_length=1)
    watch_s: float = Field(gt=0, le=60)
    load_s: float = Field(ge=1, le=3600)
    breaker_failures: int = Field(ge=1, le=100)
    breaker_s: float = Field(gt=0, le=600)


class TurnSettings(_Group):
    timeout_s: float = Field(gt=0, le=600)
    parallel: int = Field(ge=1, le=64)
    max_waiting: int = Field(ge=0, le=10_000)
    repair_s: float = Field(ge=0)
    reserve_s: float = Field(ge=0)
    prompt_tokens: int = Field(ge=200, le=4000)
    passages: int = Field(ge=1, le=50)
    history: int = Field(ge=0, le=100)
    work_s: float = Field(gt=0, le=10)
    rest_s: float = Field(ge=1, le=3600)


class UnderstandingSettings(_Group):
    model: Literal["auto", "never", "always"]


class RetrieverSettings(_Group):
    top_k: int = Field(ge=1, le=50)
    min_coverage: float = Field(ge=0, le=1)
    embedder: str
    embedder_revision: str
    query_prefix: str
    document_prefix: str
    meaning_weight: float = Field(ge=0, le=10)
    min_similarity: float = Field(ge=-1, le=1)
    reranker: str
    reranker_revision: str
    rerank_threshold: float = Field(ge=0, le=1)
    device: Literal["auto", "cpu", "cuda"]
    model_timeout_s: float = Field(gt=0, le=60)


class PersonaSettings(_Group):
    name: str = ""
    role: str = ""


class DialogueSettings(_Group):
    flow: str
    policy: str
    persona: PersonaSettings
    opens: time
    closes: time
    timezone: str

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is no IANA time zone; use one such as Asia/Almaty") from None
        return value


class BotSettings(_Group):
    """One more bot: the conversations whose session_id matches a pattern are its own."""

    sessions: tuple[str, ...] = Field(min_length=1)
    kb: Path
    policy: Path | None = None
    flow: str | None = None
    language: Language = "ru"
    persona: PersonaSettings = PersonaSettings()


class StoreSettings(_Group):
    busy_timeout_ms: int = Field(ge=0, le=60_000)
    retention_days: int = Field(ge=0, le=36_500)


class GpuSettings(_Group):
    enabled: Literal["auto", "on", "off"]
    index: int = Field(ge=0, le=15)
    poll_s: float = Field(gt=0, le=300)
    timeout_s: float = Field(gt=0, le=30)
    hot_c: int = Field(ge=40, le=110)

    @field_validator("enabled", mode="before")
    @classmethod
    def _yaml_switch(cls, value: object) -> object:
        return {True: "on", False: "off"}[value] if isinstance(value, bool) else value  # YAML reads on and off as bool


class ApiSettings(_Group):
    keys_file: str
    keys: tuple[SecretStr, ...] = ()
    """Never written in a settings file: filled from API_KEYS."""
    max_text_chars: int = Field(ge=1)
    max_body_bytes: int = Field(ge=1024)
    head_s: float = Field(gt=0, le=600)
    body_s: float = Field(gt=0, le=600)
    max_connections: int = Field(ge=8, le=100_000)
    drain_s: float = Field(ge=0)


class LogSettings(_Group):
    level: Literal["debug", "info", "warning", "error"]


class Flags(_Group):
    log_text: bool
    query_context: bool
    spelling: bool
    structured: bool
    degraded: bool
    timings: bool


class Settings(_Group):
    llm: LlmSettings
    turn: TurnSettings
    understanding: UnderstandingSettings
    retriever: RetrieverSettings
    dialogue: DialogueSettings
    bots: dict[str, BotSettings]
    store: StoreSettings
    gpu: GpuSettings
    api: ApiSettings
    log: LogSettings
    flags: Flags


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The effective settings. Raises ConfigError naming the file or variable, the key, and the nearest known key."""
    environ = os.environ if environ is None else environ
    tree = _read_yaml(files("app").joinpath("settings.yaml").read_text("utf-8"), "app/settings.yaml")
    known = frozenset(_leaves(tree))
    if path is not None:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"settings file {str(path)!r} cannot be read: {error}") from None
        _overlay(tree, _read_yaml(text, str(path)), known, str(path))
    _overlay_environment(tree, environ, known)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}, not {e['input']!r}" for e in error.errors())
        raise ConfigError(f"settings: {details}") from None
    _check_pins(settings.retriever)
    keys = tuple(SecretStr(key.strip()) for key in environ.get("API_KEYS", "").split(",") if key.strip())
    return settings.model_copy(update={"api": settings.api.model_copy(update={"keys": keys})})


def on_hub(model: str) -> bool:
    """Whether a model of the search is named as on the Hugging Face Hub (owner/name): no folder, no package."""
    return not (model.startswith((".", "/", "~", "package:")) or model.count("/") > 1 or Path(model).is_dir())


def _check_pins(search: RetrieverSettings) -> None:
    """A name alone is whatever its owner put there that day; a branch or tag can be moved, a commit cannot."""
    for part, model, revision in (
        ("embedder", search.embedder, search.embedder_revision),
        ("reranker", search.reranker, search.reranker_revision),
    ):
        if model and on_hub(model) and not re.fullmatch(r"[0-9a-f]{40}", revision):
            raise ConfigError(
                f"settings: retriever.{part}_revision is {revision!r}, so nobody knows which weights {model!r} are; "
                f"set it to the model's commit, the 40 hexadecimal digits that "
                f"`git ls-remote https://huggingface.co/{model} HEAD` prints, or name a folder in retriever.{part}"
            )


def masked(settings: Settings) -> dict[str, Any]:
    """The effective values for showing: secrets as `**********`."""
    return settings.model_dump(mode="json")


def _read_yaml(text: str, name: str) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(f"{place}: not readable as YAML: {getattr(error, 'problem', error)}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{name}: the top level is a {type(tree).__name__}; write `group:` and its keys below it")
    return tree


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        yield from _leaves(value, f"{prefix}{key}.") if isinstance(value, Mapping) else (f"{prefix}{key}",)


def _nearest(name: str, known: frozenset[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"


def _overlay(base: dict[str, Any], extra: Mapping[str, Any], known: frozenset[str], name: str) -> None:
    for group, values in extra.items():
        if group not in base:
            raise ConfigError(f"{name}: unknown group {str(group)!r}; {_nearest(str(group), frozenset(base))}")
        if not isinstance(values, Mapping):
            raise ConfigError(f"{name}: {group!r} holds {values!r}; write its keys indented below it")
        if group == "bots":  # its keys are names of the owner's own
            base[group] = {str(bot): _with_folder(bot, spec, Path(name).parent) for bot, spec in values.items()}
            continue
        _overlay_group(base[group], group, values, known, name)


def _overlay_group(
    base: dict[str, Any], place: str, values: Mapping[str, Any], known: frozenset[str], name: str
) -> None:
    for key, value in values.items():
        inside, own = f"{place}.{key}", base.get(key)
        if isinstance(own, dict) and isinstance(value, Mapping):  # dialogue.persona
            _overlay_group(own, inside, value, known, name)
        elif isinstance(own, dict):
            raise ConfigError(f"{name}: {inside!r} holds {value!r}; write its keys indented below it")
        elif inside not in known:
            raise ConfigError(f"{name}: unknown key {inside!r}; {_nearest(inside, known)}")
        else:
            base[key] = value


def _with_folder(bot: str, spec: object, folder: Path) -> object:
    """A bot's settings with its paths made relative to the settings file that names it."""
    if not isinstance(spec, Mapping):
        return spec
    known = frozenset(BotSettings.model_fields)
    for key in spec:
        if key not in known:
            raise ConfigError(f"settings: unknown key 'bots.{bot}.{key}'; {_nearest(str(key), known)}")
    paths = {key: folder / str(spec[key]) for key in ("kb", "policy") if spec.get(key)}
    return {**spec, **paths}


def _overlay_environment(tree: dict[str, Any], environ: Mapping[str, str], known: frozenset[str]) -> None:
    flags = frozenset(tree["flags"])
    for variable, raw in environ.items():
        if variable.startswith(FLAG_PREFIX):
            flag = variable.removeprefix(FLAG_PREFIX)
            if flag not in flags:
                raise ConfigError(f"environment: unknown flag {variable!r}; {_nearest(flag, flags)}")
            tree["flags"][flag] = raw
        elif variable.startswith(ENV_PREFIX):
            place = variable.removeprefix(ENV_PREFIX).lower().replace("__", ".")
            if place not in known:
                raise ConfigError(
                    f"environment: {variable!r} names no setting; {_nearest(place, known)} (MACHINE_GROUP__KEY)"
                )
            *groups, key = place.split(".")
            reduce(lambda inside, group: inside[group], groups, tree)[key] = raw
