"""Questions in SQuAD's layout that a tiny model can learn: what was good or bad is asked of a passage."""

import json
import random
from pathlib import Path
from typing import Any

from tests.support.tiny import BAD, FILLING, GOOD

GOOD_ONE, BAD_ONE = "what was the good word?", "what was the bad word?"


def passage(order: random.Random, count: int = 24) -> tuple[str, str, str]:
    """A passage of so many words with one of GOOD and one of BAD; and these two."""
    words = order.choices(FILLING, k=count)
    good, bad = order.choice(GOOD), order.choice(BAD)
    first, second = sorted(order.sample(range(count), 2))
    words[first], words[second] = (good, bad) if order.random() < 0.5 else (bad, good)
    return " ".join(words), good, bad


def answered(name: str, question: str, text: str, *answers: str) -> dict[str, Any]:
    """A question with the places of its answers."""
    return {"id": name, "question": question, "answers": [{"text": a, "answer_start": text.index(a)} for a in answers]}


def articles(count: int = 40, seed: int = 0, impossible: bool = False) -> list[dict[str, Any]]:
    """Articles of four passages with two questions each; with `impossible` a third that has no answer."""
    order, found, paragraphs = random.Random(seed), [], []
    for number in range(count):
        text, good, bad = passage(order)
        entries = [
            answered(f"{seed}-{number}-0", GOOD_ONE, text, good),
            answered(f"{seed}-{number}-1", BAD_ONE, text, bad),
        ]
        if impossible:
            entries = [one | {"is_impossible": False} for one in entries]
            nothing = {"id": f"{seed}-{number}-2", "question": "who was it?", "answers": [], "is_impossible": True}
            entries.append(nothing)
        paragraphs.append({"context": text, "qas": entries})
        if len(paragraphs) == 4 or number == count - 1:
            found.append({"title": f"Article {len(found)}", "paragraphs": paragraphs})
            paragraphs = []
    return found


def write(path: Path, found: list[dict[str, Any]], version: str = "1.1") -> Path:
    """A file as SQuAD's."""
    path.write_text(json.dumps({"version": version, "data": found}), encoding="utf8")
    return path


def folder(place: Path, train: int = 40, dev: int = 20, impossible: bool = False) -> str:
    """A folder with a file to train on and one that validates."""
    place.mkdir(parents=True, exist_ok=True)
    write(place / "train-v1.1.json", articles(train, 0, impossible))
    write(place / "dev-v1.1.json", articles(dev, 1, impossible))
    return str(place)
