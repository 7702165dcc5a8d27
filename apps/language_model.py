"""Language model: a text in, how it goes on out; or how likely it is (many-to-many, one-to-many when it writes)."""

import textwrap
from dataclasses import replace

import click

from rnnkit.app import App
from rnnkit.command_line import CONFIG_OPTION, FORMAT, INPUT, MODEL, SETTINGS, TOKENS, drawing, main, quiet


def records(inputs: list[dict], answer: dict) -> list[dict]:
    """One record for each text: how it goes on, in how many tokens, and the sum of their log-probabilities."""
    return [
        {
            "text": row["text"],
            "continuation": answer["text"][i].decode(),
            "tokens": int(answer["tokens"][i]),
            "score": round(float(answer["scores"][i]), 4),
            "finished": bool(answer["finished"][i]),
        }
        for i, row in enumerate(inputs)
    ]


def show(record: dict) -> str:
    """A record as the whole text, with an empty line behind it."""
    return f"{record['text']}{record['continuation']}\n"


def scored(inputs: list[dict], answer: dict) -> list[dict]:
    """One record for each text: its tokens, characters, nats and perplexity."""
    return [
        {
            "text": row["text"],
            "tokens": int(answer["tokens"][i]),
            "characters": int(answer["characters"][i]),
            "nats": round(float(answer["nats"][i]), 4),
            "perplexity": round(float(answer["perplexity"][i]), 4),
        }
        for i, row in enumerate(inputs)
    ]


def why_not_scored(answer: dict) -> str | None:
    """Why a text has no score, or None."""
    return None if answer["tokens"] else "is a single token; what follows a first one is scored"


def show_score(record: dict) -> str:
    """A record as a line: perplexity, nats, tokens, and the beginning of the text."""
    text = textwrap.shorten(record["text"], 200, placeholder=" …")
    return f"perplexity {record['perplexity']:9.3f}  nats {record['nats']:10.3f}  tokens {record['tokens']:6}  {text}"


@click.command()
@MODEL
@click.argument("prompt", required=False)
@TOKENS
@drawing
@CONFIG_OPTION
@SETTINGS
@click.pass_obj
def generate(app, model, prompt, path, overrides, **asked):
    """Go on with PROMPT, or with standard input, and print the text as it grows."""
    with quiet():
        from rnnkit.verbs import writing
    writing.generate(app, model, prompt, asked, path, overrides)


@click.command()
@MODEL
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@INPUT
@FORMAT
@CONFIG_OPTION
@SETTINGS
@click.pass_obj
def score(app, model, texts, source, form, path, overrides):
    """Say how likely texts are."""
    with quiet():
        from rnnkit.verbs import predict
    scoring = replace(app, records=scored, show=show_score, why=why_not_scored)
    return predict.predict(scoring, model, texts, source, form, path, overrides, signature="score")


APP = App(
    name="language_model",
    summary="Goes on with texts, and says how likely a text is: characters, words or parts of words.",
    shape="many-to-many: text in, the chances of each next token out; one-to-many when it writes",
    task="rnnkit.tasks.language_modelling:LanguageModelling",
    records=records,
    show=show,
    verbs=(generate, score),
)

if __name__ == "__main__":
    main(APP)
