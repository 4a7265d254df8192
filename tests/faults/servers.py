"""A server on the loopback that misbehaves on purpose, each file in its own way."""

import contextlib
import http.server
import socket
import struct
import threading
import time

CHUNK = 1 << 12


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the server's ``behaviour(handler, content)`` does."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append(name)
        self.server.asking.set()
        with contextlib.suppress(OSError):  # who asked may be gone
            self.server.behaviour(self, self.server.files[name])

    def begin(self, length, content_type="application/octet-stream"):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()


class Server:
    """Serves files, a dict of bytes by name, from a thread; ``asked`` lists what was asked for."""

    def __init__(self, files, behaviour, context=None):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.files, self.http.behaviour, self.http.asked = files, behaviour, []
        self.http.asking = threading.Event()
        if context is not None:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        scheme, host = ("http", "127.0.0.1") if context is None else ("https", "localhost")
        self.url = f"{scheme}://{host}:{self.http.server_port}/"
        self.asked, self.asking = self.http.asked, self.http.asking
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def good(handler, content):
    handler.begin(len(content))
    handler.wfile.write(content)


def leisurely(handler, content):
    """Whole and right, over a fifth of a second."""
    handler.begin(len(content))
    for start in range(0, len(content), CHUNK):
        handler.wfile.write(content[start : start + CHUNK])
        handler.wfile.flush()
        time.sleep(0.2 * CHUNK / len(content))


def resetting(handler, content):
    handler.begin(len(content))
    handler.wfile.write(content[: len(content) // 2])
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def stalling(handler, content):
    handler.begin(len(content))
    handler.wfile.write(content[: len(content) // 2])
    handler.wfile.flush()
    time.sleep(3)


def silent(handler, content):
    time.sleep(3)


def dripping(handler, content):
    handler.begin(len(content))
    for number in range(100):
        handler.wfile.write(content[number : number + 1])
        handler.wfile.flush()
        time.sleep(0.03)


def too_short(handler, content):
    handler.begin(len(content))
    handler.wfile.write(content[:-7])


def cut_in_chunks(handler, content):
    """In chunks, whose end is missing: no length has been promised."""
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"%x\r\n%b\r\n" % (len(content) // 2, content[: len(content) // 2]))


def nonsense(handler, content):
    """A length that is no number, and less than there is."""
    handler.begin("many")
    handler.wfile.write(content[:-7])


def too_long(handler, content):
    handler.begin(None)
    handler.wfile.write(content + b"and more")


def endless(handler, content):
    handler.begin(None)
    while True:
        handler.wfile.write(bytes(1 << 16))


def one_bit_flipped(handler, content):
    good(handler, content[:20] + bytes([content[20] ^ 1]) + content[21:])


def login_page(handler, content):
    page = b"<html><form>user, password</form></html>"
    handler.begin(len(page), "text/html; charset=utf-8")
    handler.wfile.write(page)


def missing(handler, content):
    handler.send_error(404)


def broken(handler, content):
    handler.send_error(503)


def circular(handler, content):
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


def redirecting_to(url):
    """A behaviour: to the file of the same name at another address."""

    def redirecting(handler, content):
        handler.send_response(302)
        handler.send_header("Location", url + handler.path.lstrip("/"))
        handler.end_headers()

    return redirecting
