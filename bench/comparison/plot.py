"""A plot as SVG: throughput and p99 against connections, both on logarithmic scales."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 480, 340, 64, 48, 44, 36
COLOURS = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f"]


class Panel:
    """One diagram, `series` being a name and its points."""

    def __init__(self, title, x, series):
        self.title, self.x, self.series = title, x, series
        values = [value for _, points in series for _, value in points if value > 0]
        self.connections = sorted({connections for _, points in series for connections, _ in points})
        self.low = 10 ** math.floor(math.log10(min(values)))
        self.high = 10 ** math.ceil(math.log10(max(values) * 1.01))

    def place(self, connections, value):
        def share(number, low, high):
            return (math.log(number) - math.log(low)) / (math.log(high) - math.log(low) or 1)

        across = share(connections, self.connections[0], self.connections[-1])
        up = share(max(value, self.low), self.low, self.high)
        return self.x + LEFT + across * (WIDTH - LEFT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def draw(self):
        parts = [text(self.x + LEFT, TOP - 18, self.title, "start", weight="bold")]
        value = self.low
        while value <= self.high * 1.001:
            (left, y), (right, _) = self.place(self.connections[0], value), self.place(self.connections[-1], value)
            parts.append(f'<line x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
            parts.append(text(left - 8, y + 4, f"{value:,.0f}" if value >= 1 else f"{value:g}", "end"))
            value *= 10
        for connections in self.connections:
            x, y = self.place(connections, self.low)
            parts.append(text(x, y + 18, str(connections), "middle"))
        parts.append(text(self.x + (LEFT + WIDTH) / 2, HEIGHT - 6, "connections", "middle"))
        for number, (_, points) in enumerate(self.series):
            places = [self.place(*point) for point in points]
            colour = COLOURS[number % len(COLOURS)]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        return parts


def text(x, y, words, anchor, weight="normal"):
    words = escape(words)
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{words}</text>'


def legend(names):
    parts, columns = [], 3
    for number, name in enumerate(names):
        x, y = LEFT + (number % columns) * 310, HEIGHT + 22 + (number // columns) * 20
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<rect x="{x}" y="{y - 9}" width="18" height="4" fill="{colour}"/>')
        parts.append(text(x + 26, y, name, "start"))
    return parts


def svg(series):
    """`series` is a list of a name and points of (connections, requests/s, p99 in milliseconds)."""
    rates = [(name, [(connections, rate) for connections, rate, _ in points]) for name, points in series]
    times = [(name, [(connections, p99) for connections, _, p99 in points]) for name, points in series]
    panels = [Panel("requests per second", 0, rates), Panel("p99 in milliseconds", WIDTH + GAP, times)]
    width, height = 2 * WIDTH + GAP + 20, HEIGHT + 22 + 20 * math.ceil(len(series) / 3)
    parts = [part for panel in panels for part in panel.draw()] + legend([name for name, _ in series])
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            *parts,
            "</svg>\n",
        ]
    )
