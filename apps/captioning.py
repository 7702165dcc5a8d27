"""Captioning: a picture in, a sentence about it out (one-to-many), with scores and what was looked at."""

from dataclasses import replace
from pathlib import Path

import click

from rnnkit.app import App, candidate_lines, written
from rnnkit.command_line import CONFIG_OPTION, INPUT, MODEL, SETTINGS, main, pictures_in, quiet


def records(inputs: list[dict], answer: dict) -> list[dict]:
    """One record for each picture: its caption and score, and all candidates with theirs."""
    return [_record(row, {name: value[i] for name, value in answer.items()}) for i, row in enumerate(inputs)]


def _record(row: dict, answer: dict) -> dict:
    found = written("caption", answer)
    return {"image": row["image"], **found, "finished": bool(answer["finished"])}


def show(record: dict) -> str:
    """A record as the picture's name and its caption, or as a line with its score for each of several candidates."""
    lines = candidate_lines("caption", record, record["image"]) or [f"{record['image']}: {record['caption']}"]
    return "\n".join([*lines, *([] if record["finished"] else ["(cut: the caption came to no end)"])])


@click.command()
@MODEL
@click.argument("pictures", nargs=-1, metavar="[PICTURE]...")
@INPUT
@pictures_in("captions")
@CONFIG_OPTION
@SETTINGS
@click.pass_obj
def plot(app, model, pictures, source, directory, path, overrides):
    """Draw pictures with their captions and, with attention, where the model looked at each word; a PNG for each."""
    with quiet():
        from rnnkit.verbs import predict
    fitted = predict.fitted_by(app, model, path, overrides)
    drawing = replace(app, records=lambda inputs, answer: drawn(inputs, answer, directory, fitted), show=show_drawn)
    return predict.predict(drawing, model, pictures, source, "text", path, overrides)


def drawn(inputs: list[dict], answer: dict, directory: Path, fitted) -> list[dict]:
    """Draws each picture that could be read; its record names the drawing. `fitted` makes (height, width, 3) of it."""
    from rnnkit.tasks.plots import draw_caption, free_name

    directory.mkdir(parents=True, exist_ok=True)
    found = records(inputs, answer)
    for i, record in enumerate(found):
        if not answer["readable"][i]:
            continue
        seen = {}
        if "attention" in answer:
            count = answer["target_lengths"][i]
            tokens = [token.decode("utf-8", "replace") for token in answer["target_tokens"][i][:count]]
            seen = {"tokens": tokens, "scores": answer["attention"][i][:count]}
        record["drawing"] = str(free_name(directory, Path(record["image"]).stem))
        draw_caption(Path(record["drawing"]), fitted(record["image"]), record["caption"], **seen)
    return found


def show_drawn(record: dict) -> str:
    """A record as the picture's name, its caption and the drawing's name."""
    return f"{record['image']}: {record['caption']}  ({record['drawing']})"


APP = App(
    name="captioning",
    summary="Says what a picture shows, in a sentence.",
    shape="one-to-many: picture in, text out",
    task="rnnkit.tasks.captioning:Captioning",
    records=records,
    show=show,
    verbs=(plot,),
    reads="image",
    keys=("image",),
    example="picture.png",
)

if __name__ == "__main__":
    main(APP)
