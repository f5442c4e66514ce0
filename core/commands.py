"""The command line: python -m core run | export | choose | sweep | score | optimize | train-demo | experiment ..."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from core import decide, paths, reproduce
from core.control import Timing, in_terminal
from core.errors import ConfigError, ModelError, UserError
from core.models.find import SHIPPED
from core.reproduce import Commands, add_max_tokens, add_model_and_task, add_own_table, model_of, origin_of, positive
from core.runtimes import RUNTIMES, formats
from core.spec import TORCH, Spec, recipe, seed
from core.tasks import load_task
from core.tasks.task import Origin

USAGE_ERROR = 2
NOT_GOOD = 1  # exported but not within the tolerances, or a sweep of which something failed
MOST_NOTES = 30
SENTENCES = 16  # on which a saved folder is compared with the model in memory


class _Parser(argparse.ArgumentParser):
    """argparse with one line of error instead of the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 when it worked, 2 with one line on stderr when what was asked is not possible."""
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except UserError as error:
        print(f"bonsai: {error}", file=sys.stderr)
    except OSError as error:
        place = f"'{error.filename}': " if error.filename else ""
        why = f"{place}{error.strerror or error}; BONSAI_CACHE names another folder to write to, now '{paths.CACHE}'"
        print(f"bonsai: {why}", file=sys.stderr)
    return USAGE_ERROR


def parser() -> argparse.ArgumentParser:
    """Every command with its options; the chosen one's function stands in `command`."""
    whole = _Parser(prog="python -m core", description=__doc__)
    commands = whole.add_subparsers(required=True, parser_class=_Parser)
    others = (decide.add_choose, decide.add_search, decide.add_track)
    again = (reproduce.add_train_demo, reproduce.add_experiment, reproduce.add_bench)
    for add in (_add_run, _add_export, _add_sweep, _add_score, _add_optimize, *others, *again):
        add(commands)
    return whole


def _add_recipe(command: argparse.ArgumentParser) -> None:
    """What makes a Spec, the runtime left out."""
    add_model_and_task(command, "reviews")
    add_own_table(command)
    add_max_tokens(command)
    command.add_argument("--step", action="append", default=[], help="technique:field=value,...; repeat for more steps")
    command.add_argument("--seed", type=seed, default=0)
    command.add_argument("--new-head", action="store_true", help="start from a random, untrained classification head")


def recipe_of(options: argparse.Namespace, runtime: str) -> tuple[Spec, Origin]:
    """The Spec that the options of `run` and `export` name, and where its task comes from. Raises UserError."""
    from core.engine.run import make_spec
    from core.techniques import parse_step

    origin = origin_of(options)
    spec = make_spec(
        model_of(options),
        origin,
        [parse_step(text) for text in options.step],
        seed=options.seed,
        new_head=options.new_head,
        runtime=runtime,
        max_tokens=options.max_tokens,
    )
    return spec, origin


def _say_notes(spec: Spec, origin: Origin) -> None:
    from core.engine.understood import notes

    found = notes(spec, origin)
    for note in found[:MOST_NOTES]:
        print(f"note: {note}", file=sys.stderr)
    if len(found) > MOST_NOTES:
        print(f"note: ... and {len(found) - MOST_NOTES} more", file=sys.stderr)


def _add_run(commands: Commands) -> None:
    from core.techniques import fields

    run = commands.add_parser("run", help="compress a model, evaluate, weigh and time it", epilog=fields())
    run.formatter_class = argparse.RawDescriptionHelpFormatter
    run.set_defaults(command=_run)
    _add_recipe(run)
    run.add_argument("--runtime", default=TORCH, help=f"what runs the model: {', '.join(RUNTIMES)}")
    run.add_argument("--no-speed", action="store_true", help="leave the latency out")
    run.add_argument("--batch", type=positive, default=1, help="sentences per timed batch")
    run.add_argument("--seq", type=positive, help="tokens per timed sentence; else 128, or as many as the model takes")
    run.add_argument("--threads", type=positive, default=1, help="threads while timing")
    run.add_argument("--again", action="store_true", help="take the time once more, where the machine was busy")
    run.add_argument("--memory", action="store_true", help="also measure the peak memory of a process with the model")
    run.add_argument("--save", type=Path, help="write the compressed model as a Hugging Face folder")
    run.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: argparse.Namespace) -> int:
    from core.engine.latency import SEQ
    from core.engine.prepare import prepare
    from core.engine.run import compress, run
    from core.engine.store import default_store
    from core.engine.understood import unlearnt
    from core.environment import here
    from core.models import save
    from core.models.macs import outline
    from core.summary import summary, table
    from core.techniques import precision_of

    spec, origin = recipe_of(options, options.runtime)
    if options.save and options.save.exists() and not options.save.is_dir():
        raise ModelError("'{path}' is a file; name a folder to save the model in", path=options.save)
    if options.save and (spec.runtime != TORCH or precision_of(spec.steps).mode != "fp32"):
        raise ConfigError("--save writes a PyTorch model in fp32; `python -m core export` writes a runtime's file")
    seq = options.seq or min(SEQ, outline(spec).longest)
    wanted = Timing(options.batch, seq, options.threads, memory=options.memory, again=options.again)
    timing = None if options.no_speed else wanted
    store, control = default_store(), in_terminal()
    _say_notes(spec, origin)
    result = run(spec, origin, store, timing, control)
    dense = run(spec.dense, origin, store)
    speed = result.speed(here().machine, timing.batch, timing.seq, timing.threads) if timing else None
    if (note := unlearnt(result.quality, load_task(origin))) is not None:
        print(f"note: {note}", file=sys.stderr)
    if options.save:
        state = compress(spec, origin, store)
        sentences = [text for e in prepare(spec, origin).task.validation[:SENTENCES] for text in e.texts]
        check = save.save(state.model, state.tokenizer, options.save, sentences)
    if options.json:
        print(json.dumps(summary(result, dense, speed), allow_nan=False))
    else:
        print(table(result, dense, speed))
        if options.save:
            print(f"saved     {options.save}   {save.words(check)}")
    return 0


