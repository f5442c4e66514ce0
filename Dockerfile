# What a browser needs to run a model itself, see assets/web.
FROM node:24-slim AS web
WORKDIR /web
COPY assets/web/package.json assets/web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

# The dashboard with CPU torch, the demo model and the recorded results inside; nothing is fetched at run time.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    BONSAI_PUBLIC=1 \
    PIP_NO_CACHE_DIR=1

RUN useradd --create-home --uid 1000 bonsai
WORKDIR /home/bonsai/app

COPY requirements.txt .
# --build-arg TORCH_INDEX=<PyTorch's CPU wheel index> keeps gigabytes of CUDA libraries out of the image
ARG TORCH_INDEX=""
RUN PIP_INDEX_URL="$TORCH_INDEX" pip install --disable-pip-version-check torch==2.13.0 \
    && pip install --disable-pip-version-check -r requirements.txt

COPY --chown=bonsai:bonsai app.py dashboard.py ./
COPY --chown=bonsai:bonsai .streamlit .streamlit
COPY --chown=bonsai:bonsai core core
COPY --chown=bonsai:bonsai pages pages
COPY --chown=bonsai:bonsai assets assets
COPY --from=web --chown=bonsai:bonsai /web/node_modules assets/web/node_modules
# not what was computed here: its installation's id would make every container claim to have measured it
COPY --chown=bonsai:bonsai cache/recorded cache/recorded
RUN chown bonsai:bonsai /home/bonsai/app /home/bonsai/app/cache

USER 1000
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
