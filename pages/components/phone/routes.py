"""What phones fetch and send: addresses beside the dashboard's own, on the same port.

/p/CODE/ is the page of what a teacher opened, /p/runtime-VERSION/ what every such page needs. Files are read by
threads of the server, and large ones that can be compressed are so once, so that thirty phones hold nobody up.
"""

import functools
import gzip
import html
import threading
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from core import paths
from core.errors import DataError, sentences
from core.phones.device import MOST_BYTES
from core.phones.room import ROOM
from pages.components.phone import pace

PAGE = paths.ASSETS / "export" / "web"
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".onnx": "application/onnx"}
# threads need them; they count for these addresses only, since the dashboard's own pages would lose their fonts
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FOR_EVER, ANEW = "public, max-age=31536000, immutable", "no-cache"
WORTH_PACKING = (".wasm", ".json", ".mjs")
PACKING = threading.Lock()
LOOK = "<style>:root{color-scheme:light dark;font:18px/1.5 system-ui,sans-serif}body{margin:2rem}</style>"
GONE = "nothing is open at this address any more; ask for a new one"


def page(request: Request) -> Response:
    """The page itself, its parts, what it is told, and the files of its models."""
    opened = ROOM.find(request.path_params["code"])
    name = request.path_params.get("name", "")
    if opened is None:
        return _sentence(DataError(GONE), 410) if name else _closed()
    if name == "bonsai.json":
        return JSONResponse(dict(opened.facts), headers={**SAFE, **ISOLATED, "Cache-Control": ANEW})
    if name in opened.files:
        return _file(request, opened.files[name], FOR_EVER)
    file = parts().get(name or "index.html")
    return _sentence(DataError(GONE), 404) if file is None else _file(request, file, ANEW)


def runtime(request: Request) -> Response:
    """ONNX Runtime Web and the tokenizer."""
    from core.runtimes import web

    files = {path.name: path for path in web.FILES}
    file = files.get(request.path_params["name"])
    return _sentence(DataError(GONE), 404) if file is None else _file(request, file, FOR_EVER)


async def result(request: Request) -> Response:
    """Takes the times of a device, and says what it is called on the projector."""
    body, sender = b"", request.client.host if request.client else ""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                break
        device = ROOM.take(request.path_params["code"], body, sender)
    except ClientDisconnect:  # nobody is there to be told
        return Response(status_code=400)
    except DataError as error:
        return _sentence(error, 400)
    return JSONResponse({"name": dict(device.name)}, headers=SAFE)


async def slash(request: Request) -> Response:
    """An address that was typed without its last stroke."""
    return RedirectResponse(f"{request.url.path}/", headers=SAFE)


@functools.cache
def parts() -> dict[str, Path]:
    """What the page is made of, by name; the rest of its folder is for exports only."""
    return {path.name: path for path in PAGE.iterdir() if path.suffix in (".html", ".css", ".mjs")}


def _sentence(error: DataError, status: int) -> Response:
    told = {"en": str(error), "es": error.words.translated(sentences("es"))}
    return JSONResponse(told, status, headers=SAFE)


def _closed() -> Response:
    """The same for a reader."""
    words = DataError(GONE).words
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in (str(words), words.translated(sentences("es"))))
    page = f'<!doctype html><meta name="viewport" content="width=device-width"><title>BERT Bonsai</title>{LOOK}{lines}'
    return HTMLResponse(page, 410, headers=SAFE)


def _file(request: Request, path: Path, cached: str) -> Response:
    kind = TYPES.get(path.suffix)
    headers = {**SAFE, **ISOLATED, "Cache-Control": cached}
    plain = "range" in request.headers or "gzip" not in request.headers.get("accept-encoding", "")
    if path.suffix in WORTH_PACKING and not plain:
        return pace.Bytes(
            pack(path), headers={**headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}, media_type=kind
        )
    # named, so that nobody compresses tens of megabytes anew for each phone
    return pace.File(path, headers={**headers, "Content-Encoding": "identity"}, media_type=kind)


def pack(path: Path) -> bytes:
    """The file compressed, which takes a second for the runtime, once."""
    at = path.stat()
    with PACKING:  # thirty phones that come at once ask for the same
        return _packed(path, at.st_mtime_ns, at.st_size)


@functools.lru_cache(maxsize=128)
def _packed(path: Path, mtime_ns: int, length: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


ROUTES = (
    Route("/p/runtime-{version}/{name}", runtime),
    Route("/p/{code}/result", result, methods=["POST"]),
    Route("/p/{code}", slash),
    Route("/p/{code}/", page),
    Route("/p/{code}/{name:path}", page),
)
