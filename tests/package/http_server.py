"""``python http_server.py FOLDER PORT``: serve a folder in the background.

The server is ready when the command returns.
"""

import functools
import http.server
import os
import sys


class Files(http.server.SimpleHTTPRequestHandler):
    """Serve files without a log of requests."""

    def log_message(self, *_: object) -> None:
        pass


folder, port = sys.argv[1:]
handler = functools.partial(Files, directory=folder)
with http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler) as server:
    if os.fork() == 0:
        server.serve_forever()
