"""What scripts/bench has measured, as Markdown tables, CSV and SVG. A measurement is a dictionary:

kind     `program`, `scale` (multiplied copies), `threads`, `many` (links at once) or `phases`
program  its name; copies, threads, at_once: what the kind varies
linker   wold, wasm-ld-22, wild or floor
wall cpu lists of seconds, one of each round; the rounds of all linkers of a program were taken in turn
rss size input  bytes: peak memory, output, all files that are read
output   what is to be said of the output; failure: why there is none
phases   of kind `phases`: [[name, [wall ms], [cpu ms]]]
"""
import csv
import io
import math
import re
import statistics

COLOURS = {"wold": "#d1495b", "wasm-ld-22": "#30638e", "wild": "#2e8b57", "floor": "#888888"}
KEY = ("kind", "program", "threads", "at_once", "args", "linker")


def key(measurement):
    return tuple(measurement.get(part) for part in KEY)


def merge(old, new):
    """All of `new`, and of `old` what was not measured again."""
    again = {key(one) for one in new}
    return [one for one in old if key(one) not in again] + new


def spread(values, unit=1e3):
    """`median (least-greatest)`."""
    middle, least, most = (unit * number for number in (statistics.median(values), min(values), max(values)))
    digits = 1 if middle < 100 else 0
    return f"{middle:.{digits}f} ({least:.{digits}f}-{most:.{digits}f})"


def ratio(ours, theirs):
    """Of the medians; in brackets those of the rounds that differ most."""
    rounds = [a / b for a, b in zip(ours, theirs) if b]
    if not rounds:
        return ""
    return f"{statistics.median(ours) / statistics.median(theirs):.3f} ({min(rounds):.3f}-{max(rounds):.3f})"


def table(head, rows):
    line = lambda cells: "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"  # noqa: E731
    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)]) + "\n"


def label(one):
    words = [one["program"]]
    words += [one["args"]] if one.get("args") else []
    words += [f"--threads={one['threads']}"] if one.get("threads") else []
    words += [f"{one['at_once']} at once"] if one.get("at_once") else []
    return ", ".join(words)


