"""The live drawings: what the browser redraws by itself while a slider moves."""
