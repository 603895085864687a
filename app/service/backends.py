"""The one table of backends: how each is opened, whether it needs a GPU, and how an operator's doctor looks at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from app.capacity.pace import Pace
from app.composing.extractive import Extractive
from app.health import network
from app.health.checks import check_ollama
from app.health.modelserver import check_openai, openai_facts
from app.health.readiness import PartState
from app.llm import Backend
from app.llm.ollama import Ollama
from app.llm.openai import OpenAI
from app.settings import LlmSettings, Settings
from app.telemetry import Telemetry


class Opener(Protocol):
    """Makes the backend and the pace that it is thought to have at first."""

    def __call__(
        self, settings: Settings, telemetry: Telemetry, *, system: str, on_count: Callable[[int, int], None]
    ) -> tuple[Backend, Pace]: ...


@dataclass(frozen=True, slots=True)
class BackendKind:
    """What is known of a backend before it is opened."""

    open: Opener
    needs_gpu: Callable[[LlmSettings], bool]
    probe: Callable[[LlmSettings], tuple[PartState, ...]] | None = None
    """Asks its server, and says what an operator should know of it; None when there is no server."""


def _extractive(
    settings: Settings, telemetry: Telemetry, *, system: str, on_count: Callable[[int, int], None]
) -> tuple[Backend, Pace]:
    return Extractive(), Pace()


def _ollama(
    settings: Settings, telemetry: Telemetry, *, system: str, on_count: Callable[[int, int], None]
) -> tuple[Backend, Pace]:
    pace = _pace(settings)
    return Ollama(settings, telemetry, pace, system=system, on_count=on_count), pace


def _openai(
    settings: Settings, telemetry: Telemetry, *, system: str, on_count: Callable[[int, int], None]
) -> tuple[Backend, Pace]:
    pace = _pace(settings)
    return OpenAI(settings, telemetry, pace, system=system, on_count=on_count), pace


def _pace(settings: Settings) -> Pace:
    llm = settings.llm
    fresh, answer = settings.turn.prompt_tokens, llm.answer_tokens
    return Pace(llm.prefill_tps, llm.decode_tps, fresh=fresh, answer=answer, curve=llm.gain)


def _probe_ollama(llm: LlmSettings) -> tuple[PartState, ...]:
    return check_ollama(network.ollama_facts(llm.host, llm.model, llm.digest), llm.cpu_accepted)


def _probe_openai(llm: LlmSettings) -> tuple[PartState, ...]:
    return check_openai(openai_facts(llm))


BACKENDS: Mapping[str, BackendKind] = MappingProxyType(
    {
        "extractive": BackendKind(_extractive, needs_gpu=lambda llm: False),
        "ollama": BackendKind(_ollama, needs_gpu=lambda llm: not llm.cpu_accepted, probe=_probe_ollama),
        "openai": BackendKind(_openai, needs_gpu=lambda llm: False, probe=_probe_openai),
    }
)
"""By the names that `llm.backend` of the settings knows."""
