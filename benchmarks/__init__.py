"""One script per headline figure; each prints ours, the peer and the ratio from one run."""
