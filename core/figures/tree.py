"""The bonsai: results as leaves of a tree that grows from dense, as one SVG that asks nobody for anything."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from core.figures.style import VIRIDIS

WIDE, TALL = 1200, 800  # of the picture
BASE = (600.0, 640.0)  # where the trunk forks
FLAT = 1.15  # height of the crown by its width
SPAN, MOST = 204.0, 26.0  # degrees of the crown, and of one leaf at most
FORKS = (90.0, 150.0)  # from the base to a family and to a group
FIRST, NEXT, LAST = 222.0, 84.0, 552.0  # to a first step, from one step to the next, and to the farthest
ROWS, ROW = 4, 19.0  # leaves beside each other stand at so many distances, so far apart
TRUNK, BOUGH = 26.0, (4.0, 2.5)  # widths of the trunk, and of boughs and branches with few leaves; more are thicker
SHADES = 64
NARROW = 5.0  # points between the ends of the colours at least
STYLE = """
.bonsai{--wood:#7d6450;--cut:#f0dcb4;--leaf:#5f7f5a;font:13px system-ui,sans-serif;--line:var(--ink,#22302a);
--page:var(--paper,#fff)}
.bonsai text{fill:var(--line)}
.bonsai .title{font-size:21px;font-weight:600}
.bonsai .quiet{opacity:.75}
.bonsai .wood{fill:none;stroke:var(--wood);stroke-linecap:round}
.bonsai .bough{font-weight:600;paint-order:stroke;stroke:var(--page);stroke-width:4px}
.bonsai .cut{fill:var(--cut);stroke:var(--wood);stroke-width:1}
.bonsai .leaf{stroke:var(--page);stroke-width:.6}
.bonsai .same{stroke:var(--line);stroke-width:1.6}
.bonsai .bare{fill:var(--page);stroke:var(--wood)}
.bonsai .pot{fill:#8a4b32}
.bonsai .soil{fill:#3f3227}
"""


@dataclass(frozen=True)
class Twig:
    """A node of the tree: `above` is its place there, -1 for the root, and parents come first.

    words: lines of the hover. value: quality in the metric's shown unit; None of a fork, or where nothing was measured.
    thick: bytes as a share of dense's. cut: the share of its parent's bytes that was pruned away. same: no difference
    from dense was shown. bough: name of the family that begins here. depth: steps done; forks have 0.
    """

    above: int
    words: str
    key: str = ""
    value: float | None = None
    thick: float = 1.0
    cut: float = 0.0
    same: bool = False
    bough: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Words:
    """What is written on the picture: title, below it, names of the two ends of the colours, and the legend."""

    title: str
    below: str
    unit: str
    thick: str
    cut: str
    same: str
    link: str = ""


def bonsai(twigs: Sequence[Twig], words: Words, chosen: str = "") -> str:
    """The picture. Leaves carry data-key and data-place, and wood data-from and data-to, so that a page can answer
    clicks; chosen: the key of the leaf whose way from the root is marked."""
    leaves = _leaves(twigs)
    at = places(twigs, leaves)
    low, high = _range(twigs)
    widths = _widths(twigs, leaves)
    chain = _chain(twigs, chosen)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bonsai" viewBox="0 0 {WIDE} {TALL}" role="img">',
        f"<title>{escape(words.title)}</title><style>{STYLE}</style>",
        f'<rect width="{WIDE}" height="{TALL}" fill="var(--page)"/>',
        _pot(),
        *(_wood(place, twigs, at, widths[place]) for place in range(1, len(twigs))),
        *(_cut(place, twigs, at) for place in range(1, len(twigs)) if twigs[place].cut >= 0.05),
        *(_leaf(place, twigs, at, (low, high), place in chain) for place in range(1, len(twigs))),
        _root(twigs, at, (low, high), twigs[0].key == chosen),
        *(_bough(place, twigs, at) for place in range(1, len(twigs)) if twigs[place].bough),
        _legend(words, low, high),
        "</svg>",
    ]
    return "".join(parts)


def _leaves(twigs: Sequence[Twig]) -> list[int]:
    """How many ends each node carries, itself where nothing grows from it."""
    leaves = [0] * len(twigs)
    for place in reversed(range(len(twigs))):
        leaves[place] = leaves[place] or 1
        if twigs[place].above >= 0:
            leaves[twigs[place].above] += leaves[place]
    return leaves


def places(twigs: Sequence[Twig], leaves: Sequence[int]) -> list[tuple[float, float]]:
    """Where each node stands: (angle in degrees, counted from the right; distance from the base)."""
    children: list[list[int]] = [[] for _ in twigs]
    for place, twig in enumerate(twigs):
        if twig.above >= 0:
            children[twig.above].append(place)
    step = min(SPAN / max(1, leaves[0]), MOST)
    at: list[tuple[float, float]] = [(90.0, 0.0)] * len(twigs)
    ends, row = {0: 90 + step * leaves[0] / 2}, 0
    for place in range(len(twigs)):
        left = ends[place]
        for child in children[place]:
            middle = left - step * leaves[child] / 2
            row = row + 1 if twigs[child].depth else row
            at[child] = (middle, _distance(twigs[child], row, at[place][1]))
            ends[child] = left
            left -= step * leaves[child]
    return at


def _distance(twig: Twig, row: int, above: float) -> float:
    if twig.depth == 0:
        return FORKS[0] if twig.bough else FORKS[1]
    usual = FIRST + NEXT * (twig.depth - 1) + ROW * (row % ROWS)
    return min(max(usual, above + ROW), LAST)


def _xy(at: tuple[float, float]) -> tuple[float, float]:
    angle = math.radians(at[0])
    return BASE[0] + at[1] * math.cos(angle), BASE[1] - FLAT * at[1] * math.sin(angle)


def _widths(twigs: Sequence[Twig], leaves: Sequence[int]) -> list[float]:
    """Of a twig by the bytes of its model, thinner where there are many; of boughs and branches by what they carry."""
    unit = min(6.0, max(1.6, 700 / max(1, len(twigs))))
    share = [10 * math.sqrt(count / leaves[0]) for count in leaves]
    return [
        max(0.5, unit * twig.thick) if twig.depth else BOUGH[0 if twig.bough else 1] + more
        for twig, more in zip(twigs, share, strict=True)
    ]


def _wood(place: int, twigs: Sequence[Twig], at: Sequence[tuple[float, float]], width: float) -> str:
    """A bent twig from the parent."""
    here, above = at[place], at[twigs[place].above]
    half = (here[1] + above[1]) / 2
    points = (_xy(above), _xy((above[0], half)), _xy((here[0], half)), _xy(here))
    start, *rest = (f"{x:.1f} {y:.1f}" for x, y in points)
    way = f'data-from="{twigs[place].above}" data-to="{place}"'
    return f'<path class="wood" {way} d="M{start}C{" ".join(rest)}" stroke-width="{width:.1f}"/>'


def _cut(place: int, twigs: Sequence[Twig], at: Sequence[tuple[float, float]]) -> str:
    """The wound where pruning took bytes away: as wide as what went."""
    here, above = at[place], at[twigs[place].above]
    x, y = _xy((here[0], above[1] + 0.72 * (here[1] - above[1])))
    return f'<circle class="cut" cx="{x:.1f}" cy="{y:.1f}" r="{1.2 + 2.4 * twigs[place].cut:.1f}"/>'


def _leaf(
    place: int, twigs: Sequence[Twig], at: Sequence[tuple[float, float]], ends: tuple[float, float], chosen: bool
) -> str:
    twig = twigs[place]
    if twig.depth == 0:
        return ""
    x, y = _xy(at[place])
    radius = 7.0 if len(twigs) < 80 else 4.6
    where = f'cx="{x:.1f}" cy="{y:.1f}" data-place="{place}"'
    if twig.value is None:
        return f'<circle class="bare" r="2" {where}/>'
    name = " ".join(("leaf", *(["same"] if twig.same else []), *(["chosen"] if chosen else [])))
    return (
        f'<circle class="{name}" r="{radius}" fill="{_colour(twig.value, ends)}" {where} data-key="{escape(twig.key)}">'
        f"<title>{escape(twig.words)}</title></circle>"
    )


def _root(twigs: Sequence[Twig], at: Sequence[tuple[float, float]], ends: tuple[float, float], chosen: bool) -> str:
    """Dense: a large mark on the trunk that nothing covers."""
    x, y = _xy(at[0])
    fill, name = _colour(twigs[0].value or 0.0, ends), "leaf root chosen" if chosen else "leaf root"
    return (
        f'<circle class="{name}" r="13" cx="{x:.0f}" cy="{y:.0f}" fill="{fill}" data-place="0" '
        f'data-key="{escape(twigs[0].key)}"><title>{escape(twigs[0].words)}</title></circle>'
    )


def _bough(place: int, twigs: Sequence[Twig], at: Sequence[tuple[float, float]]) -> str:
    """The name of a family, outside of its leaves."""
    below = {place}
    for number in range(place + 1, len(twigs)):
        if twigs[number].above in below:
            below.add(number)
    far = max(at[number][1] for number in below)
    x, y = _xy((at[place][0], far + 22))
    anchor = "middle" if abs(x - BASE[0]) < 90 else "end" if x < BASE[0] else "start"
    x, y = min(max(x, 12), WIDE - 12), max(y, 78)
    if x < 110 or x > WIDE - 110:  # no room beside the crown
        anchor = "start" if x < BASE[0] else "end"
    return f'<text class="bough" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(twigs[place].bough)}</text>'


def _pot() -> str:
    x, y = BASE
    return (
        f'<path class="wood" d="M{x - 6} 726C{x - 34} 690 {x + 26} 676 {x} {y}" stroke-width="{TRUNK}"/>'
        f'<path class="pot" d="M{x - 120} 726h240l-16 50h-208z"/><path class="pot" d="M{x - 130} 716h260v14h-260z"/>'
        f'<path class="soil" d="M{x - 118} 716q118 -16 236 0z"/>'
    )


def _legend(words: Words, low: float, high: float) -> str:
    """Title on top; at the foot what colours, widths, wounds and rings mean."""
    cell = 150 / SHADES
    shades = ((24 + n * cell, _shade(n / (SHADES - 1))) for n in range(SHADES))
    bar = "".join(f'<rect x="{x:.2f}" y="704" width="{cell + 0.3:.2f}" height="11" fill="{c}"/>' for x, c in shades)
    link = (
        f'<text class="quiet" x="{WIDE - 24}" y="784" text-anchor="end">{escape(words.link)}</text>'
        if words.link
        else ""
    )
    return (
        f'<g class="legend"><text class="title" x="24" y="36">{escape(words.title)}</text>'
        f'<text class="quiet" x="24" y="58">{escape(words.below)}</text>'
        f'{bar}<text x="24" y="696">{escape(words.unit)}</text>'
        f'<text x="24" y="732">≤ {low:.0f}</text><text x="174" y="732" text-anchor="end">{high:.0f}</text>'
        f'<path class="wood" d="M24 752h34" stroke-width="5"/><path class="wood" d="M62 752h34" stroke-width="1.2"/>'
        f'<text x="104" y="756">{escape(words.thick)}</text>'
        f'<circle class="leaf same" r="5" cx="32" cy="777" fill="{_shade(0.8)}"/>'
        f'<text x="46" y="781">{escape(words.same)}</text>'
        f'<circle class="cut" r="3.4" cx="{WIDE - 30}" cy="752"/>'
        f'<text x="{WIDE - 42}" y="756" text-anchor="end">{escape(words.cut)}</text>{link}</g>'
    )


def _range(twigs: Sequence[Twig]) -> tuple[float, float]:
    """Ends of the colours: the best, and the tenth part of the worst, of which all look alike."""
    values = sorted(twig.value for twig in twigs if twig.value is not None)
    if not values:
        return 0.0, 1.0
    low, high = values[len(values) // 10], values[-1]
    return min(low, high - NARROW), high


def _colour(value: float, ends: tuple[float, float]) -> str:
    low, high = ends
    return _shade(min(1.0, max(0.0, (value - low) / (high - low))))


def _shade(share: float) -> str:
    """Between the steps of VIRIDIS."""
    place = share * (len(VIRIDIS) - 1)
    first = min(int(place), len(VIRIDIS) - 2)
    rest = place - first
    pairs = [(int(VIRIDIS[first][i : i + 2], 16), int(VIRIDIS[first + 1][i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * rest):02x}" for a, b in pairs)


def _chain(twigs: Sequence[Twig], key: str) -> set[int]:
    """The places from the root to the leaf of this key."""
    place = next((n for n, twig in enumerate(twigs) if key and twig.key == key), -1)
    found: set[int] = set()
    while place >= 0:
        found.add(place)
        place = twigs[place].above
    return found
