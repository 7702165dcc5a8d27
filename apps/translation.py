"""Translation: a text in, another text out (many-to-many, of other lengths), with scores and what was attended to."""

from dataclasses import replace
from pathlib import Path

import click

from rnnkit.app import App, candidate_lines, written
from rnnkit.command_line import CONFIG_OPTION, INPUT, MODEL, SETTINGS, main, pictures_in, quiet
from rnnkit.errors import DataError


def records(inputs: list[dict], answer: dict) -> list[dict]:
    """One record for each text: its translation and score, all candidates with theirs, and what was cut."""
    return [_record(row, {name: value[i] for name, value in answer.items()}) for i, row in enumerate(inputs)]


def _record(row: dict, answer: dict) -> dict:
    found = written("translation", answer)
    ends = {"finished": bool(answer["finished"]), "truncated": bool(answer["truncated"])}
    return {"text": row["text"], **found, **ends, "token_count": int(answer["token_count"])}


def show(record: dict) -> str:
    """A record as its translation, or as its text and a line with its score for each of several candidates."""
    lines = candidate_lines("translation", record, record["text"]) or [record["translation"]]
    if record["truncated"]:
        lines.append(f"(cut: only the first {record['token_count']} tokens of the text were read)")
    if not record["finished"]:
        lines.append("(cut: the translation came to no end)")
    return "\n".join(lines)


@click.command()
@MODEL
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@INPUT
@pictures_in("alignments")
@CONFIG_OPTION
@SETTINGS
@click.pass_obj
def align(app, model, texts, source, directory, path, overrides):
    """Draw what each token of a translation was made of, a PNG for each text."""
    with quiet():
        from rnnkit.verbs import predict
    drawing = replace(app, records=lambda inputs, answer: drawn(inputs, answer, directory), show=show_drawn)
    return predict.predict(drawing, model, texts, source, "text", path, overrides)


def drawn(inputs: list[dict], answer: dict, directory: Path) -> list[dict]:
    """Draws the alignment of each text; its record names the picture.

    Raises:
        DataError: the model has no attention.
    """
    from rnnkit.tasks.plots import draw_alignment, free_name

    if "alignment" not in answer:
        raise DataError("the model has no attention to draw (model.context is not attention)")
    directory.mkdir(parents=True, exist_ok=True)
    found = records(inputs, answer)
    for i, record in enumerate(found):
        if not record["token_count"]:
            continue
        sides = [
            [token.decode("utf-8", "replace") for token in answer[f"{side}_tokens"][i][: answer[count][i]]]
            for side, count in (("source", "token_count"), ("target", "target_lengths"))
        ]
        record["picture"] = str(free_name(directory, record["text"]))
        draw_alignment(Path(record["picture"]), *sides, answer["alignment"][i])
    return found


def show_drawn(record: dict) -> str:
    """A record as its translation and the picture's name."""
    return f"{record['translation']}  ({record['picture']})"


APP = App(
    name="translation",
    summary="Translates texts: languages, or dates and numbers in words into digits.",
    shape="many-to-many, of other lengths: text in, text out",
    task="rnnkit.tasks.translation:Translation",
    records=records,
    show=show,
    verbs=(align,),
)

if __name__ == "__main__":
    main(APP)
