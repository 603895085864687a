"""The paths of the contract."""

import hashlib
import json
import platform
import time
import uuid
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST

import app
from app.api.body import StrictRoute
from app.api.schemas import (
    ErrorEnvelope,
    Health,
    KnowledgeInUse,
    ObserveRequest,
    ObserveResponse,
    Part,
    ProcessRequest,
    ProcessResponse,
    Ready,
    Version,
)
from app.errors import BadRequest, Unprocessable
from app.health.clock import clock_part
from app.health.readiness import (
    PartState,
    database_part,
    gpu_part,
    knowledge_part,
    model_part,
    ready,
    search_part,
    writing_part,
)
from app.knowledge.packaged_embedders import PREFIX
from app.knowledge.shelf import Knowledge
from app.turn.machine import Machine
from app.turn.process import observe, process
from app.types import Ask, Key, Observation

_DESCRIPTIONS = {
    400: "Malformed JSON, a name twice in an object, or an unknown flow",
    401: "No active key",
    404: "Nothing at this path",
    405: "Another method is needed",
    408: "The request was not here in time",
    409: "The request_id was used with another body",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "A field is missing, empty, too long or of the wrong type",
    429: "Too many conversations at once: see Retry-After",
    431: "The head is too large",
    500: "The service failed",
    503: "The service cannot answer now: see Retry-After",
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorEnvelope, "description": text} for status, text in _DESCRIPTIONS.items()
}

# The Guard middleware checks the key before the body is parsed; this dependency only declares it in the OpenAPI.
api = APIRouter(
    prefix="/api/v1", route_class=StrictRoute, dependencies=[Depends(HTTPBearer(auto_error=False))], responses=_ERRORS
)
service = APIRouter(responses={404: _ERRORS[404], 500: _ERRORS[500]})


def _machine(request: Request) -> Machine:
    machine: Machine = request.state.machine
    return machine


@api.post("/process", response_model=ProcessResponse)
async def post_process(request: Request, body: ProcessRequest) -> Response:
    """Answers the newest message of a conversation."""
    machine = _machine(request)
    bot = machine.bots.for_session(body.session_id)
    request_id = body.request_id or str(uuid.uuid4())
    key = Key(body.session_id, body.user_id)
    _log_ids(request, machine, key, request_id)
    limit = machine.settings.api.max_text_chars
    if len(body.message.text) > limit:
        raise Unprocessable(f"message.text has {len(body.message.text)} characters; send at most {limit}")
    if body.flow_name is not None and body.flow_name not in bot.dialogue.flow_names:
        raise BadRequest(f"flow_name {body.flow_name!r} is not known; known: {', '.join(bot.dialogue.flow_names)}")
    media, text = body.message.media()
    ask = Ask(
        key=key,
        text=text,
        media=media,
        request_id=request_id,
        channel=body.channel,
        timestamp_ms=body.message.timestamp_ms,
        time_of_day=body.context.time_of_day,
        timezone=body.context.timezone,
        flow_name=body.flow_name,
        body_hash=_canonical_hash(body),
    )
    machine.telemetry.log.debug("asked", **request.state.log_ids, **machine.telemetry.text(text))
    reply = await process(ask, bot, machine)
    machine.telemetry.log.debug("answered", **request.state.log_ids, **machine.telemetry.text(reply.answer))
    return Response(reply.body, media_type="application/json")


@api.post("/observe")
async def post_observe(request: Request, body: ObserveRequest) -> ObserveResponse:
    """Notes what the customer really saw: the caller's fallback, or a human's message."""
    machine = _machine(request)
    bot = machine.bots.for_session(body.session_id)
    key = Key(body.session_id, body.user_id)
    _log_ids(request, machine, key, body.request_id)
    limit = machine.settings.api.max_text_chars
    if len(body.text) > limit:
        raise Unprocessable(f"text has {len(body.text)} characters; send at most {limit}")
    seen = Observation(key, body.text, body.source, body.request_id)
    return ObserveResponse(replaced=await observe(seen, bot, machine))


