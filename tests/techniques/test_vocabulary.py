"""The word pieces that stay, the numbers they get, and the embeddings that follow them."""

import collections
import dataclasses

import pytest
import tokenizers
import torch
import transformers

from core.engine.store import Store
from core.errors import ConfigError, DataError, ModelError
from core.models import encoder, save, size
from core.tasks import load_task
from core.tasks.task import Example, Origin
from core.techniques import finetune, vocabulary
from core.techniques.technique import Context, State
from core.techniques.vocabulary import Config
from tests.support import tiny

FAMILIES = {
    "bert": lambda: tiny.bert(vocab_size=len(tiny.SPELLING)),
    "roberta": lambda: tiny.roberta(vocab_size=len(tiny.SPELLING)),
    "distilbert": lambda: tiny.distilbert(vocab_size=len(tiny.SPELLING)),
}
EACH = pytest.mark.parametrize("build", FAMILIES.values(), ids=FAMILIES.keys())
USED = ("good", "bad", "film", "the", "was", "##ly")
TRAIN = ("the film was good", "the film was bad", "badly good", "the film")
ODD = ("goodly film", "the coldest phone!", "zzz", "badlyer was", "xenial qoph", "THE Film", "good", "film bad é!", "")


def task_of(train=TRAIN, validation=("the film was cold", "a phone was good")):
    examples = [tuple(Example(text, i % 2) for i, text in enumerate(texts)) for texts in (train, validation)]
    return dataclasses.replace(load_task(Origin("reviews")), name="own", train=examples[0], validation=examples[1])


CONTEXT = Context(task_of())


def state_of(build=FAMILIES["bert"], words=None):
    return State(tiny.shaken(build()), {}, words or tiny.spelling())


def apply(state, context=CONTEXT, **fields):
    return vocabulary.apply(state, Config(**fields), context)


def kept_by_hand(used):
    single = [piece for piece in tiny.SPELLING if len(piece.removeprefix("##")) == 1]
    return [piece for piece in tiny.SPELLING if piece in (*tiny.SPECIAL, *used, *single)]


def pieces(words):
    return [piece for piece, _ in sorted(words.get_vocab().items(), key=lambda entry: entry[1])]


def longest_match(text, known):
    """WordPiece by hand: of each word the longest piece that is known, from the left; else [UNK]."""
    found = []
    for word in text.lower().replace("!", " ! ").replace("é", "e").split():
        start, parts = 0, []
        while start < len(word):
            ends = range(len(word), start, -1)
            names = (("##" if start else "") + word[start:end] for end in ends)
            piece = next((name for name in names if name in known), None)
            if piece is None:
                parts = ["[UNK]"]
                break
            parts.append(piece)
            start += len(piece.removeprefix("##"))
        found += parts
    return found


def reordered():
    """A tokenizer whose special tokens stand neither first nor in their usual order."""
    order = [*tiny.SPELLING[30:], *reversed(tiny.SPELLING[:30])]
    return transformers.BertTokenizer(vocab={word: index for index, word in enumerate(order)}), order


def test_what_is_used_stays_with_special_tokens_and_characters():
    after = apply(state_of())
    assert pieces(after.tokenizer) == kept_by_hand(USED)
    assert set("abcxyz!") < set(pieces(after.tokenizer)) and "##z" in pieces(after.tokenizer)


@pytest.mark.parametrize(
    ("least", "used"), [(1, USED), (2, ("good", "bad", "film", "the", "was")), (3, ("film", "the")), (4, ())]
)
def test_pieces_must_be_used_so_often(least, used):
    counts = collections.Counter(piece for text in TRAIN for piece in tiny.spelling().tokenize(text))
    assert {piece for piece, count in counts.items() if count >= least} == set(used)
    assert pieces(apply(state_of(), min_count=least).tokenizer) == kept_by_hand(used)


