"""Sentiment: a text in, a class with scores for every class out (many-to-one)."""

import textwrap

from rnnkit.app import App
from rnnkit.command_line import main


def records(inputs: list[dict], answer: dict) -> list[dict]:
    """One record for each text: its label, the score of it, the scores of all classes."""
    classes = [name.decode() for name in answer["classes"][0]]
    return [
        {
            "text": row["text"],
            "label": answer["label"][i].decode(),
            "score": round(float(answer["score"][i]), 6),
            "scores": {name: round(float(score), 6) for name, score in zip(classes, answer["scores"][i])},
            "token_count": int(answer["token_count"][i]),
            "truncated": bool(answer["truncated"][i]),
        }
        for i, row in enumerate(inputs)
    ]


def show(record: dict) -> str:
    """A record as a line: label, score, and the beginning of the text."""
    width = max(len(name) for name in record["scores"])
    text = textwrap.shorten(record["text"], 200, placeholder=" …")
    cut = f"  (cut: only its first {record['token_count']} tokens were read)" if record["truncated"] else ""
    return f"{record['label']:<{width}}  {record['score']:.3f}  {text}{cut}"


APP = App(
    name="sentiment",
    summary="Classifies whole texts into two or more classes.",
    shape="many-to-one: text in, label and scores out",
    task="rnnkit.tasks.classification:Classification",
    records=records,
    show=show,
)

if __name__ == "__main__":
    main(APP)
