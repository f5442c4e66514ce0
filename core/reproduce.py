"""The commands that repeat what is shipped: its demo models, its recorded results, its headline figures."""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from core.control import in_terminal
from core.models.find import SHIPPED
from core.spec import recipe
from core.tasks import TASKS
from core.tasks.task import Origin

BASE = "sentence-transformers/all-MiniLM-L6-v2"  # of the demo model, before it was fine-tuned
BENCHMARKS = (
    "attention",
    "evaluate",
    "masks",
    "pack",
    "phones",
    "reading",
    "room",
    "runtimes",
    "search",
    "sight",
    "slider",
    "structured",
    "sweep",
    "train",
    "web",
)  # of the scripts in benchmarks
Commands = Any  # argparse's own action to which a command is added, a private type of its


def add_model_and_task(command: argparse.ArgumentParser, task: str) -> None:
    """--model, --task and --data, as every command has them; task: the default."""
    command.add_argument("--model", default="", help=f"{', '.join(SHIPPED)}, a hub id or a local folder")
    names = f"{', '.join(TASKS)}, or a .csv/.tsv/.jsonl/.conll file of your own"
    command.add_argument("--task", default=task, help=names)
    command.add_argument("--data", default="", help="folder with train.tsv and dev.tsv of GLUE (or BONSAI_DATA)")


def add_own_table(command: argparse.ArgumentParser) -> None:
    """What a table of one's own may have to be told."""
    command.add_argument("--text-column", default="", help="of your own file, A,B for pairs; else detected")
    command.add_argument("--label-column", default="", help="of your own file, A,B,C for 0/1 columns; else detected")
    command.add_argument("--metric", default="", help="that leads, of your own file; pearson takes labels for numbers")
    command.add_argument("--labels", default="", help="label=class,... where the model calls the classes otherwise")
    no_answer = "by how much no answer must score higher than the best one, where questions may have none; else 0"
    command.add_argument("--null-threshold", type=float, default=0.0, help=no_answer)


def add_max_tokens(command: argparse.ArgumentParser) -> None:
    """--max-tokens."""
    command.add_argument("--max-tokens", type=positive, default=0, help="cut longer texts; else 512, or the model's")


def origin_of(options: argparse.Namespace) -> Origin:
    """Where the task comes from, by the options of `add_model_and_task` and `add_own_table`."""
    columns = (options.text_column, options.label_column)
    return Origin(options.task, options.data, *columns, options.labels, options.metric, options.null_threshold)


def model_of(options: argparse.Namespace) -> str:
    """The model that was named, else the one that is shipped for the task."""
    return str(options.model) or (TASKS[options.task].model if options.task in TASKS else SHIPPED[0])


def add_train_demo(commands: Commands) -> None:
    """train-demo: a demo model anew."""
    demo = commands.add_parser("train-demo", help="train a shipped demo model anew")
    demo.set_defaults(command=_train_demo)
    demo.add_argument("which", nargs="?", default="sst2", choices=("sst2", "entities", "squad"))
    demo.add_argument("--base", default="", help=f"hub id or folder of the base; else {BASE}, or the demo for entities")
    demo.add_argument("--data", default="", help="folder with train.tsv and dev.tsv (or BONSAI_DATA)")
    demo.add_argument("--out", type=Path, help="where to write it; default assets/demo-...")
    demo.add_argument("--learning-rate", type=float, help="default 5e-5, of squad 1e-4")
    demo.add_argument("--batch-size", type=positive, help="default 32, of squad 16")
    demo.add_argument("--epochs", type=float, help="default 3, of squad 1")


def _train_demo(options: argparse.Namespace) -> int:
    from core.models.find import DEMO
    from core.training.demo import RECIPE, train_demo

    if options.which == "entities":
        return _train_entities(options)
    if options.which == "squad":
        return _train_squad(options)
    recipe = _asked(options, RECIPE)
    chosen = f"--learning-rate {recipe.learning_rate:g} --batch-size {recipe.batch_size} --epochs {recipe.epochs:g}"
    train_demo(options.base or BASE, Origin("sst2", options.data), options.out or DEMO, f"train-demo {chosen}", recipe)
    return 0


