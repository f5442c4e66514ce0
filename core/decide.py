"""The command that names what to take within a budget."""

import argparse
import json

from core.budget import FASTEST, GOALS, Budget, answer, options
from core.errors import ConfigError
from core.models.find import SHIPPED
from core.reproduce import Commands
from core.tasks import TASKS
from core.tasks.task import Origin

NOTHING_FITS = 1


def add_choose(commands: Commands) -> None:
    """choose: of everything that is stored, what fits a budget."""
    choose = commands.add_parser("choose", help="name what to take: quality at least, ms and MB at most")
    choose.set_defaults(command=_choose)
    choose.add_argument("--model", default="", help=f"{', '.join(SHIPPED)}, a hub id or a local folder")
    choose.add_argument("--task", default="sst2", help=f"{', '.join(TASKS)}, or a table of your own")
    choose.add_argument("--data", default="", help="folder of the task's files (or BONSAI_DATA)")
    choose.add_argument("--accuracy", type=float, help="at least, 0 to 1; of the leading metric, whichever it is")
    choose.add_argument("--ms", type=float, help="at most, of a sentence of 128 tokens on one thread")
    choose.add_argument("--mb", type=float, help="at most, of the file")
    choose.add_argument("--goal", choices=GOALS, default=FASTEST, help="which of all that fit")
    choose.add_argument("--sure", action="store_true", help="the limits hold with 95 %% confidence")
    choose.add_argument("--json", action="store_true", help="print one JSON object")


def _choose(options_: argparse.Namespace) -> int:
    from core.engine.choose import dense_of, require, sentences, stored, to_json
    from core.engine.store import default_store

    budget = _budget(options_)
    origin = Origin(options_.task, options_.data)
    model = options_.model or (TASKS[origin.task].model if origin.task in TASKS else SHIPPED[0])
    dense = dense_of(model, origin)
    results = stored(dense, default_store())
    require(results, dense)
    found = answer(options(results), budget)
    lines = sentences(found, budget, results[0].quality.metric)
    print(json.dumps(to_json(found, budget), allow_nan=False) if options_.json else "\n".join(map(str, lines)))
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
