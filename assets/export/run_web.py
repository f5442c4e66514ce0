"""Serve the page in this folder: python run.py [port]. Needs Python, nothing else; 0 takes a free port."""

import functools
import http.server
import sys
from pathlib import Path


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
        ".json": "application/json",
    }

    def end_headers(self):
        # with them a browser lets the model run on several threads
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_):
        pass


asked = sys.argv[1] if len(sys.argv) > 1 else "8000"
if not asked.isdigit():
    sys.exit(__doc__)
handler = functools.partial(Handler, directory=str(Path(__file__).resolve().parent))
try:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(asked)), handler)
except (OSError, OverflowError) as error:
    sys.exit(f"port {asked} cannot be had ({error}); name another one: python run.py 8001")
with server:
    print(f"http://localhost:{server.server_port}/", flush=True)
    server.serve_forever()
