"""The results in words: verdicts and tables in Markdown."""

from benchmarks.decoding.cases import WIDTH
from benchmarks.speed.report import number, spread_words, table, versions_of
from benchmarks.speed.targets import geometric_mean, ratio

PEERS = ("KerasHub", "PyTorch")
WAYS = {"greedy": "greedy", "beam": f"beam {WIDTH}", "sample": "sampling"}


def report(rows):
    """Markdown of all measurements, one section for each machine; `rows` as in `Results`."""
    sections = []
    for machine in dict.fromkeys(row["machine"] for row in rows):
        of_machine = [row for row in rows if row["machine"] == machine]
        measured = [row for row in of_machine if "contenders" in row]
        parts = [f"### {machine}", versions_of(of_machine), _verdicts(measured), _texts(measured), _streams(measured)]
        sections.append("\n\n".join(part for part in [*parts, _missing(of_machine)] if part))
    return "\n\n".join(sections)


def best(row, prefix):
    """Name of the fastest of the contenders that begin so, or `None`."""
    named = {name: each["value"][1] for name, each in row["contenders"].items() if name.startswith(prefix)}
    return min(named, key=named.get) if named else None


def per_second(row, name):
    """What a contender gets done: texts a second, or tokens where they are streamed."""
    shape = row["case"]["shape"]
    done = shape[4] if row["case"]["method"] == "stream" else shape[0]
    return 1000 * done / row["contenders"][name]["value"][1]


def _verdicts(rows):
    lines = []
    for method, words in WAYS.items():
        for peer in PEERS:
            found = [(row["name"], ratio(row, best(row, peer))) for row in _of(rows, method) if best(row, peer)]
            if found:
                worst, least = min(found, key=lambda each: each[1])
                mean = geometric_mean([figure for _, figure in found])
                lines.append((words, f"{peer} / ours", f"{mean:.2f}", f"{least:.2f} ({worst})", str(len(found))))
    return table(("method", "time", "geometric mean", "worst", "cases"), lines) if lines else ""


def _texts(rows):
    lines = [_line(row) for method in WAYS for row in _of(rows, method)]
    head = (
        "method", "texts", "vocabulary", "LSTM", "ours, texts a second", "mode", "KerasHub", "mode",
        "KerasHub / ours", "PyTorch", "PyTorch / ours",
    )  # fmt: skip
    return "#### Texts\n\n" + table(head, lines) if lines else ""


def _line(row):
    case, base = row["case"], row["base"]
    batch, vocabulary, layers, units, _ = case["shape"]
    what = WAYS[case["method"]] + ", attention" * case["attention"] + ", early ends" * case["ends"]
    size = (what, str(batch), str(vocabulary), f"{layers} × {units}")
    mine = (number(per_second(row, base)), _mode(base))
    return size + mine + _peer(row, "KerasHub", True) + _peer(row, "PyTorch", False)


def _peer(row, prefix, with_mode):
    name = best(row, prefix)
    if name is None:
        return ("–",) * (2 + with_mode)
    mode = (_mode(name),) if with_mode else ()
    return (number(per_second(row, name)), *mode, spread_words(row["contenders"][name]["ratio"], bold=with_mode))


def _mode(name):
    return name.split()[-1]


def _streams(rows):
    lines = []
    for row in _of(rows, "stream"):
        _, vocabulary, layers, units, _ = row["case"]["shape"]
        for name, contender in row["contenders"].items():
            relative = "1" if name == row["base"] else spread_words(contender["ratio"])
            note = contender.get("note", "")
            lines.append((f"{layers} × {units}, {vocabulary}", name, number(per_second(row, name)), relative, note))
    head = ("LSTM, vocabulary", "contender", "tokens a second", "time / the first's", "note")
    return "#### Streaming, one text\n\n" + table(head, lines) if lines else ""


def _missing(rows):
    lines = [f"- {row['name']}: {row.get('skipped') or row['failed']}" for row in rows if "contenders" not in row]
    return "#### Not measured\n\n" + "\n".join(lines) if lines else ""


def _of(rows, method):
    return [row for row in rows if row["case"]["method"] == method]
