"""Fields of a technique's Config that carry their own range, help text and parsing."""

import dataclasses
import math
import types
import typing
from typing import Any

from core.errors import ConfigError, Words

MOST = 1 << 53  # numbers beyond it are not exact everywhere


def option(
    default: Any,
    help: str,  # noqa: A002 - the word the command line uses
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    step: float | None = None,
    model: bool = False,
    precision: bool = False,
) -> Any:
    """A dataclass field with what a form, the command line and `validate` need to know of it.

    model: the field names a model, which core.techniques.parse_step writes as NAME@REVISION. precision: the field says
    in which precision the model then runs.
    """
    about = {"help": help, "minimum": minimum, "maximum": maximum, "choices": choices, "step": step}
    about |= {"model": model, "precision": precision}
    return dataclasses.field(default=default, metadata=about)


def validate(config: Any) -> None:
    """Raise ConfigError unless every field of the dataclass instance has its type and lies in its range."""
    for field in dataclasses.fields(config):
        _check(field, getattr(config, field.name))


def parse(config_type: type, text: str) -> Any:
    """Build a Config from "name=value,name=value"; "" gives the defaults. Raises ConfigError."""
    fields = {field.name: field for field in dataclasses.fields(config_type)}
    values: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        name, equals, raw = part.partition("=")
        if not equals:
            raise ConfigError("'{part}' is not name=value; fields: {fields}", part=part, fields=", ".join(fields))
        if name not in fields:
            raise ConfigError("unknown field '{name}'; fields: {fields}", name=name, fields=", ".join(fields))
        if name in values:
            raise ConfigError("field '{name}' is given twice", name=name)
        values[name] = _parse_value(fields[name], raw)
    return config_type(**values)


def from_json(config_type: type, values: dict[str, Any]) -> Any:
    """Build a Config from a JSON object; unknown names and wrong types raise ConfigError."""
    names = {field.name for field in dataclasses.fields(config_type)}
    unknown = sorted(set(values) - names)
    if unknown:
        raise ConfigError("unknown field '{name}'; fields: {fields}", name=unknown[0], fields=", ".join(sorted(names)))
    return config_type(**values)


def kind(field: dataclasses.Field[Any]) -> type:
    """The plain type of a field: int | None counts as int."""
    annotation = field.type
    if isinstance(annotation, types.UnionType):
        annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    return typing.cast(type, annotation)


def allowed(field: dataclasses.Field[Any]) -> Words:
    """The range of a field in words, for messages and help."""
    meta = field.metadata
    if meta["choices"]:
        return Words("{choices}", choices=", ".join(meta["choices"]))
    low, high = meta["minimum"], meta["maximum"]
    kind_name = Words({int: "a whole number", float: "a number", str: "a text", bool: "true or false"}[kind(field)])
    if low is not None and high is not None:
        return Words("{kind} from {low:g} to {high:g}", kind=kind_name, low=low, high=high)
    if low is not None:
        return Words("{kind} of at least {low:g}", kind=kind_name, low=low)
    return kind_name


def increment(field: dataclasses.Field[Any]) -> float:
    """By how much a form moves a number: the field's own step, or the power of ten below its default."""
    if field.metadata["step"] is not None:
        return float(field.metadata["step"])
    if kind(field) is int:
        return 1
    usual: Any = field.default
    return float(10.0 ** math.floor(math.log10(usual))) if usual else 0.01


def _parse_value(field: dataclasses.Field[Any], raw: str) -> Any:
    wanted = kind(field)
    try:
        if wanted is bool:
            return {"true": True, "false": False}[raw.lower()]
        return wanted(raw)
    except (ValueError, KeyError):
        raise ConfigError(
            "{field}={value} is not allowed; {field} takes {allowed}",
            field=field.name,
            value=raw,
            allowed=allowed(field),
        ) from None


def _check(field: dataclasses.Field[Any], value: Any) -> None:
    if value is None and isinstance(field.type, types.UnionType):
        return
    wanted, meta = kind(field), field.metadata
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    fits = numeric if wanted is float else isinstance(value, wanted) and (wanted is not int or numeric)
    if fits and numeric:
        fits = abs(value) < MOST  # which neither infinity nor what is no number is
        fits = fits and (meta["minimum"] is None or value >= meta["minimum"])
        fits = fits and (meta["maximum"] is None or value <= meta["maximum"])
    if fits and meta["choices"]:
        fits = value in meta["choices"]
    if not fits:
        raise ConfigError(
            "{field}={value} is not allowed; {field} takes {allowed}",
            field=field.name,
            value=value,
            allowed=allowed(field),
        )