def _add_export(commands: Commands) -> None:
    export = commands.add_parser("export", help="write a model for servers, desktops or phones, and check the file")
    export.set_defaults(command=_export)
    _add_recipe(export)
    export.add_argument("--format", required=True, choices=tuple(formats()))
    export.add_argument("--out", type=Path, required=True, help="a new folder; its zip lies beside it")
    export.add_argument("--json", action="store_true")


def _export(options: argparse.Namespace) -> int:
    from core.engine.export import export, to_plain, words
    from core.engine.store import default_store

    spec, origin = recipe_of(options, formats()[options.format].name)
    _say_notes(spec, origin)
    done = export(spec, origin, options.format, options.out, default_store(), in_terminal())
    print(json.dumps(to_plain(done), allow_nan=False) if options.json else words(done))
    return 0 if done.check.good else NOT_GOOD


def _add_sweep(commands: Commands) -> None:
    sweep = commands.add_parser("sweep", help="compute many recipes on several workers, and go on where it stopped")
    sweep.set_defaults(command=_sweep)
    sweep.add_argument("what", help="default, or a JSON file with a list of recipes")
    add_model_and_task(sweep, "sst2")
    add_own_table(sweep)
    add_max_tokens(sweep)
    sweep.add_argument("--workers", type=positive, default=1, help="worker processes of this machine")
    sweep.add_argument("--scheduler", default="", help="address of a cluster's scheduler, like tls://host:8786")
    sweep.add_argument("--tls-ca", type=Path, help="certificate of the authority that scheduler and workers trust")
    sweep.add_argument("--tls-cert", type=Path, help="our certificate")
    sweep.add_argument("--tls-key", type=Path, help="its key")
    sweep.add_argument("--no-speed", action="store_true", help="leave the latencies out")
    sweep.add_argument("--record", action="store_true", help="keep the results in cache/recorded, to be shipped")
    sweep.add_argument("--list", action="store_true", help="only say what would be computed")


def _sweep(options: argparse.Namespace) -> int:
    from core.engine.run import make_spec
    from core.engine.store import default_store, recording_store
    from core.jobs import cluster, recorded
    from core.jobs.sweep import read, sweep, time_missing, words

    origin, store = origin_of(options), recording_store() if options.record else default_store()
    dense, control = make_spec(model_of(options), origin, max_tokens=options.max_tokens), in_terminal()
    _say_notes(dense, origin)
    specs = recorded.specs(dense) if options.what == "default" else read(Path(options.what), dense)
    if options.list:
        for spec in specs:
            known = "known  " if store.read(spec.key) else "missing"
            print(f"{known} {recipe(spec)} · {spec.runtime} · seed {spec.seed}")
        return 0
    files = (options.tls_ca, options.tls_cert, options.tls_key)
    certificates = cluster.Certificates(*files) if all(files) else None
    there = cluster.remote(options.scheduler, certificates) if options.scheduler else cluster.local(options.workers)
    threads = 0 if options.scheduler else max(1, (os.cpu_count() or 1) // options.workers)
    report = sweep(specs, origin, store, there, control, threads)
    timed = 0 if options.no_speed else time_missing(specs, origin, store, control)
    print(f"{words(report)}\n{timed} timed")
    return NOT_GOOD if report.failures else 0


def _add_score(commands: Commands) -> None:
    score = commands.add_parser("score", help="score a file of predicted answers as SQuAD's official script does")
    score.set_defaults(command=_score)
    score.add_argument("--task", default="squad", help="squad, squad-1000, passages, or a .json file of your own")
    score.add_argument("--data", default="", help="folder of SQuAD, or the file of its dev set (or BONSAI_DATA)")
    score.add_argument("--predictions", type=Path, required=True, help="a JSON file {id: answer}")
    score.add_argument("--na-prob-file", type=Path, help="a JSON file {id: how probable it is that there is no answer}")
    score.add_argument("--na-prob-thresh", type=float, default=1.0, help="beyond which that is taken for the answer")
    score.add_argument("--json", action="store_true", help="print one JSON object")


def _score(options: argparse.Namespace) -> int:
    from core.engine.predictions import scored, words

    origin = Origin(options.task, options.data)
    found = scored(origin, options.predictions, options.na_prob_file, options.na_prob_thresh)
    if found.missing:
        print(f"note: {found.missing} of {found.f1.n} questions have no prediction and count 0", file=sys.stderr)
    if found.strange:
        print(f"note: predictions without a question of {options.task}: {found.strange}", file=sys.stderr)
    print(json.dumps(found.to_json()) if options.json else words(found))
    return 0


def _add_optimize(commands: Commands) -> None:
    optimize = commands.add_parser("optimize", help="take out heads, neurons and layers of which only zeros are left")
    optimize.set_defaults(command=_optimize)
    optimize.add_argument("model", help=f"{', '.join(SHIPPED)}, a hub id or a local folder")
    optimize.add_argument("--out", type=Path, required=True, help="a new folder")
    optimize.add_argument("--json", action="store_true", help="print one JSON object")


def _optimize(options: argparse.Namespace) -> int:
    from core.engine.packing import pack, words

    found = pack(options.model, options.out)
    print(json.dumps(found.to_json()) if options.json else words(found))
    return 0 if found.check.ok else NOT_GOOD
