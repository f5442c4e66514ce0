"""What cannot be done with a model or its questions is one sentence, before anything is computed."""

import json
import shutil

import pytest

from core.__main__ import main
from core.engine import measure
from core.engine.export import export
from core.engine.run import make_spec, run
from core.engine.store import Store, default_store
from core.engine.understood import notes
from core.errors import UserError
from core.tasks.task import Origin
from core.techniques import parse_step
from core.training import loop
from tests.support import heads, tiny, tiny_qa, tiny_squad

TRAIN_ONE = "train a new one with --new-head --step finetune:epochs=3"
READS, CLASSIFIES, BARE, TAGS = "reader", "classifier", "bare", "tagger"


@pytest.fixture
def idle(monkeypatch):
    """Fail where anything is evaluated or trained."""

    def busy(*_, **__):
        pytest.fail("something was computed")

    monkeypatch.setattr(measure, "evaluate", busy)
    monkeypatch.setattr(loop, "train_", busy)
    monkeypatch.setattr("core.techniques.operations.train_", busy)


def model(tmp_path, kind):
    built = {
        READS: tiny_qa.model,
        CLASSIFIES: tiny.bert,
        BARE: lambda: tiny.bert(head=False),
        TAGS: lambda: heads.model("token"),
    }
    return tiny.folder(tmp_path / kind, built[kind]())


def task(tmp_path, kind):
    """Options of the command line, and the Origin that says the same."""
    if kind == "squad":
        path = tiny_squad.folder(tmp_path / "squad", 6, 4)
        return ["--task", "squad", "--data", path], Origin("squad", path)
    if kind == "sst2":
        (tmp_path / "glue").mkdir()
        rows = "".join(f"{text}\t{label}\n" for text, label in tiny.sentences(30))
        for name in ("train", "dev"):
            (tmp_path / "glue" / f"{name}.tsv").write_text(f"sentence\tlabel\n{rows}")
        return ["--task", "sst2", "--data", str(tmp_path / "glue")], Origin("sst2", str(tmp_path / "glue"))
    made = {
        "questions": lambda: str(tiny_squad.write(tmp_path / "mine.json", tiny_squad.articles(30))),
        "table": lambda: tiny.csv_file(tmp_path / "own.csv"),
        "entities": lambda: heads.conll(tmp_path / "names", heads.tagged()).task,
        "test only": lambda: tiny_squad.folder(tmp_path / "test", 0, 4),
    }
    if kind == "test only":
        made["test only"]()
        path = str(tmp_path / "test" / "dev-v1.1.json")
        return ["--task", "squad", "--data", path], Origin("squad", path)
    path = made[kind]()
    return ["--task", path], Origin(path)


def refused(capsys, line):
    """The only line that a command says."""
    assert main(line) == 2
    said = capsys.readouterr()
    assert not said.out and said.err.startswith("bonsai: ") and said.err.count("\n") == 1, said
    return said.err.removeprefix("bonsai: ").strip()


@pytest.mark.parametrize(
    ("which", "asked", "has", "needed"),
    [
        (CLASSIFIES, "squad", "a classification head", "question answering head"),
        (CLASSIFIES, "questions", "a classification head", "question answering head"),
        (TAGS, "squad", "a token classification head", "question answering head"),
        (READS, "sst2", "a question answering head", "classification head"),
        (READS, "table", "a question answering head", "classification head"),
        (READS, "entities", "a question answering head", "token classification head"),
    ],
)
@pytest.mark.parametrize("step", [[], ["magnitude:amount=0.5"]], ids=["dense", "pruned"])
@pytest.mark.usefixtures("idle")
def test_a_model_of_another_kind(tmp_path, capsys, which, asked, has, needed, step):
    name, (options, origin) = model(tmp_path, which), task(tmp_path, asked)
    sentence = f"'{name}' has {has} and no {needed}; {TRAIN_ONE}"
    steps = [word for one in step for word in ("--step", one)]
    assert refused(capsys, ["run", "--model", name, *options, *steps]) == sentence
    out = ["--format", "hf", "--out", str(tmp_path / "out")]
    assert refused(capsys, ["export", "--model", name, *options, *steps, *out]) == sentence
    spec = make_spec(name, origin, [parse_step(one) for one in step])
    for call in (
        lambda: run(spec, origin, default_store()),
        lambda: export(spec, origin, "hf", tmp_path / "out", default_store()),
    ):
        with pytest.raises(UserError) as caught:
            call()
        assert str(caught.value) == sentence
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("asked", "needed"), [("squad", "question answering"), ("table", "classification")])
@pytest.mark.usefixtures("idle")
def test_an_encoder_without_any_head(tmp_path, capsys, asked, needed):
    name, (options, _) = model(tmp_path, BARE), task(tmp_path, asked)
    assert refused(capsys, ["run", "--model", name, *options]) == (
        f"'{name}' is an encoder without any head, and so has no {needed} head; train one with --new-head --step "
        "finetune:epochs=3"
    )


