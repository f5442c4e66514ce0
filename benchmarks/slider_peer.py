"""What the slider would be with Streamlit's own widgets: st.slider and one picture of all masks from the server."""

import numpy as np
import streamlit as st

from core.models import encoder, find
from core.models.load import load
from core.pruning.masks import mask_at, percentile_ranks


@st.cache_resource
def ranks() -> list[np.ndarray]:
    model = load(find.resolve("demo")).model
    weights = [encoder.weight(model, m.name).detach().abs() for m in encoder.matrices(model)]
    return percentile_ranks(weights, "layer")


amount = st.slider("Weights set to zero", 0, 100, 30)
found = ranks()
square = [mask_at(r, amount)[:384, :384] for r in found]
rows = [np.concatenate(square[i : i + 6], axis=1) for i in range(0, len(square), 6)]
st.image(np.concatenate(rows).astype(np.uint8) * 255, output_format="PNG")
