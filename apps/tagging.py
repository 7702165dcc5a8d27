"""Tagging: a sentence in, a tag with its confidence for every token out (many-to-many)."""

from rnnkit.app import App
from rnnkit.command_line import main


def records(inputs: list[dict], answer: dict) -> list[dict]:
    """One record for each text (with character offsets) or list of ready tokens."""
    return [_record(row, {name: value[i] for name, value in answer.items()}) for i, row in enumerate(inputs)]


def _record(row: dict, answer: dict) -> dict:
    tokens = []
    for i in range(int(answer["lengths"])):
        token = answer["tokens"][i].decode() if "tokens" in answer else row["tokens"][i]
        tokens.append(
            {"token": token, "tag": answer["tags"][i].decode(), "score": round(float(answer["scores"][i]), 6)}
        )
        if "starts" in answer:
            tokens[-1] |= {"start": int(answer["starts"][i]), "end": int(answer["ends"][i])}
    text = {"text": row["text"]} if "text" in row else {}
    return {**text, "tokens": tokens, "truncated": bool(answer["truncated"])}


def show(record: dict) -> str:
    """A record as a table: a token, its tag and its confidence on each line."""
    tokens = record["tokens"]
    width = max((len(token["token"]) for token in tokens), default=0)
    tag_width = max((len(token["tag"]) for token in tokens), default=0)
    lines = [f"{token['token']:<{width}}  {token['tag']:<{tag_width}}  {token['score']:.3f}" for token in tokens]
    if record["truncated"]:
        lines.append(f"(cut: only its first {len(tokens)} tokens were read)")
    return "\n".join(lines) + "\n"


APP = App(
    name="tagging",
    summary="Tags every token of a sentence: parts of speech, named entities, source code.",
    shape="many-to-many: text or tokens in, a tag for each token out",
    task="rnnkit.tasks.tagging:Tagging",
    records=records,
    show=show,
    keys=("tokens", "text"),
)

if __name__ == "__main__":
    main(APP)
