"""What all figures share: colours, symbols, heights, and the frame around two axes."""

import textwrap
from typing import Any

# stand-ins: a browser puts the theme's chartCategoricalColors and its background in their place, so that a figure
# follows light and dark without being sent anew. .streamlit/config.toml has them: the hues of Okabe and Ito's
# colour-blind safe palette (2008), darker on white and lighter on black
COLOURS = ("#000001", "#000002", "#000003", "#000004", "#000005", "#000006")
INK, QUIET, PAPER = "#000007", "#000008", "#000038"  # what is written, around what is drawn, and the background
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
# vermilion below, grey in the middle, blue above: told apart by all
DIVERGING = ("#D55E00", "#E9A06B", "#D9D9D9", "#7FB2D6", "#0072B2")
VIRIDIS = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
HEIGHT = 360
LONGEST = 38  # letters of an axis' name that a phone has room for


def layout(x: str, y: str) -> dict[str, Any]:
    """What every figure with two axes has: their words, thin margins, the legend above."""
    quiet = {"color": QUIET}  # Streamlit's own grey is too pale to be read
    return {
        "font": quiet,
        "xaxis": {
            "title": {"text": "<br>".join(textwrap.wrap(x, LONGEST)), "font": quiet},
            "tickfont": quiet,
            "zeroline": False,
            "automargin": True,  # in a file nobody else sees to it
        },
        "yaxis": {"title": {"text": y, "font": quiet}, "tickfont": quiet, "zeroline": False, "automargin": True},
        "height": HEIGHT,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": quiet},
        "hovermode": "closest",
    }
