"""Models, tokens, examples and results small enough to be built in a test."""

import json
import random
from pathlib import Path

import torch
import transformers
from torch import nn

from core.engine.run import make_spec
from core.environment import here
from core.metrics import Sample
from core.models import save
from core.models.quiet import import_models
from core.pictures import mosaic as pictures_mosaic
from core.pictures.levels import levels
from core.result import Quality, Result, Size, Speed, figure
from core.spec import Spec, Step
from core.tasks.task import Origin
from core.techniques.technique import Context, State

GOOD = ("good", "great", "lovely", "superb", "bright", "warm")
BAD = ("bad", "awful", "poor", "dull", "cold", "broken")
FILLING = ("the", "film", "book", "phone", "was", "is", "and", "it", "this", "very")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
VOCABULARY = (*SPECIAL, *GOOD, *BAD, *FILLING)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SPELLING = (*SPECIAL, *VOCABULARY[5:], *LETTERS, *(f"##{letter}" for letter in LETTERS), "##ly", "##er", "##est", "!")
TEXTS = ("the film was good", "bad", "this phone is very cold and the unheard of zzz book was awful", "it")
SHAPE = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 140,
}

import_models()  # else transformers would load torchao with the first model below


def tokenizer() -> transformers.BertTokenizer:
    """Whole words of VOCABULARY; any other word is [UNK]."""
    return transformers.BertTokenizer(vocab={word: index for index, word in enumerate(VOCABULARY)})


def spelling() -> transformers.BertTokenizer:
    """Also letters and their ## forms, so that no word of letters is [UNK]."""
    return transformers.BertTokenizer(vocab={word: index for index, word in enumerate(SPELLING)})


def bert(labels: int = 2, seed: int = 0, head: bool = True, **changes: float) -> nn.Module:
    """A BERT with random weights; head False leaves the bare encoder."""
    config = transformers.BertConfig(**{**SHAPE, "num_labels": labels, **changes})
    kind = transformers.BertForSequenceClassification if head else transformers.BertModel
    return _seeded(lambda: kind(config), seed)


def roberta(**changes: float) -> nn.Module:
    """A RoBERTa with random weights."""
    config = transformers.RobertaConfig(**{**SHAPE, "num_labels": 2, "pad_token_id": 0, **changes})
    return _seeded(lambda: transformers.RobertaForSequenceClassification(config), 0)


def distilbert(**changes: float) -> nn.Module:
    """A DistilBERT with random weights, of the same shape under its own names."""
    shape = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": 140}
    config = transformers.DistilBertConfig(**{"vocab_size": len(VOCABULARY), **shape, **changes})
    return _seeded(lambda: transformers.DistilBertForSequenceClassification(config), 0)


def _seeded(build, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build().eval()


def shaken(model: nn.Module, seed: int = 0) -> nn.Module:
    """The same model with every parameter moved: no bias is zero, and what a part adds is seen in the logits."""
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=chance))
    return model


def shapes(model: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    """Name and shape of every parameter."""
    return [(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]


def logits(model: nn.Module, texts: tuple[str, ...] = TEXTS, words: object = None) -> torch.Tensor:
    """What the model answers, in one padded batch; words: the tokenizer."""
    inputs = (words or tokenizer())(list(texts), padding=True, return_tensors="pt")
    with torch.inference_mode():
        return model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits


def folder(path: Path, model: nn.Module | None = None) -> str:
    """The model as a folder that --model takes."""
    save.save(bert() if model is None else model, tokenizer(), path)
    return str(path)


def sentences(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Different short sentences with their label, "1" where a word of GOOD stands in them."""
    order, found = random.Random(seed), {}
    while len(found) < count:
        label = len(found) % 2
        words = [*order.choices(FILLING, k=order.randint(2, 8)), order.choice(GOOD if label else BAD)]
        order.shuffle(words)
        found.setdefault(" ".join(words), str(label))
    return list(found.items())


def csv_file(path: Path, count: int = 120, seed: int = 0) -> str:
    """Labelled sentences as a file that --task takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in sentences(count, seed)))
    return str(path)


def experiment(path: Path, *steps: Step, model: nn.Module | None = None, count: int = 120) -> tuple[Spec, Origin]:
    """A Spec on a tiny model and task under `path`, and where the task comes from."""
    place = path / "model"
    name = str(place) if place.exists() else folder(place, model)
    table = path / "own.csv"
    origin = Origin(str(table) if table.exists() else csv_file(table, count))
    return make_spec(name, origin, steps), origin


def spec(**changes: object) -> Spec:
    """A Spec whose model and examples exist only by their hashes."""
    values = {"model": "demo", "revision": "0123456789abcdef", "task": "reviews", "data": "fedcba9876543210"}
    return Spec(**{**values, **changes})


def quality(
    scores: tuple[float, ...] = (1.0, 1.0, 0.0, 1.0), answers: tuple[str, ...] | None = None, metric: str = "accuracy"
) -> Quality:
    """Quality with these scores; an answer is "right" or "wrong" unless given."""
    given = answers or tuple("right" if score else "wrong" for score in scores)
    interval = figure(Sample(tuple(scores)), metric)
    return Quality(metric, interval, 0.5, {"plain": interval}, given, scores, "fp32", 0.1, here())


def speed(times: tuple[float, ...], dense: tuple[float, ...], **changes: object) -> Speed:
    """Speed with these raw times."""
    values = {"batch": 1, "seq": 128, "threads": 1, "cpu_share": 1.0, "load": 0.1}
    facts = {**values, "examples": len(times), "environment": here(), **changes}
    return Speed(times_ms=times, dense_times_ms=dense, **facts)


def result(which: Spec | None = None, **changes: object) -> Result:
    """A Result that nobody measured."""
    size = Size(100, 90, 80, 70, 400, 300, 1000, 128)
    return Result(**{"spec": which or spec(), "quality": quality(), "size": size, **changes})


def edit_config(place: Path, **values: object) -> None:
    """Put these values into the config.json of a folder."""
    path = place / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def mosaic(model: nn.Module, step: Step) -> bytes:
    """The canvas' bytes of a model and a step that asks no examples."""
    return pictures_mosaic.mosaic(levels(State(model), step, Context(None)))
