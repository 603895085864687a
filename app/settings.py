"""Settings: `app/settings.yaml` < the file named by `--settings` < the environment.

Nothing is read at import. `load()` returns one frozen tree; an unknown key or variable is a ConfigError that names the
nearest known one. An unknown flag switches nothing and is one of the tree's `notes`.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from app.errors import ConfigError
from app.overlay import Layers
from app.types import Language


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LlmSettings(_Group):
    backend: Literal["extractive", "ollama", "openai"]
    label: str = Field(min_length=1)
    host: str = Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$")
    model: str = Field(min_length=1)
    key_file: str
    key: SecretStr = SecretStr("")
    """Never written in a settings file: filled from LLM_API_KEY."""
    extra_body: str
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
    quality_window: int = Field(ge=5, le=1000)
    quality_share: float = Field(gt=0, le=1)
    quality_rest_min: float = Field(gt=0, le=1440)

    @field_validator("host")
    @classmethod
    def _an_address(cls, value: str) -> str:
        try:
            urlsplit(value).port  # noqa: B018 it reads the address, and refuses what is none
        except ValueError as error:
            raise ValueError(f"{error}; write http://HOST:PORT") from None
        return value

    @field_validator("extra_body", mode="before")
    @classmethod
    def _an_object(cls, value: object) -> object:
        try:
            if isinstance(value, dict):
                return json.dumps(value)
            if isinstance(value, str) and (not value or isinstance(json.loads(value), dict)):
                return value
        except (TypeError, ValueError, RecursionError):
            pass
        raise ValueError("no JSON object; write it in quotes: '{\"seed\": 1}'")


class TurnSettings(_Group):
    timeout_s: float = Field(gt=0, le=600)
    parallel: int = Field(ge=1, le=64)
    max_waiting: int = Field(ge=0, le=10_000)
    repair_s: float = Field(ge=0)
    reserve_s: float = Field(ge=0)
    facts_after_s: float = Field(gt=0, le=600)
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


class EntailmentSettings(_Group):
    model: str
    revision: str
    threshold: float = Field(ge=0, le=1)
    timeout_s: float = Field(gt=0, le=60)


class GuardrailSettings(_Group):
    borne_out: dict[Language, Annotated[float, Field(ge=0, le=1)] | None]
    entailment: EntailmentSettings


class PersonaSettings(_Group):
    name: str = ""
    role: str = ""


class DialogueSettings(_Group):
    flow: str
    policy: str
    examples: str
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
    examples: Path | None = None
    flow: str | None = None
    language: Language = "ru"
    persona: PersonaSettings = PersonaSettings()
    borne_out: dict[Language, Annotated[float, Field(ge=0, le=1)] | None] = {}


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
    """What an owner may switch; docs/settings.md says what a customer notices of each."""

    log_text: bool
    tone_analysis: bool
    lanes: bool
    own_questions: bool
    query_context: bool
    spelling: bool
    dense_search: bool
    reranker: bool
    sums: bool
    repair: bool
    structured: bool
    degraded: bool
    timings: bool


class Settings(_Group):
    llm: LlmSettings
    turn: TurnSettings
    understanding: UnderstandingSettings
    retriever: RetrieverSettings
    guardrail: GuardrailSettings
    dialogue: DialogueSettings
    bots: dict[str, BotSettings]
    store: StoreSettings
    gpu: GpuSettings
    api: ApiSettings
    log: LogSettings
    flags: Flags
    notes: tuple[str, ...] = Field(default=(), exclude=True)
    """What in them has no effect, a sentence each: an unknown flag, one that switches on what is not there."""

    @property
    def search(self) -> RetrieverSettings:
        """The group `retriever` as the flags leave it: a model that is switched off is named by none of its keys."""
        off = {"embedder": not self.flags.dense_search, "reranker": not self.flags.reranker}
        return self.retriever.model_copy(update={model: "" for model, is_off in off.items() if is_off})


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The effective settings. Raises ConfigError naming the file or variable, the key, and the nearest known key."""
    environ = os.environ if environ is None else environ
    defaults, paths = files("app").joinpath("settings.yaml").read_text("utf-8"), ("kb", "policy", "examples")
    layers = Layers(defaults, "app/settings.yaml", bot_keys=BotSettings.model_fields, bot_paths=paths)
    if path is not None:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"settings file {str(path)!r} cannot be read: {error}; name another") from None
        layers.lay_file(text, path)
    layers.lay_environment(environ)
    chosen = layers.flags()
    try:
        settings = Settings.model_validate(layers.tree)
    except ValidationError as error:
        details = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}, not {_shown(e['input'])}" for e in error.errors()
        )
        raise ConfigError(f"settings: {details}") from None
    _check_pins(settings)
    keys = tuple(SecretStr(key.strip()) for key in environ.get("API_KEYS", "").split(",") if key.strip())
    api = settings.api.model_copy(update={"keys": keys})
    llm = settings.llm.model_copy(update={"key": SecretStr(environ.get("LLM_API_KEY", "").strip())})
    notes = (*layers.notes, *_without_effect(settings.retriever, chosen))
    return settings.model_copy(update={"api": api, "llm": llm, "notes": notes})


def _shown(value: object) -> str:
    """A wrong value as an error shows it: without a password that stands in an address."""
    return re.sub(r"//[^/\s]*@", "//...@", repr(value))


def _without_effect(search: RetrieverSettings, chosen: Mapping[str, bool]) -> Iterator[str]:
    """Of the flags that somebody has set: what was switched on and is not there."""
    rows = ("reranker", "reranker", "BAAI/bge-reranker-v2-m3"), ("dense_search", "embedder", "ai-forever/FRIDA")
    for flag, part, example in rows:
        if chosen.get(flag) and not getattr(search, part):
            yield (
                f"the flag {flag} is on, but there is no {part} to switch on; set retriever.{part} to a model, such as "
                f"{example}, and retriever.{part}_revision to its commit, or to a folder, or leave the flag out"
            )


def on_hub(model: str) -> bool:
    """Whether a model of the search is named as on the Hugging Face Hub (owner/name): no folder, no package."""
    return not (model.startswith((".", "/", "~", "package:")) or model.count("/") > 1 or Path(model).is_dir())


def _check_pins(settings: Settings) -> None:
    """A name alone is whatever its owner put there that day; a branch or tag can be moved, a commit cannot."""
    search, entailment = settings.retriever, settings.guardrail.entailment
    for key, pin, model, revision in (
        ("retriever.embedder", "retriever.embedder_revision", search.embedder, search.embedder_revision),
        ("retriever.reranker", "retriever.reranker_revision", search.reranker, search.reranker_revision),
        ("guardrail.entailment.model", "guardrail.entailment.revision", entailment.model, entailment.revision),
    ):
        if model and on_hub(model) and not re.fullmatch(r"[0-9a-f]{40}", revision):
            raise ConfigError(
                f"settings: {pin} is {revision!r}, so nobody knows which weights {model!r} are; set it to its commit, "
                f"40 hexadecimal digits (`git ls-remote https://huggingface.co/{model} HEAD`), or a folder in {key}"
            )


def masked(settings: Settings) -> dict[str, Any]:
    """The effective values for showing: secrets as `**********`."""
    return settings.model_dump(mode="json")
