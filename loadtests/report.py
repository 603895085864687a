"""report.json, and report.html: one page with plots that needs nothing but itself."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.capacity.chart import Series, chart
from loadtests.gate import Finding, as_json
from loadtests.plan import Plan
from loadtests.record import Record
from loadtests.watch import Sample

_STYLE = (
    "body{font:14px sans-serif;max-width:1320px;margin:16px auto;color:#1f2328}table{border-collapse:collapse;"
    "margin:8px 0}td,th{padding:3px 10px;border-bottom:1px solid #d0d7de;text-align:right}td:first-child,"
    "th:first-child{text-align:left}.bad{color:#cf222e;font-weight:bold}.good{color:#1a7f37}"
    ".plots{display:flex;flex-wrap:wrap;gap:8px}"
)
_MAIN_STAGES = 7  # of a plot: more lines cannot be told apart
_COMPARED = ("offered_per_minute", "accepted_per_minute", "model_per_minute", "accepted_p50_s", "accepted_p95_s",
             "accepted_p99_s", "refused_share", "refusal_p99_ms", "second_refused_late", "unavailable_share",
             "memory_kib_per_1000_turns")  # fmt: skip


def build(
    plan: Plan,
    figures: Mapping[str, float | None],
    findings: Sequence[Finding],
    samples: Sequence[Sample],
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """The report's JSON; the API key stays out of it."""
    return {
        "passed": all(each.ok for each in findings),
        "times": f"model seconds: {plan.speed:g} of them pass in one second of the wall; refusals in wall milliseconds",
        "shape": plan.shape,
        "speed": plan.speed,
        "customers": plan.users,
        "think_s": plan.think_s,
        **more,
        "figures": {name: value if value is None else round(value, 3) for name, value in figures.items()},
        "gate": as_json(findings),
        "samples": [each.as_json() for each in samples],
    }


