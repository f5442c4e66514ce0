"""transformers without its noise: no bars and notes while it loads, and no torchao, which it would load for nothing."""

import contextlib
import functools
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import transformers

LOADING = threading.RLock()  # what is changed here is the whole process's


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' loading bars and its note about a new head off the terminal; one thread at a time."""
    log = transformers.logging
    with LOADING:
        level, hook = log.get_verbosity(), log.set_tqdm_hook(_without_bar)
        log.set_verbosity_error()
        try:
            yield
        finally:
            log.set_verbosity(level)
            log.set_tqdm_hook(hook)


def _without_bar(make: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return make(*arguments, **{**named, "disable": True})


@functools.cache
def import_models() -> None:
    """Import transformers' models without torchao.

    ExecuTorch brings torchao, which that import would load for nothing: seconds of every start, and warnings.
    """
    available, away = transformers.utils.is_torchao_available, "torchao" not in sys.modules
    if away:
        sys.modules["torchao"] = None  # type: ignore[assignment]
        available.cache_clear()
    try:
        importlib.import_module("transformers.modeling_utils")
    finally:
        if away:
            del sys.modules["torchao"]
            available.cache_clear()