def natural(name):
    """A key that sorts `binaryen-x10` behind `binaryen-x2`."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def groups(measurements, kind):
    """Measurements of a kind by what was linked: [(label, {linker: measurement})]."""
    found = {}
    for one in measurements:
        if one["kind"] == kind:
            found.setdefault(label(one), {})[one["linker"]] = one
    groups = list(found.items())
    return sorted(groups, key=lambda group: natural(group[0])) if kind == "scale" else groups


RACE_HEAD = ["link", "linker", "wall ms", "CPU ms", "peak MiB", "output MB", "Wold / it: wall", "CPU", "peak", "output"]


def race_rows(what, by_linker):
    """Rows of one link: Wold, then the others with what Wold takes as a ratio to each."""
    ours = by_linker.get("wold")
    for linker, one in by_linker.items():
        if one.get("failure"):
            yield [what, linker, "", "", "", "", "", "", "", "fails: " + one["failure"]]
            continue
        sizes = [f"{one['rss'] / 2**20:.0f}", f"{one['size'] / 1e6:.2f}"]
        cells = [what, linker, spread(one["wall"]), spread(one["cpu"]), *sizes]
        if one is ours or not ours or ours.get("failure"):
            yield [*cells, "", "", "", one["output"]]
        else:
            peak = f"{ours['rss'] / one['rss']:.2f}" if one["rss"] else ""
            yield [*cells, ratio(ours["wall"], one["wall"]), ratio(ours["cpu"], one["cpu"]), peak, one["output"]]


def races(measurements, kind):
    return table(RACE_HEAD, [row for what, them in groups(measurements, kind) for row in race_rows(what, them)])


def growth(measurements):
    """How cost grows with the input: nanoseconds of wall time for each byte of input."""
    rows = []
    for what, them in groups(measurements, "scale"):
        any_one = next(iter(them.values()))
        cells = [what, f"{any_one['input'] / 1e6:.0f}"]
        for linker in COLOURS:
            one = them.get(linker)
            there = one and not one.get("failure") and any_one["input"]
            cells.append(f"{statistics.median(one['wall']) / any_one['input'] * 1e9:.2f}" if there else "")
        rows.append(cells)
    return table(["link", "input MB", *(f"{linker}, ns/B" for linker in COLOURS)], rows)


def scaling(measurements):
    """Wall time by number of threads, and how many times faster than on one."""
    rows = []
    first = {}
    for what, them in groups(measurements, "threads"):
        for linker, one in them.items():
            if one.get("failure"):
                continue
            wall = statistics.median(one["wall"])
            alone = first.setdefault((one["program"], linker), (one["threads"], wall))
            faster = f"{alone[1] / wall:.2f}" if alone[0] == 1 else ""
            rows.append([one["program"], linker, one["threads"], spread(one["wall"]), spread(one["cpu"]), faster])
    return table(["program", "linker", "threads", "wall ms", "CPU ms", "times faster than on 1"], rows)


def phases(measurements):
    out = []
    for what, them in groups(measurements, "phases"):
        one = them["wold"]
        whole = next((statistics.median(wall) for name, wall, _ in one["phases"] if name == "all"), 0) or 1
        rows = [[name, spread(wall, 1), spread(cpu, 1) if cpu else "", f"{statistics.median(wall) / whole:.1%}"]
                for name, wall, cpu in one["phases"]]
        out.append(f"{what}:\n\n" + table(["phase", "wall ms", "CPU ms", "share of wall"], rows))
    return "\n".join(out)


SECTIONS = [
    ("program", "Programs", lambda m: races(m, "program"), ""),
    ("scale", "Multiplied inputs", lambda m: races(m, "scale") + "\nHow cost grows: wall time for each byte of input.\n\n"
     + growth(m), "NAME-xK is K copies of a program's objects, with names of their own, linked into one module.\n\n"),
    ("threads", "Threads", scaling, ""),
    ("many", "Many links at once", lambda m: races(m, "many"),
     "Wall is from the start of the first to the end of the last, CPU the sum, peak that of one.\n\n"),
    ("phases", "Phases of Wold", phases, "What `--time` says.\n\n"),
]


def markdown(machine, measurements, plots):
    out = [f"# Measured on: {machine['name']}\n\n"]
    out += [f"{what}: {value}  \n" for what, value in machine.items() if what != "name"]
    out.append("\nWritten by `scripts/bench`, where the columns are explained. Cells are medians, with the least and "
               "greatest of a round in brackets. The linkers took turns; ratios in brackets are of single rounds. Below 1, "
               "Wold takes less. "
               "`floor` maps and reads the same files and writes as many bytes, and links nothing.\n")
    for kind, title, body, words in SECTIONS:
        if any(one["kind"] == kind for one in measurements):
            out.append(f"\n## {title}\n\n{words}{body(measurements)}")
            out += [f"\n![{title}]({name})\n" for what, name in plots if what == kind]
    return "".join(out)


def as_csv(measurements):
    out = io.StringIO()
    names = ["kind", "program", "copies", "threads", "at_once", "args", "linker", "rounds", "wall_median_s", "wall_min_s",
             "wall_max_s", "cpu_median_s", "peak_bytes", "output_bytes", "input_bytes", "output"]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for one in measurements:
        if one["kind"] != "phases":
            wall, cpu = one.get("wall") or [], one.get("cpu") or []
            times = [statistics.median(wall), min(wall), max(wall), statistics.median(cpu)] if wall else [""] * 4
            writer.writerow([*(one.get(name, "") for name in names[:7]), len(wall),
                             *(f"{time:.6f}" if time != "" else "" for time in times), one.get("rss", ""),
                             one.get("size", ""), one.get("input", ""), one.get("failure") or one.get("output", "")])
    return out.getvalue()


def points(measurements, kind, across, program=None):
    """{linker: [(x, wall seconds)]} of a kind, x being the field `across`."""
    series = {}
    for one in measurements:
        if one["kind"] == kind and not one.get("failure") and program in (None, one["program"]) and one.get(across):
            series.setdefault(one["linker"], []).append((one[across], statistics.median(one["wall"])))
    return {linker: sorted(found) for linker, found in series.items()}


def ticks(low, high):
    """Powers of ten that cover the range, as exponents."""
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


class Plot:
    """A plot with a logarithmic vertical axis of seconds; `place` maps x to 0..1."""

    WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 420, 70, 50, 40, 110

    def __init__(self, title, x_title, x_ticks, place, seconds):
        self.place, self.exponents, self.names = place, ticks(*seconds), []
        self.out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.WIDTH} {self.HEIGHT}" '
                    f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>']
        self.text(self.LEFT, 24, title, "start", 15)
        self.text((self.LEFT + self.WIDTH - self.RIGHT) / 2, self.HEIGHT - 12, x_title)
        for value, words in x_ticks:
            x = self.x(value)
            self.line((x, self.y_end()), (x, self.TOP))
            self.text(x, self.y_end() + 18, words)
        for exponent in self.exponents:
            y = self.y(10.0**exponent)
            self.line((self.LEFT, y), (self.WIDTH - self.RIGHT, y))
            self.text(self.LEFT - 8, y + 4, f"{10.0**exponent:g} s", "end")

    def y_end(self):
        return self.HEIGHT - self.BOTTOM

    def x(self, value):
        return self.LEFT + self.place(value) * (self.WIDTH - self.RIGHT - self.LEFT)

    def y(self, seconds):
        low, high = self.exponents[0], max(self.exponents[-1], self.exponents[0] + 1)
        return self.y_end() - (math.log10(seconds) - low) / (high - low) * (self.y_end() - self.TOP)

    def text(self, x, y, words, anchor="middle", size=13, colour="#333"):
        words = str(words).replace("&", "&amp;").replace("<", "&lt;")
        style = f'text-anchor="{anchor}" font-size="{size}" fill="{colour}"'
        self.out.append(f'<text x="{x:.1f}" y="{y:.1f}" {style}>{words}</text>')

    def line(self, start, end):
        self.out.append(f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="#ddd"/>')

    def series(self, name, found):
        colour = COLOURS.get(name, "#000")
        places = [(self.x(x), self.y(y)) for x, y in found]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        self.out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        self.out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        self.names.append((places[-1][1] + 4, places[-1][0] + 9, name, colour))

    def svg(self):
        """The names stand beside the last points, pushed down where they would cover each other."""
        free = 0
        for y, x, name, colour in sorted(self.names):
            y = max(y, free)
            self.text(x, y, name, "start", colour=colour)
            free = y + 14
        return "\n".join(self.out) + "\n</svg>\n"


def draw(title, x_title, series, x_ticks, place):
    """An SVG of the series, or None if there are too few points."""
    if not series or max(len(found) for found in series.values()) < 2:
        return None
    seconds = [second for found in series.values() for _, second in found]
    plot = Plot(title, x_title, x_ticks, place, (min(seconds), max(seconds)))
    for name, found in series.items():
        plot.series(name, found)
    return plot.svg()


def plot_sizes(measurements):
    """Wall time against input size, of all multiplied programs whose name begins like the first one's."""
    scaled = [one for one in measurements if one["kind"] == "scale" and one.get("copies")]
    if not scaled:
        return None
    name = scaled[0]["program"].rsplit("-x", 1)[0]
    series = points([one for one in scaled if one["program"].startswith(name + "-x")], "scale", "input")
    sizes = [size for found in series.values() for size, _ in found]
    if not sizes:
        return None
    low, high = ticks(min(sizes), max(sizes))[0], ticks(min(sizes), max(sizes))[-1]
    shown = [(10.0**exponent, f"{10.0**exponent / 1e6:g} MB") for exponent in range(low, high + 1)]
    return draw(f"Time to link {name}, multiplied", "bytes of input", series, shown,
                lambda size: (math.log10(size) - low) / max(1, high - low))


def plot_threads(measurements):
    """Wall time against threads, of the program with the largest input."""
    found = [one for one in measurements if one["kind"] == "threads" and not one.get("failure")]
    if not found:
        return None
    name = max(found, key=lambda one: one.get("input", 0))["program"]
    series = points(found, "threads", "threads", name)
    counts = sorted({count for one in series.values() for count, _ in one})
    most = math.log2(counts[-1]) or 1
    return draw(f"Time to link {name}", "threads", series, [(count, count) for count in counts],
                lambda count: math.log2(count) / most)
