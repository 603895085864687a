"""A model server that speaks OpenAI's protocol: its facts, and the check that judges them for an operator."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import httpx

from app.errors import ConfigError
from app.health.readiness import Level, PartState
from app.llm.openai import CREDENTIAL, headers_of, model_key
from app.llm.wire import models_of, nearest, root_of
from app.settings import LlmSettings

_TIMEOUT_S = 3
_NAME = "openai"
_LISTLESS = (404, 405, 501)


@dataclass(frozen=True, slots=True)
class OpenAIFacts:
    """The server and the model that is wanted of it. `problem`: what it does instead of listing its models."""

    host: str
    model: str
    context: int = 0
    """Tokens of one conversation that the settings count on."""
    problem: str = ""
    status: int = 0
    """Of its list of models; 0: it does not answer."""
    keyed: bool = False
    """Whether a key is sent."""
    known: tuple[str, ...] = ()
    """Models to show, the most alike first."""
    there: bool = False
    holds: int = 0
    """Tokens of one conversation that the server says it holds; 0: it does not say."""


def openai_facts(llm: LlmSettings) -> OpenAIFacts:
    """What its /v1/models says."""
    try:
        headers = headers_of(model_key(llm))
    except ConfigError as error:
        return OpenAIFacts(llm.host, llm.model, problem=str(error))
    keyed = "Authorization" in headers
    root = root_of(llm.host)
    try:
        with httpx.Client(
            headers=headers, timeout=_TIMEOUT_S, trust_env=False, verify=root.startswith("https:")
        ) as client:
            answer = client.get(f"{root}/models")
    except httpx.TimeoutException:
        return OpenAIFacts(llm.host, llm.model, problem=f"no answer within {_TIMEOUT_S} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return OpenAIFacts(llm.host, llm.model, problem=str(error) or type(error).__name__)
    found = OpenAIFacts(llm.host, llm.model, llm.context, status=answer.status_code, keyed=keyed)
    if answer.status_code != 200:
        return found
    try:
        models = models_of(answer.json())
    except (ValueError, RecursionError):
        return OpenAIFacts(llm.host, llm.model, problem="what answers there does not list its models", status=200)
    return OpenAIFacts(
        llm.host, llm.model, llm.context, "", 200, keyed, nearest(tuple(models), llm.model),
        llm.model in models, models.get(llm.model, 0),
    )  # fmt: skip


def check_openai(found: OpenAIFacts) -> tuple[PartState, ...]:
    """The server, the wanted model on it, and whether customers' words go to another machine."""
    if found.problem or found.status != 200:
        return (_refusal(found), *_abroad(found))
    server = PartState(_NAME, "ok", f"{found.host}, {'with' if found.keyed else 'without'} a key")
    return (server, _model(found), *_abroad(found))


def _refusal(found: OpenAIFacts) -> PartState:
    detail, fix = f"it answers with status {found.status}", "is the server up, and is llm.host right? see its log"
    level: Level = "error"
    if found.problem:
        detail = found.problem
    elif found.status in (401, 403):
        detail = "it refuses the key" if found.keyed else "it wants a key, and none is set"
        fix = (
            f"put the key into llm.key_file, or into the credential {CREDENTIAL}; then systemctl restart sales-machine"
        )
    elif found.status == 503:
        detail, fix = "it is not ready", "wait while it loads the model; else see its log"
    elif found.status in _LISTLESS:
        level, detail = "warning", f"it lists no models: nobody knows whether {found.model} is there"
        fix = "is llm.host right, its path included? /ready says whether a call is answered"
    return PartState(_NAME, level, f"{found.host}: {detail}", fix)


def _model(found: OpenAIFacts) -> PartState:
    if not found.there:
        there = ", ".join(found.known) or "none"
        fix = "set llm.model to one of them, or load the wanted one there"
        return PartState("model", "error", f"{found.model} is not there; there: {there}", fix)
    if 0 < found.holds < found.context:
        detail = f"{found.model} holds {found.holds} tokens of a conversation, llm.context counts on {found.context}"
        return PartState("model", "error", detail, f"set llm.context to {found.holds}, or give it more there")
    return PartState("model", "ok", f"{found.model} is there")


def _abroad(found: OpenAIFacts) -> tuple[PartState, ...]:
    place = urlsplit(found.host)
    if _loopback(place):
        return ()
    plain = place.scheme != "https"
    detail = f"customers' words leave this machine{', unencrypted' * plain}: each turn goes to {place.netloc}"
    fix = "a server on 127.0.0.1 keeps them here; else see docs/model.md, and tell whom the law says to tell"
    level: Level = "error" if plain and found.keyed else "warning"
    return (PartState("customers' words", level, detail, f"name it with https://, or: {fix}" if plain else fix),)


def local_ports(host: str) -> set[int]:
    """The port of a model server on this machine, which loopback alone should reach."""
    place = urlsplit(host)
    return {place.port or (443 if place.scheme == "https" else 80)} if _loopback(place) else set()


def _loopback(place: SplitResult) -> bool:
    name = place.hostname or ""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
