"""What the checks of the console start, and how they talk to it."""

import contextlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

BUILT = os.environ.get("CARGO_TARGET_DIR", "target") + "/debug"
SECRET = "s3cret-of-the-bank"
HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def running(arguments, ready, **environment):
    """Runs a program, and yields the first line of its output that contains `ready`."""
    process = subprocess.Popen(
        arguments, env=dict(os.environ, **environment), stdout=subprocess.PIPE, text=True
    )
    try:
        line = next((line for line in process.stdout if ready in line), None)
        if line is None:
            sys.exit(f"{arguments[0]}: ended before it was ready")
        # Nobody may have to wait for the pipe to be read.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield line
    finally:
        process.kill()
        process.wait()


def devserver(port):
    arguments = [f"{BUILT}/mobilefirst-devserver", "--port", str(port)]
    arguments += ["--client", f"bank:{SECRET}:authorization.introspect"]
    return running(arguments, "MobileFirst development server")


class World:
    def __init__(self, browser, port, bank):
        self.browser, self.port, self.bank = browser, port, bank
        self.origin = f"http://127.0.0.1:{port}"
        self.page = browser.open(self.origin + "/")
        self.token = None

    def ask(self, path="/balance", token=None):
        """Asks the bank: the status and the body."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        request = urllib.request.Request(self.bank + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def state(self):
        with urllib.request.urlopen(self.origin + "/devserver/state", timeout=10) as answer:
            return json.load(answer)

    def control(self, path, body):
        request = urllib.request.Request(
            f"{self.origin}/devserver/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def tab_to(self, selector):
        """Presses Tab until the element has the focus."""
        is_there = f"document.activeElement.matches({json.dumps(selector)})"
        for _ in range(100):
            if self.page.js(is_there):
                return
            self.page.key("Tab")
        raise AssertionError(f"Tab never reaches {selector}")

    def issue(self):
        """Issues the token that the form describes, and returns it."""
        shown = "document.getElementById('issued-token').textContent"
        before = self.page.js(shown)
        self.page.press("#issue button[type=submit]")
        self.page.until(f"{shown} !== {json.dumps(before)}")
        return self.page.js(shown)

    def log_shows(self, *words):
        """Waits until the newest call in the live log contains these words."""
        first = "document.querySelector('#calls > li')"
        self.page.until(f"{json.dumps(words)}.every((word) => {first}.textContent.includes(word))")


def equal(seen, expected):
    if seen != expected:
        raise AssertionError(f"expected {expected!r}, seen {seen!r}")


def script(name):
    """A function of console_page.js, called in the page."""
    with open(f"{HERE}/console_page.js") as file:
        return f"(() => {{ {file.read()}\nreturn {name}(); }})()".replace("return attack()", "return attack(TARGET)")


@contextlib.contextmanager
def other_site():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