def _asked(options: argparse.Namespace, usual: Any) -> Any:
    """The recipe with what was asked otherwise. Raises ConfigError."""
    from core.techniques import finetune

    names = ("learning_rate", "batch_size", "epochs")
    values = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    finetune.Config(**values)  # has the same ranges
    return dataclasses.replace(usual, **values)


def _train_squad(options: argparse.Namespace) -> int:
    from core.jobs.squad_demo import RECIPE, train_squad_demo
    from core.models.find import DEMO_SQUAD

    out = options.out or DEMO_SQUAD
    found = train_squad_demo(options.base or BASE, options.data, out, _asked(options, RECIPE), in_terminal())
    print(f"{out}: F1 {100 * found:.1f} %")
    return 0


def _train_entities(options: argparse.Namespace) -> int:
    from core.engine.store import default_store
    from core.jobs.entity_demo import train_entity_demo
    from core.models.find import DEMO_ENTITIES

    found = train_entity_demo(options.base or "demo", options.out or DEMO_ENTITIES, default_store(), in_terminal())
    print(f"{options.out or DEMO_ENTITIES}: F1 {100 * found:.1f} %")
    return 0


def add_experiment(commands: Commands) -> None:
    """experiment: results that are shipped anew."""
    experiment = commands.add_parser("experiment", help="repeat an experiment and record its results")
    experiment.set_defaults(command=_experiment)
    experiment.add_argument("name", choices=("report", "curves", "heads", "modes", "lengths", "movement", "browsers"))
    experiment.add_argument("--base", default=BASE, help="model before fine-tuning")
    experiment.add_argument("--task", default="sst2", choices=("sst2", "reviews", "squad"))
    experiment.add_argument("--data", default="", help="folder with train.tsv and dev.tsv (or BONSAI_DATA)")
    experiment.add_argument("--record", action="store_true", help="keep the results in cache/recorded, to be shipped")
    experiment.add_argument("--json", action="store_true")


def _experiment(options: argparse.Namespace) -> int:
    from core.engine import lengths
    from core.engine.store import default_store, recording_store
    from core.environment import here
    from core.jobs.browsers import browsers
    from core.jobs.report import by_length, curves, heads, modes, movement, report, table, to_json
    from core.summary import scored

    origin, store = Origin(options.task, options.data), recording_store() if options.record else default_store()
    control = in_terminal()
    if options.name != "report":
        repeat = {"curves": curves, "heads": heads, "modes": modes, "lengths": by_length, "movement": movement}
        repeat["browsers"] = browsers
        for result in repeat[options.name](TASKS[options.task].model, origin, store, control):
            print(f"{recipe(result.spec)} · {result.spec.runtime}   {scored(result.quality)}")
            if options.name == "lengths":
                print(lengths.table(result, here().machine))
        return 0
    rows = report(options.base, origin, store, control)
    print(json.dumps(to_json(rows)) if options.json else table(rows))
    return 0


def add_bench(commands: Commands) -> None:
    """bench: a headline figure beside its peer."""
    bench = commands.add_parser("bench", help="measure a headline figure beside its peer")
    bench.set_defaults(command=_bench)
    bench.add_argument("name", choices=BENCHMARKS)
    bench.add_argument("--data", default="", help="folder with dev.tsv (or BONSAI_DATA)")
    bench.add_argument("--json", action="store_true")


def _bench(options: argparse.Namespace) -> int:
    import importlib

    figures = importlib.import_module(f"benchmarks.{options.name}").measure(options.data)
    print(json.dumps(figures) if options.json else "\n".join(f"{name:24} {value}" for name, value in figures.items()))
    return 0


def positive(text: str) -> int:
    """The whole number that an option has. Raises ArgumentTypeError."""
    if not text.isdigit() or not 0 < int(text) <= 4096:
        raise argparse.ArgumentTypeError(f"{text} is not allowed; a whole number from 1 to 4096")
    return int(text)
