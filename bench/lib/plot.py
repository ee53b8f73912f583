# SPDX-License-Identifier: Apache-2.0
"""Draws curves as SVG."""

import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 70, 120, 15, 45
COLOURS = ("#1b6ca8", "#c1440e", "#2e7d32", "#6a3d9a", "#7a6a00", "#444444")


def round_up(value):
    """A top for an axis: 1, 2 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(max(value, 1)))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= value)


def text(x, y, words, anchor="middle", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>'
        f"{html.escape(str(words))}</text>")


def svg(curves, across, up):
    """`curves` is {name: [(x, y)]}; x is drawn on a scale of powers of 2."""
    xs = sorted({x for points in curves.values() for x, _ in points})
    top = round_up(max(y for points in curves.values() for _, y in points))
    span = max(math.log2(xs[-1] / xs[0]), 1)

    def at(x, y):
        return (LEFT + math.log2(x / xs[0]) / span * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
        f'{HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    for step in range(6):
        x, y = at(xs[0], top * step / 5)
        out += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" '
            f'y2="{y:.1f}" stroke="#dddddd"/>',
            text(x - 8, y + 4, f"{top * step / 5:,.0f}", "end")]
    out += [text(at(x, 0)[0], HEIGHT - BOTTOM + 18, x) for x in xs]
    out += [text(at(xs[0], 0)[0] + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 8,
        across), text(14, HEIGHT / 2, up, more=
        f' transform="rotate(-90 14 {HEIGHT / 2:.0f})"')]
    for i, (name, points) in enumerate(curves.items()):
        colour = COLOURS[i % len(COLOURS)]
        line = " ".join("{:.1f},{:.1f}".format(*at(*p)) for p in points)
        y = TOP + 14 + 18 * i
        out += [f'<polyline points="{line}" fill="none" stroke="{colour}" '
            'stroke-width="2"/>', f'<line x1="{WIDTH - RIGHT + 8}" '
            f'x2="{WIDTH - RIGHT + 24}" y1="{y - 4}" y2="{y - 4}" '
            f'stroke="{colour}" stroke-width="2"/>',
            text(WIDTH - RIGHT + 30, y, name, "start")]
    return "\n".join([*out, "</svg>"]) + "\n"


def write(path, curves, across, up):
    with open(path, "w", encoding="utf-8") as f:
        f.write(svg(curves, across, up))