@pytest.mark.parametrize("least", [1, 3, 4])
@pytest.mark.parametrize("text", [*ODD, *TRAIN, *tiny.TEXTS])
def test_any_text_tokenizes_by_the_pieces_that_stay(text, least):
    words = apply(state_of(), min_count=least).tokenizer
    expected = longest_match(text, set(pieces(words)))
    assert words.tokenize(text) == expected and "[UNK]" not in expected
    ids = words(text)["input_ids"]
    assert words.convert_ids_to_tokens(ids) == ["[CLS]", *expected, "[SEP]"]
    assert max(ids) < len(words) == len(pieces(words))


@EACH
def test_embeddings_follow_their_pieces(build):
    state = state_of(build)
    after = apply(state)
    old, new = (s.model.get_input_embeddings().weight for s in (state, after))
    before = state.tokenizer.get_vocab()
    for piece, number in after.tokenizer.get_vocab().items():
        assert torch.equal(new[number], old[before[piece]])
    assert len(new) == len(after.tokenizer) == after.model.config.vocab_size == len(kept_by_hand(USED))


@EACH
def test_sentences_of_kept_pieces_keep_their_logits(build):
    state = state_of(build)
    after = apply(state)
    texts = (*TRAIN, "zzz was good", "abc")
    before = tiny.logits(state.model, texts, state.tokenizer)
    assert torch.equal(tiny.logits(after.model, texts, after.tokenizer), before)
    others = tiny.logits(after.model, ("the cold phone",), after.tokenizer)
    assert not torch.equal(others, tiny.logits(state.model, ("the cold phone",), state.tokenizer))


@pytest.mark.parametrize("build", [FAMILIES["bert"], FAMILIES["distilbert"]], ids=["bert", "distilbert"])
def test_special_tokens_may_stand_anywhere(build, tmp_path):
    words, order = reordered()
    model = tiny.shaken(build())
    model.config.pad_token_id = words.pad_token_id
    state = State(model, {}, words)
    after = apply(state)
    assert pieces(after.tokenizer) == [piece for piece in order if piece in kept_by_hand(USED)]
    names = ("pad", "unk", "cls", "sep", "mask")
    for name, piece in zip(names, tiny.SPECIAL, strict=True):
        number = getattr(after.tokenizer, f"{name}_token_id")
        assert after.tokenizer.convert_ids_to_tokens(number) == piece
    assert after.pad == after.tokenizer.pad_token_id == after.model.config.pad_token_id != words.pad_token_id
    before = tiny.logits(state.model, TRAIN, words)  # rows of different lengths, so padding is among them
    assert torch.equal(tiny.logits(after.model, TRAIN, after.tokenizer), before)
    assert save.save(after.model, after.tokenizer, tmp_path / "cut", TRAIN).ok


def test_a_tokenizer_from_disk_forgets_its_old_numbers(tmp_path):
    words, _ = reordered()
    words.save_pretrained(tmp_path / "before")
    before = transformers.AutoTokenizer.from_pretrained(tmp_path / "before")
    model = tiny.shaken(FAMILIES["bert"]())
    after = apply(State(model, {}, before))
    after.tokenizer.save_pretrained(tmp_path / "after")
    again = transformers.AutoTokenizer.from_pretrained(tmp_path / "after")
    assert again.get_vocab() == after.tokenizer.get_vocab() and len(again) == encoder.vocabulary_size(after.model)
    assert again.all_special_ids == after.tokenizer.all_special_ids != before.all_special_ids
    for text in (*ODD, *TRAIN, "[MASK] the [SEP] film"):
        assert again(text)["input_ids"] == after.tokenizer(text)["input_ids"]
        assert again.convert_ids_to_tokens(again(text)["input_ids"]) == after.tokenizer(text).tokens()


