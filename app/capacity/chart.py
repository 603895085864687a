"""Line charts as self-contained SVG: no script, no font and no style from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_COLOURS = ("#1f6feb", "#d1570a", "#1a7f37", "#8250df", "#bf3989", "#6e7781", "#0f7b8a", "#9a6700")
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 30, 12, 38
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Series:
    """One named series of (x, y). `dots` draws points in place of a line."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


def chart(
    title: str,
    lines: Sequence[Series],
    *,
    x: str = "",
    y: str = "",
    width: int = 640,
    height: int = 260,
    limit: float | None = None,
) -> str:
    """One `<svg>` with axes, a legend and, at `limit`, a dashed level. Lines without points are left out."""
    shown = [line for line in lines if line.points]
    xs = [point[0] for line in shown for point in line.points] or [0.0, 1.0]
    ys = [point[1] for line in shown for point in line.points] + ([limit] if limit is not None else [])
    grid_x, grid_y = ticks(min(xs), max(xs)), ticks(0.0, max(ys, default=1.0))
    scale = _Scale(grid_x[0], grid_x[-1], grid_y[-1], width, height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="14" font-size="13" font-weight="bold">{escape(title)}</text>',
        *_axes(scale, grid_x, grid_y, x, y),
    ]
    if limit is not None:
        level = scale.y(limit)
        parts.append(
            f'<line x1="{_LEFT}" x2="{width - _RIGHT}" y1="{level:.1f}" y2="{level:.1f}" stroke="#cf222e" '
            'stroke-dasharray="5 4"/>'
        )
    for number, line in enumerate(shown):
        parts.append(_drawn(line, scale, _COLOURS[number % len(_COLOURS)]))
    parts.append(_legend(shown, width))
    return "\n".join([*parts, "</svg>"])


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers from at most `low` to at least `high`, about so many."""
    span = max(high - low, 1e-9)
    magnitude = 10.0 ** (len(f"{span / about:.0f}") - 1) if span / about >= 1 else 1.0
    while span / about < magnitude:
        magnitude /= 10
    step = next(size * magnitude for size in _STEPS if size * magnitude * about >= span)
    first = int(low // step)
    last = -int(-high // step)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


@dataclass(frozen=True, slots=True)
class _Scale:
    first: float
    last: float
    top: float
    width: int
    height: int

    def x(self, value: float) -> float:
        share = (value - self.first) / (self.last - self.first)
        return _LEFT + share * (self.width - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return self.height - _BOTTOM - value / self.top * (self.height - _TOP - _BOTTOM)


def _axes(scale: _Scale, grid_x: Sequence[float], grid_y: Sequence[float], x: str, y: str) -> list[str]:
    floor, right = scale.height - _BOTTOM, scale.width - _RIGHT
    parts = []
    for value in grid_y:
        at = scale.y(value)
        parts.append(f'<line x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{value:g}</text>')
    for value in grid_x:
        parts.append(f'<text x="{scale.x(value):.1f}" y="{floor + 14}" text-anchor="middle">{value:g}</text>')
    parts.append(f'<text x="{right}" y="{floor + 29}" text-anchor="end" fill="#57606a">{escape(x)}</text>')
    parts.append(f'<text x="{_LEFT}" y="{_TOP - 4}" text-anchor="end" fill="#57606a">{escape(y)}</text>')
    return parts


def _drawn(line: Series, scale: _Scale, colour: str) -> str:
    places = [(scale.x(x), scale.y(y)) for x, y in line.points]
    if line.dots or len(places) == 1:
        return "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.8" fill="{colour}"/>' for x, y in places)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" points="{path}"/>'


def _legend(lines: Sequence[Series], width: int) -> str:
    parts, at = [], width - _RIGHT
    for number, line in reversed(list(enumerate(lines))):
        at -= 14 + 7 * len(line.name)
        parts.append(
            f'<rect x="{at}" y="19" width="9" height="3" fill="{_COLOURS[number % len(_COLOURS)]}"/>'
            f'<text x="{at + 12}" y="24">{escape(line.name)}</text>'
        )
    return "".join(parts)
