"""``python serve.py FOLDER PORT``: the folder over HTTP, from when this returns on."""

import functools
import http.server
import os
import sys


class Files(http.server.SimpleHTTPRequestHandler):
    """Says nothing of what is asked for."""

    def log_message(self, *_: object) -> None:
        pass


folder, port = sys.argv[1:]
handler = functools.partial(Files, directory=folder)
with http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler) as server:
    if os.fork() == 0:
        server.serve_forever()
