"""What captions of the built-in scenes say rightly: not their words, but what they tell of the scene."""

from collections import Counter
from collections.abc import Sequence

from rnnkit.data.builtin.coloured_shapes import attributes, parse
from rnnkit.data.builtin.shapes_grammar import Scene
from rnnkit.tasks.text_scores import TextScorer


def is_right(caption: str, references: Sequence[str]) -> bool:
    """Whether a caption tells the scene that the references tell, in whatever words the grammar has for it."""
    return parse(caption) == parse(references[0])


def attribute_counts(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, tuple[int, int]]:
    """How many attributes of each kind are told rightly, of how many there are.

    Args:
        written: captions; one that the grammar does not have tells nothing.
        references: right captions of each.

    Returns:
        (right, all) by kind: count, place (of a single thing), relation (of several), size, colour and shape.
    """
    right, count = Counter(), Counter()
    for caption, others in zip(written, references):
        told, wanted = _told(parse(caption)), _told(parse(others[0]))
        for name, value in wanted.items():
            kind = name.split()[0]
            count[kind] += 1
            right[kind] += told.get(name) == value
    return {kind: (right[kind], count[kind]) for kind in count}


def _told(scene: Scene | None) -> dict[str, str]:
    if scene is None:
        return {}
    told = attributes(scene)
    arrangement = told.pop("arrangement")
    return {"count": str(len(scene.things)), "place" if len(scene.things) == 1 else "relation": arrangement, **told}


class SceneScorer(TextScorer):
    """As `TextScorer`, where a caption is exactly right if the grammar has it for the scene, and attributes count."""

    def right(self, written, references):
        return is_right(written, references)

    def scores(self, written, references):
        counts = attribute_counts(written, references).values()
        accuracy = sum(right for right, _ in counts) / max(sum(count for _, count in counts), 1)
        return super().scores(written, references) | {"attribute_accuracy": accuracy}

    def table(self, sources, written, references):
        counts = attribute_counts(written, references)
        lines = [
            f"  {kind:<10}{right:>6,} of {count:>6,}  {right / count:.4f}" for kind, (right, count) in counts.items()
        ]
        return "\n".join(["attributes told rightly", *lines, "", super().table(sources, written, references)])
