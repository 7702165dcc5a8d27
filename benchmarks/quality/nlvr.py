"""Pictures and the sentences that are true of them, from the files of Cornell NLVR."""

import io
import json
import zipfile
from pathlib import Path

from PIL import Image

from rnnkit.atomic import new_directory

SPLITS = ("train", "dev", "test")


def prepare(source: Path, target: Path) -> None:
    """Makes a folder of the pictures and the sentences that are true of them; one that is there already stays.

    Args:
        source: has {split}.jsonl and {split}_images.zip.
        target: gets {split}.jsonl, pictures/, and blank/ with a white picture for each.
    """
    if target.exists():
        return
    with new_directory(target) as directory:
        for folder in ("pictures", "blank"):
            (directory / folder).mkdir()
        for split in SPLITS:
            rows = [json.loads(line) for line in (source / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]
            rows = [{"image": row["image"], "caption": row["sentence"]} for row in rows if row["label"]]
            with zipfile.ZipFile(source / f"{split}_images.zip") as pictures:
                for name in {row["image"] for row in rows}:
                    picture = pictures.read(name)
                    (directory / "pictures" / name).write_bytes(picture)
                    size = Image.open(io.BytesIO(picture)).size
                    Image.new("RGB", size, "white").save(directory / "blank" / name, "PNG")
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (directory / f"{split}.jsonl").write_text(text, encoding="utf-8")
