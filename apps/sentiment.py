"""Sentiment: a text in, a class with scores for every class out (many-to-one)."""

from rnnkit.app import App, main


def records(inputs: list[dict], answer: dict) -> list[dict]:
    """One record for each text: its label, the score of it, the scores of all classes."""
    classes = [name.decode() for name in answer["classes"]]
    return [
        {
            "text": row["text"],
            "label": answer["label"][i].decode(),
            "score": round(float(answer["score"][i]), 6),
            "scores": {name: round(float(score), 6) for name, score in zip(classes, answer["scores"][i])},
            "truncated": bool(answer["truncated"][i]),
        }
        for i, row in enumerate(inputs)
    ]


def show(record: dict) -> str:
    """A record as a line: label, score, text."""
    cut = "  (cut: longer than text.max_tokens)" if record["truncated"] else ""
    return f"{record['label']:<12} {record['score']:.3f}  {record['text']}{cut}"


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
