"""Train the shipped model of entities: a small student of the demo model, taught on the sentences of assets/entities.

Six hundred sentences are few: in copies of them the names are exchanged with others of the same type, a larger model is
fine-tuned on all of these, and the student learns from that one. Then word pieces are left out, which are half of it,
and it learns to read names that are spelled with those that are left.
"""

import datetime
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from torch import nn

from core.control import Control
from core.engine.run import compress, make_spec
from core.engine.store import Store
from core.environment import here
from core.models import encoder, find, save
from core.models.load import load
from core.models.weights import WEIGHTS
from core.result import Quality
from core.runtimes import pytorch
from core.spec import describe
from core.summary import percent, scored
from core.tasks import load_task, named
from core.tasks.evaluate import evaluate
from core.tasks.spans import Span, encoded
from core.tasks.tables import Row
from core.tasks.tagged import read_tagged
from core.tasks.task import Origin, Task
from core.techniques import parse_step, vocabulary
from core.techniques.technique import State

COPIES = 7  # of each sentence, with other names
EXCHANGED = 0.7  # share of the names that are others in a copy
TEACHER = "finetune:epochs=3,learning_rate=1e-4,batch_size=32"
STUDENT = "distil:layers=4,width=0.75,epochs=8,batch_size=32,learning_rate=4e-4"
SPELLING = "finetune:epochs=4,learning_rate=1e-4,batch_size=32"
PIECES = 6_200  # word pieces that stay: with them the folder has less than 12 MB
UNUSED = "[unused"  # places that BERT's vocabulary keeps free


def train_entity_demo(base: str, out: Path, store: Store, control: Control | None = None) -> float:
    """Train, check and write the folder; returns its F1 over spans in 0..1. Raises ModelError, DataError, Cancelled."""
    control, work = control or Control(), out.with_name(f"{out.name}.training")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        task = load_task(Origin("entities"))
        _write_sentences(work / "sentences")
        origin = Origin(str(work / "sentences"))
        teacher = _trained(base, TEACHER, origin, store, control)
        save.save(teacher.model, teacher.tokenizer, work / "teacher")
        student = _trained(str(work / "teacher"), STUDENT, origin, store, control)
        save.save(*with_frequent_pieces(student, PIECES), work / "spelling")
        small = _trained(str(work / "spelling"), SPELLING, origin, store, control)
        save.save(small.model, small.tokenizer, work / "student")
        save.halve(work / "student" / WEIGHTS)
        (work / "student" / save.CHECK).unlink(missing_ok=True)  # it was about the weights in fp32
        figures = [_figures(state, task) for state in (teacher, student, _loaded(work / "student"))]
        card = _card(base, figures, small.model, (work / "student" / WEIGHTS).stat().st_size)
        (work / "student" / "README.md").write_text(card, encoding="utf8")
        shutil.rmtree(out, ignore_errors=True)
        (work / "student").rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return figures[-1].interval.value


def with_other_names(rows: Sequence[Row], copies: int, seed: int = 0) -> list[Row]:
    """The sentences, and copies of them whose names are exchanged by chance with others of the same type."""
    names: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        for span in row.spans:
            names.setdefault(span.type, []).append(row.words[span.first : span.last + 1])
    order = random.Random(seed)
    return [*rows, *(_renamed(row, names, order) for _ in range(copies) for row in rows)]


def _renamed(row: Row, names: dict[str, list[tuple[str, ...]]], order: random.Random) -> Row:
    words: list[str] = []
    spans, place = [], 0
    for span in row.spans:
        words += row.words[place : span.first]
        own = row.words[span.first : span.last + 1]
        new = order.choice(names[span.type]) if order.random() < EXCHANGED else own
        spans.append(Span(len(words), len(words) + len(new) - 1, span.type))
        words += new
        place = span.last + 1
    words += row.words[place:]
    return Row(" ".join(words), "", row.kind, words=tuple(words), spans=tuple(spans))


def _write_sentences(folder: Path) -> None:
    """Training sentences with their copies, and the test as it is, as a task of one's own."""
    folder.mkdir()
    rows = with_other_names(read_tagged(named.ENTITIES / "train.conll").rows, COPIES)
    lines = ["".join(f"{w} {t}\n" for w, t in zip(r.words, encoded(r.spans, len(r.words)), strict=True)) for r in rows]
    (folder / "train.conll").write_text("\n".join(lines), encoding="utf8")
    shutil.copyfile(named.ENTITIES / "test.conll", folder / "test.conll")