@service.get("/health")
async def get_health(request: Request) -> Health:
    """Alive. Says nothing of whether a turn would succeed: that is /ready."""
    return Health(model=_machine(request).settings.llm.label)


@service.get("/ready", responses={503: {"model": Ready, "description": "A part cannot serve"}})
async def get_ready(request: Request, response: Response) -> Ready:
    """Whether each part can serve. Loopback only."""
    machine, watches = _machine(request), request.state.watches
    bots = machine.bots
    fault = await machine.store.fault()
    gpu = watches.gpu.latest()
    # `auto` that has found no card is no trouble by itself: whether the model lies in one is the model's part.
    model_needs_it = gpu is not None and machine.llm.needs_gpu
    parts = (
        database_part(None, fault.detail, fault.fix) if fault else database_part(machine.store.schema),
        knowledge_part(
            {each.name: (each.knowledge.version, len(each.knowledge.sections)) for each in bots.all()},
            {each.name: each.knowledge.trouble for each in bots.all()},
        ),
        _search(machine),
        model_part(machine.llm.state(), cpu_accepted=machine.settings.llm.cpu_accepted),
        *((writing_part(machine.quality.resting, *machine.quality.faults()),) if machine.llm.inventive else ()),
        gpu_part(
            gpu,
            hot_c=machine.settings.gpu.hot_c,
            now=time.time(),
            needed=machine.settings.gpu.enabled == "on" or model_needs_it,
        ),
        clock_part(watches.clock.step()),
    )
    response.status_code = 200 if ready(parts) else 503
    if not ready(parts):
        response.headers["Retry-After"] = "5"
    return Ready(
        ready=ready(parts),
        parts={part.name: Part(ok=part.ok, level=part.level, detail=part.detail, fix=part.fix) for part in parts},
    )


@service.get("/version")
async def get_version(request: Request) -> Version:
    """What runs here. Loopback only."""
    machine = _machine(request)
    return Version(
        version=app.__version__,
        schema_version=machine.store.schema,
        kb_version=machine.bots.default.knowledge.version,
        knowledge={each.name: _in_use(each.knowledge) for each in machine.bots.all()},
        python=platform.python_version(),
    )


@service.get("/metrics", response_class=Response)
async def get_metrics(request: Request) -> Response:
    """Prometheus' text format. Loopback only."""
    return Response(_machine(request).telemetry.exposition(), media_type=CONTENT_TYPE_LATEST)


def _search(machine: Machine) -> PartState:
    wanted = machine.settings.search
    named = [name for name in (wanted.embedder, wanted.reranker) if name]
    # A packaged embedder alone runs on the processor by its nature.
    card = machine.settings.gpu.enabled == "on" and not all(name.startswith(PREFIX) for name in named)
    by_part = {"dense": wanted.embedder, "rerank": wanted.reranker}
    resting = [by_part[part] for part in machine.models.resting if part in by_part]
    return search_part(machine.models.device, named, card_wanted=card, resting=resting)


def _in_use(knowledge: Knowledge) -> KnowledgeInUse:
    folder = knowledge.loaded_from
    return KnowledgeInUse(version=knowledge.version, folder=folder.name if folder else "", trouble=knowledge.trouble)


def _canonical_hash(body: ProcessRequest) -> str:
    """sha256 of what the body says, whatever the order of its keys; ASCII, so that any string can be hashed."""
    return hashlib.sha256(json.dumps(body.model_dump(), sort_keys=True).encode("ascii")).hexdigest()


def _log_ids(request: Request, machine: Machine, key: Key, request_id: str | None) -> None:
    hashed = machine.telemetry.hashed
    request.state.log_ids = {
        # Callers put the number or the messenger's id into it, so it tells the person too.
        "request_id": request_id and hashed(request_id),
        "session": hashed(key.session_id),
        "user": hashed(key.user_id, key.session_id),
    }