def test_positions_do_not_move_with_the_padding(tmp_path):
    order = [*tiny.SPELLING[10:20], *tiny.SPECIAL, *tiny.SPELLING[5:10], *tiny.SPELLING[20:]]
    words = transformers.BertTokenizer(vocab={word: index for index, word in enumerate(order)})
    model = tiny.shaken(tiny.roberta(vocab_size=len(order), pad_token_id=words.pad_token_id))
    after = apply(State(model, {}, words))
    assert torch.equal(tiny.logits(after.model, TRAIN, after.tokenizer), tiny.logits(model, TRAIN, words))
    assert save.save(after.model, after.tokenizer, tmp_path / "cut", TRAIN).ok


def test_the_given_tokenizer_and_model_stay():
    state = state_of()
    before = state.tokenizer.backend_tokenizer.to_str()
    apply(state)
    assert state.tokenizer.backend_tokenizer.to_str() == before and len(state.tokenizer) == len(tiny.SPELLING)
    assert len(state.model.get_input_embeddings().weight) == state.model.config.vocab_size == len(tiny.SPELLING)


def test_facts_are_counts():
    # validation: the film was cold | a phone was good; cold and phone are spelled now, a stays
    assert apply(state_of()).facts == {
        "pieces": len(kept_by_hand(USED)),
        "pieces_before": len(tiny.SPELLING),
        "validation_tokens": 8,
        "validation_tokens_changed": 2,
    }


def test_only_the_embeddings_get_smaller():
    state = state_of()
    after = apply(state)
    gone = len(tiny.SPELLING) - len(kept_by_hand(USED))
    before, now = size.weigh(state.model), size.weigh(after.model)
    assert before.params - now.params == gone * 32 and before.macs == now.macs


def test_cutting_twice_cuts_further():
    once = apply(state_of())
    twice = apply(once, Context(task_of(("the film", "the"))))
    assert pieces(twice.tokenizer) == kept_by_hand(("film", "the"))
    texts = ("the film", "abc the")
    assert torch.equal(tiny.logits(twice.model, texts, twice.tokenizer), tiny.logits(once.model, texts, once.tokenizer))


@EACH
def test_saved_and_loaded_they_stay_in_step(build, tmp_path):
    context = dataclasses.replace(CONTEXT, seed=1)
    after = finetune.apply(apply(state_of(build)), finetune.Config(steps=2), context)
    store = Store(tmp_path / "results")
    store.save_state("key", after)
    again = store.load_state("key")
    assert again.facts == after.facts and len(again.tokenizer) == len(after.tokenizer)
    for text in (*ODD, *TRAIN):
        assert again.tokenizer(text)["input_ids"] == after.tokenizer(text)["input_ids"]
    texts = (*ODD, *TRAIN)
    expected = tiny.logits(after.model, texts, after.tokenizer)
    assert torch.allclose(tiny.logits(again.model, texts, again.tokenizer), expected, atol=1e-6)
    assert encoder.vocabulary_size(again.model) == len(again.tokenizer)
    assert (again.pad, again.model.config.pad_token_id) == (after.pad, after.model.config.pad_token_id)


def test_byte_pairs_cannot_be_cut():
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    backend.train_from_iterator(TRAIN, trainer)
    words = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", unk_token="<unk>")
    with pytest.raises(ModelError) as caught:
        apply(State(tiny.roberta(), {}, words))
    assert str(caught.value) == (
        "the vocabulary of a BPE tokenizer cannot be cut, only WordPiece's; leave vocabulary out"
    )


def test_a_tokenizer_that_adds_nothing_around_a_sentence():
    vocab = {word: index for index, word in enumerate(tiny.SPELLING)}
    backend = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocab, unk_token="[UNK]"))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="[PAD]", unk_token="[UNK]")
    after = apply(state_of(words=words))
    assert after.tokenizer.tokenize("the film badly") == ["the", "film", "bad", "##ly"]


def test_without_training_text():
    with pytest.raises(DataError, match="^'own' has no training text to tell which word pieces are used$"):
        apply(state_of(), Context(task_of(train=())))


@pytest.mark.parametrize("least", [0, -1, 2_000_000])
def test_counts_that_are_none(least):
    with pytest.raises(ConfigError, match=f"min_count={least} is not allowed"):
        Config(min_count=least)