def _trained(model: str, step: str, origin: Origin, store: Store, control: Control) -> State:
    return compress(make_spec(model, origin, [parse_step(step)]), origin, store, control)


def with_frequent_pieces(state: State, count: int) -> tuple[nn.Module, Any]:
    """Model and tokenizer with so many word pieces: special ones, single characters, and the first of the others, as a
    vocabulary of BERT's is ordered by how frequent pieces are.

    Pieces that only the training sentences need are none of them, or their names alone would not be spelled.
    """
    numbers = state.tokenizer.get_vocab()
    kept = {number for piece, number in numbers.items() if len(piece.removeprefix(vocabulary.PREFIX)) == 1}
    kept |= set(state.tokenizer.all_special_ids)
    others = sorted({number for piece, number in numbers.items() if not piece.startswith(UNUSED)} - kept)
    pieces = sorted({*kept, *others[: max(0, count - len(kept))]})
    tokenizer = vocabulary.cut(state.tokenizer, pieces)
    return encoder.keep_pieces(state.model, pieces, tokenizer.pad_token_id), tokenizer


def _loaded(folder: Path) -> State:
    found = load(find.resolve(str(folder)))
    return State(found.model, tokenizer=found.tokenizer)


def _figures(state: State, task: Task) -> Quality:
    """Of the state's model on the test sentences, its tags in their order."""
    config: Any = state.model.config
    names = tuple(name for _, name in sorted(config.id2label.items()))
    assert task.in_classes is not None
    own = task.in_classes([names.index(label) for label in task.labels], names)
    features = own.features(state.tokenizer, own.validation)
    return evaluate(pytorch.session(state.model), own, features, pad=state.pad)


def _card(base: str, figures: Sequence[Quality], model: nn.Module, size: int) -> str:
    teacher, student, small = figures
    kinds = sorted(small.kinds)
    rows = [
        " | ".join([name, scored(one), *(percent(one.kinds[kind], one.metric) for kind in kinds)])
        for name, one in (("fine-tuned", teacher), ("student", student), ("this folder", small))
    ]
    source, environment, config = find.resolve(base), here(), cast(Any, model.config)
    return CARD.format(
        shape=f"{config.num_hidden_layers} layers x {config.num_attention_heads} heads x {config.hidden_size}",
        base=source.name,
        revision=source.revision,
        data=load_task(Origin("entities")).data,
        copies=COPIES,
        exchanged=EXCHANGED,
        teacher=describe(parse_step(TEACHER)),
        student=describe(parse_step(STUDENT)),
        spelling=describe(parse_step(SPELLING)),
        pieces=PIECES,
        mb=f"{size / 1e6:.1f}",
        kinds=" | ".join(kinds),
        line="|".join("---" for _ in range(len(kinds) + 2)),
        rows="\n".join(f"| {row} |" for row in rows),
        n=small.interval.n,
        machine=environment.machine,
        torch=environment.torch,
        transformers=environment.transformers,
        date=datetime.date.today().isoformat(),
    )


CARD = """---
license: apache-2.0
base_model: sentence-transformers/all-MiniLM-L6-v2
language: en
metrics: [f1]
---
# The demo model of entities: people, places, organisations, dates

A BERT with {shape} and {pieces} word pieces, which tags the words of English sentences (IOB2).
Weights are stored as fp16 ({mb} MB) and loaded as fp32.

- **Origin**: the model `{base}` ({revision}), which is sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) fine-tuned
  on SST-2; see the card there.
- **Command**: `python -m core train-demo entities`
- **Data**: assets/entities, 600 training sentences of ours, content hash `{data}`, and {copies} copies of each in which
  names are exchanged with others of the same type from these sentences, each with probability {exchanged}.
- **Recipe**: the base is fine-tuned (`{teacher}`),
  a student learns from it (`{student}`),
  of its word pieces the most frequent stay, and it learns to read with them (`{spelling}`).
- **On the {n} test sentences** (F1 over whole spans with the right type, 95 % bootstrap intervals):

| model | F1 | {kinds} |
|{line}|
{rows}

- Layers and epochs were chosen among a few students by these sentences: expect a little less on others.
- {machine}; torch {torch}, transformers {transformers}; {date}.
- **Limits**: one sentence at a time; capitals are not read (the base is uncased); other kinds of text than short
  letters, notices and chat are harder.
"""
