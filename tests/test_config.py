"""Fields with a range: what is taken, what is refused, and in which words."""

import dataclasses
from dataclasses import dataclass

import pytest

from core.config import allowed, from_json, increment, kind, option, parse, validate
from core.errors import ConfigError


@dataclass(frozen=True)
class Config:
    amount: float = option(0.5, "a share", minimum=0.0, maximum=1.0)
    count: int | None = option(None, "how many", minimum=1)
    name: str = option("one", "which", choices=("one", "two"))
    pattern: str = option("", "any text")
    flag: bool = option(False, "on or off")

    def __post_init__(self) -> None:
        validate(self)


FIELDS = {field.name: field for field in dataclasses.fields(Config)}


def test_nothing_gives_the_defaults():
    assert parse(Config, "") == Config()


def test_each_type_is_parsed():
    assert parse(Config, "amount=0.25,count=3,name=two,pattern=*query *key,flag=TRUE") == Config(
        0.25, 3, "two", "*query *key", True
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("amount=1.5", "amount=1.5 is not allowed; amount takes a number from 0 to 1"),
        ("amount=-0.1", "amount=-0.1 is not allowed; amount takes a number from 0 to 1"),
        ("amount=nan", "amount=nan is not allowed; amount takes a number from 0 to 1"),
        ("amount=inf", "amount=inf is not allowed; amount takes a number from 0 to 1"),
        ("amount=much", "amount=much is not allowed; amount takes a number from 0 to 1"),
        ("count=0", "count=0 is not allowed; count takes a whole number of at least 1"),
        ("count=2.5", "count=2.5 is not allowed; count takes a whole number of at least 1"),
        ("name=three", "name=three is not allowed; name takes one, two"),
        ("flag=maybe", "flag=maybe is not allowed; flag takes true or false"),
        ("size=3", "unknown field 'size'; fields: amount, count, name, pattern, flag"),
        ("amount", "'amount' is not name=value; fields: amount, count, name, pattern, flag"),
        ("amount=0.1,amount=0.2", "field 'amount' is given twice"),
    ],
)
def test_what_is_refused_names_the_value_and_what_is_allowed(text, words):
    with pytest.raises(ConfigError) as caught:
        parse(Config, text)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    "values",
    [
        {"amount": "0.5"},
        {"amount": None},
        {"amount": True},
        {"count": 1.0},
        {"count": True},
        {"name": 1},
        {"flag": 1},
        {"size": 1},
        {"amount": float("nan")},
    ],
)
def test_json_of_a_wrong_type_or_name_is_refused(values):
    with pytest.raises(ConfigError):
        from_json(Config, values)


def test_a_whole_number_is_a_number():
    assert from_json(Config, {"amount": 1}).amount == 1


def test_the_ends_of_the_range_are_allowed():
    assert (Config(amount=0.0).amount, Config(amount=1.0).amount, Config(count=1).count) == (0.0, 1.0, 1)


def test_json_round_trip():
    config = Config(0.25, None, "two", "*query", True)
    assert from_json(Config, dataclasses.asdict(config)) == config


def test_optional_counts_as_its_type():
    assert [kind(FIELDS[name]) for name in ("amount", "count", "name", "flag")] == [float, int, str, bool]


def test_a_text_without_choices_has_words_too():
    assert str(allowed(FIELDS["pattern"])) == "a text"


def test_a_form_moves_a_number_by_its_own_step_or_by_the_size_of_its_default():
    @dataclass(frozen=True)
    class Numbers:
        own: float = option(0.3, "a share", step=0.05)
        small: float = option(2e-5, "a rate")
        large: float = option(3.0, "how often")
        zero: float = option(0.0, "a pull")
        count: int = option(16, "how many")
        none: int | None = option(None, "at most")

    found = [increment(field) for field in dataclasses.fields(Numbers)]
    assert found == pytest.approx([0.05, 1e-5, 1.0, 0.01, 1, 1])
