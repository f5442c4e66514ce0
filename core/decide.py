"""The commands that help to decide: what to take within a budget, and what each position of a slider answers."""

import argparse
import json

from core.budget import FASTEST, GOALS, Budget, answer, options
from core.control import in_terminal
from core.errors import ConfigError
from core.reproduce import Commands, add_max_tokens, add_model_and_task, add_own_table, model_of, origin_of, positive
from core.spec import seed
from core.summary import hundredfold

NOTHING_FITS = 1


def add_choose(commands: Commands) -> None:
    """choose: of everything that is stored, what fits a budget."""
    choose = commands.add_parser("choose", help="name what to take: quality at least, ms and MB at most")
    choose.set_defaults(command=_choose)
    add_model_and_task(choose, "sst2")
    add_own_table(choose)
    _add_budget(choose)
    choose.add_argument("--json", action="store_true", help="print one JSON object")


def _add_budget(command: argparse.ArgumentParser) -> None:
    command.add_argument("--accuracy", type=float, help="at least, 0 to 1; of the leading metric, whichever it is")
    command.add_argument("--ms", type=float, help="at most, of a sentence of 128 tokens on one thread")
    command.add_argument("--mb", type=float, help="at most, of the file")
    command.add_argument("--goal", choices=GOALS, default=FASTEST, help="which of all that fit")
    command.add_argument("--sure", action="store_true", help="the limits hold with 95 %% confidence")


def add_search(commands: Commands) -> None:
    """search: recipes for a budget, chosen on held-out training examples and reported on the validation ones."""
    search = commands.add_parser("search", help="find a recipe for a budget by measuring those that promise most")
    search.set_defaults(command=_search)
    add_model_and_task(search, "reviews")
    add_own_table(search)
    _add_budget(search)
    search.add_argument("--most", type=positive, default=12, help="recipes to measure")
    search.add_argument("--no-training", action="store_true", help="only recipes without a training")
    search.add_argument("--json", action="store_true", help="print one JSON object")


def add_track(commands: Commands) -> None:
    """track: what is answered at every percent of a slider."""
    track = commands.add_parser("track", help="answer every example at every percent of a slider, for its pages")
    track.set_defaults(command=_track)
    add_model_and_task(track, "reviews")
    add_own_table(track)
    add_max_tokens(track)
    track.add_argument("--method", default="l1-layer", help="as the slider has them")
    track.add_argument("--layers", default="encoder", choices=("encoder", "all"))
    track.add_argument("--seed", type=seed, default=0, help="of what goes by chance")
    track.add_argument("--record", action="store_true", help="keep it in cache/recorded, to be shipped")


def _track(options_: argparse.Namespace) -> int:
    from core.engine.run import make_spec
    from core.engine.store import default_store, recording_store
    from core.engine.track import follow

    origin, store = origin_of(options_), recording_store() if options_.record else default_store()
    dense = make_spec(model_of(options_), origin, max_tokens=options_.max_tokens)
    found = follow(dense, options_.method, origin, store, in_terminal(), layers=options_.layers, seed=options_.seed)
    right = 100 * (found.answers == found.right).mean(1)
    for level in range(0, len(found.levels), 10):
        print(f"{found.levels[level]:3} %   {right[level]:.1f} % right")
    print(f"{len(found.levels)} positions of {len(found.right)} examples in {found.about['seconds']:.0f} s")
    return 0


def _choose(options_: argparse.Namespace) -> int:
    from core.engine.choose import about_times, dense_of, require, sentences, settled, stored, to_json
    from core.engine.store import default_store

    budget = _budget(options_)
    origin = origin_of(options_)
    dense = dense_of(model_of(options_), origin)
    results = stored(dense, default_store())
    require(results, dense)
    machine = settled(results, budget)
    found = answer(options(results, machine), budget)
    lines = [*sentences(found, budget, results[0].quality.metric), *about_times(results, found, budget, machine)]
    print(json.dumps(to_json(found, budget), allow_nan=False) if options_.json else "\n".join(map(str, lines)))
    return 0 if found.pick else NOTHING_FITS


def _search(options_: argparse.Namespace) -> int:
    from core.engine.choose import sentences
    from core.engine.store import default_store
    from core.jobs.finding import find, report_json

    budget, origin = _budget(options_), origin_of(options_)
    model, trains, control = model_of(options_), not options_.no_training, in_terminal()
    for report in find(model, origin, budget, options_.most, default_store(), control, trains):
        last = report
    found = last.answer(budget)
    if options_.json:
        print(json.dumps(report_json(last, budget), allow_nan=False))
    else:
        metric = last.found.results[0].quality.metric
        print("\n".join(map(str, sentences(found, budget, metric))))
        chosen, told = last.chosen_on, last.reported_on
        print(
            f"{len(last.found.results)} recipes on {chosen.examples} held-out training examples (dense: "
            f"{hundredfold(chosen.dense, metric)}); figures of {told.examples} others "
            f"({hundredfold(told.dense, metric)})"
        )
    return 0 if found.pick else NOTHING_FITS


def _budget(options_: argparse.Namespace) -> Budget:
    """The limits that were asked for. Raises ConfigError where one can be no limit."""
    if options_.accuracy is not None and not 0 < options_.accuracy <= 1:
        raise ConfigError(
            "accuracy={value:g} is not allowed; it takes a share above 0 and at most 1, such as 0.88",
            value=options_.accuracy,
        )
    for name in ("ms", "mb"):
        value = getattr(options_, name)
        if value is not None and not 0 < value < float("inf"):
            raise ConfigError("{name}={value:g} is not allowed; it takes a number above 0", name=name, value=value)
    return Budget(options_.accuracy, options_.ms, options_.mb, options_.goal, options_.sure)
