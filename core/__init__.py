"""BERT Bonsai's core: compress a BERT-family model, evaluate it, measure it, keep the result."""