def write(folder: Path, report: Mapping[str, Any], page: str) -> None:
    """Writes both files. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), "utf-8")
    (folder / "report.html").write_text(page, "utf-8")


def html(
    report: Mapping[str, Any],
    records: Sequence[Record],
    samples: Sequence[Sample],
    speed: float,
    former: Mapping[str, Any] | None = None,
) -> str:
    """The page. `former`: an earlier report.json to stand beside this one."""
    verdict = '<b class="good">passed</b>' if report["passed"] else '<b class="bad">failed</b>'
    about = {name: report.get(name) for name in ("target", "card", "tokens_per_call", "consistency", "customers")}
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Load test</title>",
        f"<style>{_STYLE}</style><h1>Load test: {escape(str(report['shape']))}, {verdict}</h1>",
        f"<p>Times are {escape(str(report['times']))}.</p>",
        "<table>",
        *(f"<tr><td>{name}</td><td>{escape(_flat(value))}</td></tr>" for name, value in about.items()),
        "</table><h2>Gate</h2>",
        _gate(report["gate"]),
        "<h2>Figures</h2>",
        _figures(report["figures"], former),
        '<div class="plots">',
        *plots(records, samples, speed),
        "</div></html>",
    ]
    return "\n".join(parts)


def plots(records: Sequence[Record], samples: Sequence[Sample], speed: float) -> list[str]:
    """SVG charts over model minutes; those without data say so by being empty."""
    moments = [each.at for each in records] + [each.at for each in samples]
    start = min(moments, default=0.0)

    def minute(at: float) -> float:
        return (at - start) * speed / 60

    answers = [(minute(each.at), each.took_s * speed) for each in records if each.answered and each.arrival]
    refusals = [(minute(each.at), each.took_s * 1000) for each in records if each.status == 429]
    x = "model minutes"
    charts = [
        chart("Answers, by when they were asked", [Series("answer", answers, dots=True)], x=x, y="s", limit=30),
        chart("Stages, mean of each interval", _stages(samples, minute, speed), x=x, y="s"),
        chart("At work and waiting", [Series("at work", [(minute(s.at), s.running) for s in samples]),
                                      Series("waiting", [(minute(s.at), s.waiting) for s in samples])], x=x),
        chart("Refusals, wall milliseconds", [Series("refusal", refusals, dots=True)], x=x, y="ms", limit=300),
        chart("Tokens a model second", _tokens(samples, minute, speed), x=x),
        chart("Memory of the service", [Series("MiB", [(minute(s.at), s.rss / 2**20) for s in samples if s.rss])], x=x),
    ]  # fmt: skip
    gpu = [
        Series(name, [(minute(s.at), s.gpu[name] * scale) for s in samples if name in s.gpu])
        for name, scale in (("utilisation_ratio", 100.0), ("memory_used_bytes", 1 / 2**30), ("power_watts", 1.0))
    ]
    if any(line.points for line in gpu):
        charts.append(chart("GPU: % used, GiB, W", gpu, x=x))
    return charts


def _stages(samples: Sequence[Sample], minute: Any, speed: float) -> list[Series]:
    names = sorted({name for each in samples for name in each.stage_sums})
    total = {name: samples[-1].stage_sums.get(name, 0.0) for name in names} if samples else {}
    shown = sorted(names, key=lambda name: -total[name])[:_MAIN_STAGES]
    lines = []
    for name in shown:
        points = []
        for before, after in pairwise(samples):
            count = after.stage_counts.get(name, 0.0) - before.stage_counts.get(name, 0.0)
            if count > 0:
                spent = after.stage_sums[name] - before.stage_sums.get(name, 0.0)
                points.append((minute(after.at), spent / count * speed))
        lines.append(Series(name, points))
    return lines


def _tokens(samples: Sequence[Sample], minute: Any, speed: float) -> list[Series]:
    kinds = sorted({kind for each in samples for kind in each.tokens} - {"prompt"})
    return [
        Series(
            kind,
            [
                (minute(after.at), max(0.0, after.tokens.get(kind, 0.0) - before.tokens.get(kind, 0.0))
                 / (after.at - before.at) / speed)
                for before, after in pairwise(samples)
            ],
        )
        for kind in kinds
    ]  # fmt: skip


def _gate(gate: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        f"<tr class='{'good' if each['ok'] else 'bad'}'><td>{each['name']}</td><td>{_number(each['found'])}</td>"
        f"<td>{_number(each['limit'])}</td><td>{'ok' if each['ok'] else 'FAILED'}</td></tr>"
        for each in gate
    ]
    return "<table><tr><th>figure</th><th>found</th><th>limit</th><th></th></tr>" + "".join(rows) + "</table>"


def _figures(figures: Mapping[str, float | None], former: Mapping[str, Any] | None) -> str:
    if former is None:
        rows = [f"<tr><td>{name}</td><td>{_number(value)}</td></tr>" for name, value in figures.items()]
        return "<table>" + "".join(rows) + "</table>"
    rows = [
        f"<tr><td>{name}</td><td>{_number(old)}</td><td>{_number(new)}</td><td>{change}</td></tr>"
        for name, old, new, change in compared(figures, former["figures"])
    ]
    head = "<tr><th>figure</th><th>former</th><th>now</th><th>change</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def former(path: Path | None) -> dict[str, Any] | None:
    """An earlier run's report.json; None for no path. Raises OSError, or ValueError where the file is none."""
    if path is None:
        return None
    try:
        found: Any = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no report of a load test: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("figures"), dict):
        raise ValueError(f"{path} is no report of a load test")
    return found


def compared(
    now: Mapping[str, float | None], former: Mapping[str, float | None]
) -> list[tuple[str, float | None, float | None, str]]:
    """(figure, former, now, change in percent) of the figures that two runs can be compared by."""
    rows = []
    for name in _COMPARED:
        old, new = former.get(name), now.get(name)
        change = f"{(new - old) / old:+.1%}" if old and new is not None else "-"
        rows.append((name, old, new, change))
    return rows


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,.3f}".rstrip("0").rstrip(".")


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_flat(each)}" for name, each in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
