"""Windows of passages: every token of a passage is in one, the answer is where it stands, and they are kept."""

import logging

import pytest
import transformers
from tokenizers import pre_tokenizers

from core import paths
from core.tasks import windows as module
from core.tasks.questions import Question
from core.tasks.windows import QUESTION, sizes, windows
from tests.support import tiny
from tests.support.tiny_squad import GOOD_ONE

WORDS = ("the film was good and the book was very bad " * 8).split()
TEXT = " ".join(WORDS)


def question(start, text, asked="what was good", passage=TEXT):
    return Question(asked, ((start, text),), "", passage, "q")


def spelled(window, ends):
    """The text between two tokens of a window."""
    first, last = (place - window.first for place in ends)
    return window.question.second[window.begins[first] : window.ends[last]]


@pytest.mark.parametrize("most", [24, 40, 384])
def test_windows_cover_the_passage_and_share_words(most):
    found = windows(tiny.tokenizer(), [question(0, "the film")], most)
    assert all(len(one.ids) <= most for one in found) and [one.part for one in found] == list(range(len(found)))
    covered = [place for one in found for place in one.begins]
    assert set(covered) == {len(" ".join(WORDS[:n])) + (n > 0) for n in range(len(WORDS))}
    assert (len(covered) > len(set(covered))) == (len(found) > 1) == (most < 80)


@pytest.mark.parametrize("word", [0, 3, 41, 79])
def test_the_target_is_the_answer_where_it_stands_and_nothing_elsewhere(word):
    start = len(" ".join(WORDS[:word])) + (word > 0)
    found = windows(tiny.tokenizer(), [question(start, " ".join(WORDS[word : word + 1]))], 30)
    holding = [one for one in found if one.target != (0, 0)]
    assert holding and all(spelled(one, one.target) == WORDS[word] for one in holding)
    assert all(one.begins[one.target[0] - one.first] == start for one in holding)
    assert all(not (one.begins[0] <= start < one.ends[-1]) for one in found if one.target == (0, 0))


def test_an_answer_that_ends_within_a_token_takes_all_of_it():
    (one,) = windows(tiny.tokenizer(), [question(TEXT.index("ood"), "ood")], 384)
    assert spelled(one, one.target) == "good"


def test_types_tell_question_and_passage_apart_where_the_model_has_them():
    (one,) = windows(tiny.tokenizer(), [question(0, "the")], 384)
    assert list(one.types) == [0] * one.first + [1] * (len(one.ids) - one.first)
    plain = transformers.DistilBertTokenizer(vocab=tiny.tokenizer().get_vocab())
    assert all(not one.types for one in windows(plain, [question(0, "the")], 384)) == (
        "token_type_ids" not in plain.model_input_names
    )


def test_a_long_question_is_cut_and_said_so_and_never_pushes_the_passage_out():
    long = question(0, "the film", " ".join(["what was the good film"] * 40))
    for most, limit in ((384, QUESTION), (32, 14)):
        found = windows(tiny.tokenizer(), [long], most)
        assert all(one.cut and one.first == limit + 2 and len(one.ids) <= most for one in found)
    assert not any(one.cut for one in windows(tiny.tokenizer(), [question(0, "the film")], 384))


def test_a_question_without_an_answer_points_at_the_first_token():
    (one,) = windows(tiny.tokenizer(), [Question("what", (), "", TEXT, "q")], 384)
    assert one.target == (0, 0)


def test_windows_of_many_questions_are_kept_and_read_again(monkeypatch):
    some = [question(0, "the film", f"{GOOD_ONE} {'good ' * (n % 3)}") for n in range(40)]
    plain = windows(tiny.tokenizer(), some, 40)
    monkeypatch.setattr(module, "KEPT_FROM", 1)
    made = windows(tiny.tokenizer(), some, 40)
    assert made == plain
    (file,) = (paths.CACHE / "features").glob("*.safetensors")
    monkeypatch.setattr(module, "_made", lambda *_: pytest.fail("they are made again"))
    tokenizer = tiny.tokenizer()
    tokenizer("a text", truncation=True, max_length=5)  # which leaves its mark in the tokenizer
    read = windows(tokenizer, some, 40)
    for one, other in zip(read, plain, strict=True):
        assert (list(one.ids), list(one.begins), list(one.ends)) == (
            list(other.ids),
            list(other.begins),
            list(other.ends),
        )
        assert (one.target, one.first, one.part, one.cut, one.example) == (
            *(other.target, other.first, other.part),
            *(other.cut, other.example),
        )
    monkeypatch.undo()
    assert file.is_file()


def test_where_nothing_can_be_written_they_are_made_all_the_same(monkeypatch, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(module, "KEPT_FROM", 1)
    monkeypatch.setattr(paths, "CACHE", tmp_path / "file")
    with caplog.at_level(logging.WARNING):
        assert windows(tiny.tokenizer(), [question(0, "the film")], 384)
    assert "are not kept" in caplog.text


@pytest.mark.parametrize("most", [12, 40, 384])
def test_a_question_of_letters_that_are_several_tokens_each_leaves_room_for_the_passage(most):
    """Of byte-level vocabularies an emoji is four tokens, none of which can be cut off alone."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {word: number for number, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *alphabet])}
    tokenizer = transformers.RobertaTokenizer(vocab=vocab, merges=[])
    found = windows(tokenizer, [question(0, "the film", "\U0001f333" * 60)], most)
    limit, _ = sizes(most)
    assert all(len(one.ids) <= most and one.begins and one.cut for one in found)
    assert {one.first for one in found} == {3 + 4 * (limit // 4)}
    short = windows(tokenizer, [question(0, "the film", "\U0001f333")], 384)
    assert not any(one.cut for one in short)
