"""Tables, targets and plot of a benchmark's results, which are lists of values by row and way."""

import dataclasses
import os
import statistics
import subprocess
import time

from .rows import FABRIC, PLAIN, STRONGSWAN

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
COLOURS = {PLAIN: "#9aa5b1", FABRIC: "#0b7285", STRONGSWAN: "#e8590c"}
OTHER_COLOUR = "#5f3dc4"


@dataclasses.dataclass
class Facts:
    """Under what conditions the results came about."""
    rounds: int
    seconds: int
    load: float
    binaries: str

    def sentence(self):
        kernel = os.uname().release.split("-")[0]
        revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
        return (f"{time.strftime('%Y-%m-%d')}, revision {revision}, {os.cpu_count()} cores, Linux {kernel}: medians of "
                f"{self.rounds} round(s), TCP runs of {self.seconds} s, the ways in turns; load of the machine before: "
                f"{self.load:.1f}.")


def median(results, row, way):
    """A row's value for a way; None where it was not measured."""
    values = results.get((row.title, way))
    return statistics.median(values) if values else None


def number(value):
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def tables(rows, results):
    return [*table(rows, results), "", *targets(rows, results)]


def table(rows, results):
    names = list(dict.fromkeys(way for _, way in results))
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for row in rows:
        cells = [number(median(results, row, name)) for name in names]
        lines.append(f"| {row.title}, {row.unit} | " + " | ".join(cells) + " |")
    return lines


def targets(rows, results):
    """What Fabric was to reach and what it did; a target is left out where one of its two values is missing."""
    lines = ["| Fabric | target | measured | |", "|---|---|---|---|"]
    for row in rows:
        for target in row.targets:
            verdict = judge(rows, row, target, results)
            if verdict:
                wanted, measured, is_met = verdict
                lines.append(f"| {row.title} | {wanted} | {measured} | {'met' if is_met else 'missed'} |")
    return lines


def judge(rows, row, target, results):
    own = median(results, row, FABRIC)
    reference = next((each for each in rows if each.title == target.row), None) if target.row else row
    other = median(results, reference, target.way) if reference else None
    if own is None or not other:
        return None
    name = target.row or target.way
    if target.allowance:
        added = own - other
        return f"≤ {target.allowance} µs above {name}", f"{added:.0f} µs", added <= target.allowance
    ratio = own / other
    if target.at_most:
        return f"≤ {target.factor} × {name}", f"{ratio:.2f} ×", ratio <= target.factor
    return f"≥ {target.factor} × {name}", f"{ratio:.2f} ×", ratio >= target.factor


def fabric_is_first(results):
    """Whether one TCP flow is at least as fast as by strongSwan, where both were measured."""
    own, other = (results.get(("one TCP flow", way)) for way in [FABRIC, STRONGSWAN])
    return not own or not other or statistics.median(own) >= statistics.median(other)


def plot(rows, results):
    """Bars of each row on a scale of its own, as SVG."""
    lines, y = [], 10
    for row in rows:
        values = {way: median(results, row, way) for title, way in results if title == row.title}
        if not values:
            continue
        y += 26
        lines.append(f'<text x="10" y="{y}" font-weight="bold">{row.title}, {row.unit}</text>')
        for way, value in values.items():
            y += 20
            width = 400 * value / max(values.values())
            lines.append(f'<text x="10" y="{y}">{way}</text>')
            lines.append(f'<rect x="240" y="{y - 12}" width="{width:.1f}" height="15" '
                         f'fill="{COLOURS.get(way, OTHER_COLOUR)}"/>')
            lines.append(f'<text x="{246 + width:.1f}" y="{y}">{number(value)}</text>')
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="740" height="{y + 20}" font-family="sans-serif" '
            'font-size="13">\n<rect width="100%" height="100%" fill="white"/>\n')
    return head + "\n".join(lines) + "\n</svg>\n"


def write(path, rows, results, facts):
    """Replaces what stands between the two marks in the report, and the plot beside it."""
    head, _, rest = path.read_text().partition(BEGIN)
    tail = rest.partition(END)[2]
    picture = path.with_suffix(".svg")
    picture.write_text(plot(rows, results))
    lines = [facts.sentence(), "", *tables(rows, results), "", *cipher_table(facts.binaries),
             f"![Each row on a scale of its own]({picture.name})"]
    path.write_text("\n".join([head + BEGIN, *lines, END]) + tail)


def cipher_table(binaries):
    """What one core takes for a packet without the network, as `fabric-packet-bench` prints it."""
    program = f"{binaries}/fabric-packet-bench"
    if not os.path.exists(program):
        return []
    text = subprocess.run([program], capture_output=True, text=True).stdout.strip()
    return ["```", *text.splitlines(), "```", ""]