@pytest.mark.parametrize(
    ("which", "asked"), [(CLASSIFIES, "squad"), (BARE, "squad"), (READS, "table"), (READS, "entities")]
)
def test_a_new_head_is_trained_on_any_of_them(tmp_path, capsys, which, asked):
    name, (options, _) = model(tmp_path, which), task(tmp_path, asked)
    line = ["run", "--model", name, *options, "--no-speed", "--new-head", "--step", "finetune:steps=1", "--json"]
    assert main(line) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["new_head"] is True


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("movement:block=5", "block=5 does not divide attention matrices of 32 x 32 with heads of 8; take 8"),
        ("movement:block=16", "block=16 does not divide attention matrices of 32 x 32 with heads of 8; take 8"),
        ("movement:block=0", "block=0 is not allowed; block takes a whole number from 4 to 256"),
        ("movement:block=7.5", "block=7.5 is not allowed; block takes a whole number from 4 to 256"),
        ("movement:density=0", "density=0.0 is not allowed; density takes a number from 0.05 to 1"),
        ("movement:density=-0.2", "density=-0.2 is not allowed; density takes a number from 0.05 to 1"),
        ("movement:density=1.2", "density=1.2 is not allowed; density takes a number from 0.05 to 1"),
        ("movement:density=nan", "density=nan is not allowed; density takes a number from 0.05 to 1"),
        ("movement:density=half", "density=half is not allowed; density takes a number from 0.05 to 1"),
    ],
)
@pytest.mark.parametrize("before", [[], ["--step", "finetune:epochs=3"]], ids=["first", "after a training"])
@pytest.mark.usefixtures("idle")
def test_blocks_and_densities_that_cannot_be(tmp_path, capsys, step, sentence, before):
    name, (options, origin) = model(tmp_path, READS), task(tmp_path, "squad")
    assert refused(capsys, ["run", "--model", name, *options, *before, "--step", step]) == sentence
    with pytest.raises(UserError) as caught:
        run(make_spec(name, origin, [parse_step(step)]), origin, default_store())
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "step", ["movement:block=8", "movement:variant=structured", "distil:layers=1", "finetune", "gradual", "qat"]
)
@pytest.mark.usefixtures("idle")
def test_nothing_is_evaluated_where_there_is_nothing_to_train_on(tmp_path, capsys, step):
    name, (options, _) = model(tmp_path, READS), task(tmp_path, "test only")
    technique = step.partition(":")[0]
    assert refused(capsys, ["run", "--model", name, *options, "--step", step]) == (
        f"'squad' has no training examples, which {technique} needs; add a train file beside its test"
    )


@pytest.mark.parametrize("step", ["distil:layers=1,hidden=0", "movement:block=8"])
@pytest.mark.usefixtures("idle")
def test_a_teacher_that_cannot_teach(tmp_path, capsys, step):
    name, (options, _) = model(tmp_path, READS), task(tmp_path, "squad")
    other = model(tmp_path, CLASSIFIES)
    assert refused(capsys, ["run", "--model", name, *options, "--step", f"{step},teacher={other}"]) == (
        f"'{other}' has a classification head and no question answering head; {TRAIN_ONE}"
    )
    technique = step.partition(":")[0]
    for more in (["--new-head"], []):  # the first step being a training, a new head is taken by itself
        said = refused(capsys, ["run", "--model", other, *options, *more, "--step", step])
        assert said.startswith(f"{technique} learns from the model before any step, whose new head knows nothing; ")


def test_what_is_trained_already_needs_no_teacher_again(tmp_path, monkeypatch):
    monkeypatch.setattr("core.training.distillation.require_knowing", lambda *_: None)
    name, (_, origin), store = model(tmp_path, READS), task(tmp_path, "squad"), Store(tmp_path / "results")
    teacher = tiny.folder(tmp_path / "teacher", tiny_qa.model())
    steps = [parse_step(f"movement:block=8,steps=2,hidden=0,teacher={teacher}"), parse_step("quantize")]
    run(make_spec(name, origin, steps[:1]), origin, store)
    shutil.rmtree(teacher)
    assert run(make_spec(name, origin, steps), origin, store).quality.interval.n == 8


def test_a_model_that_learns_alone_needs_no_head_that_knows(tmp_path):
    name, (_, origin) = model(tmp_path, CLASSIFIES), task(tmp_path, "squad")
    spec = make_spec(name, origin, [parse_step("movement:block=8,alpha=0,steps=2")])
    assert spec.new_head and run(spec, origin, Store(tmp_path / "results")).quality.interval.n == 8


@pytest.mark.parametrize("which", ["question", "passage"])
def test_questions_that_cannot_be_used_are_named_with_their_places(tmp_path, which):
    found = tiny_squad.articles(6)
    paragraph = found[0]["paragraphs"][1]
    if which == "question":
        paragraph["qas"][0]["question"] = " \n"
    else:
        paragraph["context"] = " "
    tiny_squad.write(tmp_path / "dev.json", found)
    origin = Origin("squad", str(tmp_path / "dev.json"))
    said = [str(one) for one in notes(make_spec(model(tmp_path, READS), origin), origin)]
    assert f"dev.json data[0].paragraphs[1].qas[0]: the {which} is empty" in said


def test_a_long_passage_is_read_in_windows_and_a_long_question_is_cut_and_said_so(tmp_path, capsys):
    found = tiny_squad.articles(4)
    paragraph = found[0]["paragraphs"][0]
    paragraph["context"] += " the film was" * 150  # of a model that takes 140 tokens
    found[0]["paragraphs"][1]["qas"][0]["question"] = "what was the good word " * 60
    tiny_squad.write(tmp_path / "dev.json", found)
    line = [
        "run",
        "--model",
        model(tmp_path, READS),
        "--task",
        "squad",
        "--data",
        str(tmp_path / "dev.json"),
        "--no-speed",
    ]
    assert main(line) == 0
    shown = capsys.readouterr().out
    assert "cut       1 of 8 questions, at 64 tokens; passages are read to their end" in shown
