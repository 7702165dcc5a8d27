"""The results in words: verdicts and tables in Markdown, and their place in the README."""

from pathlib import Path

from benchmarks.speed.targets import TARGETS, best_keras, ratio
from rnnkit.atomic import write_text

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
WORKS = {"training": "Training step", "forward": "Forward pass"}


def report(rows, plot_name=None):
    """Markdown of all measurements, one section for each machine.

    Args:
        rows: `Results.rows`.
        plot_name: Function from a machine to the path of its plot, as the text's reader sees it, or `None`.
    """
    sections = []
    for machine in dict.fromkeys(row["machine"] for row in rows):
        of_machine = [row for row in rows if row["machine"] == machine]
        parts = [f"### {machine}", versions_of(of_machine), _verdicts(of_machine)]
        if plot_name is not None and any("contenders" in row for row in _of_kind(of_machine, "layer")):
            parts.append(f"![Ratios and their spread]({plot_name(machine)})")
        parts += [_layers(of_machine, work) for work in WORKS]
        parts += [_others(of_machine), _missing(of_machine)]
        sections.append("\n\n".join(part for part in parts if part))
    return "\n\n".join(sections)


def write_into(path, text):
    """Puts text between the two marker comments of a file.

    Raises:
        ValueError: the file has not both markers, in order.
    """
    path = Path(path)
    document = path.read_text(encoding="utf-8")
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path}: the figures go between the lines {BEGIN} and {END}; both are needed, in this order")
    write_text(path, f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def is_gpu(rows):
    """Whether the rows of one machine were measured on a GPU, which stands before the cores in its name."""
    return not rows[0]["machine"].split(",")[0].split()[0].isdigit()


def _of_kind(rows, kind):
    return [row for row in rows if row["case"]["kind"] == kind]


def table(head, lines):
    """A table in Markdown."""
    return "\n".join(
        [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(each)} |" for each in lines)]
    )


def versions_of(rows):
    """With what the rows were measured."""
    said = dict.fromkeys(
        ", ".join(f"{name} {version}" for name, version in row["versions"].items() if version) for row in rows
    )
    return "\n".join(f"Measured with {each}." for each in said)


def _verdicts(rows):
    device = "GPU" if is_gpu(rows) else "CPU"
    lines = []
    for target in TARGETS:
        if target.device == device:
            reached, figure = target.verdict(rows)
            lines.append((target.words, {True: "yes", False: "**no**", None: "–"}[reached], figure))
    return table(("target", "reached", "measured"), lines)


def _layers(rows, work):
    """The table of the layers, for one kind of work."""
    chosen = [row for row in _of_kind(rows, "layer") if row["case"]["work"] == work and "contenders" in row]
    if not chosen:
        return ""
    head = (
        "cell", "batch × time × input × units", "ours ms", "engine", "Keras's best ms", "mode",
        "Keras / ours", "PyTorch / ours", "matmuls / ours",
    )  # fmt: skip
    return f"#### {WORKS[work]}\n\n" + table(head, [_layer_line(row) for row in chosen])


def _layer_line(row):
    contenders, best = row["contenders"], best_keras(row)
    return (
        _cell(row["case"]),
        " × ".join(map(str, row["case"]["shape"])),
        number(contenders[row["base"]]["value"][1]),
        contenders[row["base"]].get("note", ""),
        number(contenders[best]["value"][1]),
        best.removeprefix("Keras "),
        spread_words(contenders[best]["ratio"], bold=True),
        spread_words(contenders["PyTorch"]["ratio"]) if "PyTorch" in contenders else "–",
        f"{ratio(row, 'matmuls'):.2f}",
    )


def _cell(case):
    return case["cell"] + ", both directions" * case["bidirectional"] + ", masked" * case["masked"]


def _others(rows):
    """The table of what has no place in the first."""
    lines = []
    for row in rows:
        if row["case"]["kind"] == "layer" or "contenders" not in row:
            continue
        for name, contender in row["contenders"].items():
            value = f"{number(contender['value'][1])} {row['unit']}"
            relative = "1" if name == row["base"] else spread_words(contender["ratio"])
            shape = " × ".join(map(str, row["case"]["shape"]))
            what = f"{row['case']['kind']}, {row['case']['work']}"
            lines.append((what, shape, name, value, relative, contender.get("note", "")))
    head = ("comparison", "batch × time × input × units", "contender", "measured", "/ the first", "note")
    return "#### Beside the table\n\n" + table(head, lines) if lines else ""


def _missing(rows):
    """What was not measured, and why."""
    lines = [f"- {row['name']}: {row.get('skipped') or row['failed']}" for row in rows if "contenders" not in row]
    for row in rows:
        if row["case"]["kind"] == "memory":
            lines += [f"- {row['name']}: {name}: {why}" for name, why in row.get("left_out", {}).items()]
    return "#### Not measured\n\n" + "\n".join(lines) if lines else ""


def number(value):
    """Three digits."""
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def spread_words(values, bold=False):
    """`[tenth percentile, median, ninetieth percentile]` in words."""
    low, median, high = (f"{value:.2f}" for value in values)
    return f"**{median}** ({low} to {high})" if bold else f"{median} ({low} to {high})"
