#!/usr/bin/env python3
"""Runs each example server as a user would, and checks that it answers as the README says.

One black-box test covers all four, because they are the same bank. It uses only the loopback
interface, and stops each server after a few requests.
"""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

BUILT = os.environ.get("CARGO_TARGET_DIR", "target") + "/debug/examples"
ORIGIN = "https://app.example.com"
SHORT = 'Bearer error="insufficient_scope", scope="accessRestricted transferPrivilege"'


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(url, method="GET", form="", **headers):
    request = urllib.request.Request(url, method=method)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    if method == "POST":
        request.data = form.encode()
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()


def check(what, seen, expected):
    if seen != expected:
        sys.exit(f"{what}: expected {expected!r}, seen {seen!r}")


def bank(name):
    """Checks the bank on one framework, with the dev server embedded."""
    port = free_port()
    admin = free_port()
    environment = dict(os.environ, BIND=f"127.0.0.1:{port}", ALLOW_ORIGIN=ORIGIN)
    environment["ADMIN_BIND"] = f"127.0.0.1:{admin}"
    server = subprocess.Popen(
        [f"{BUILT}/{name}"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        tokens = []
        while len(tokens) < 3:
            line = server.stdout.readline()
            if not line:
                sys.exit(f"{name}: ended before it printed its tokens")
            tokens += re.findall(r"Bearer ([^']+)'", line)
        reader, payer = tokens[0], tokens[2]
        url = f"http://127.0.0.1:{port}"
        wait_for(port, server)
        served(name, url, f"Bearer {reader}", f"Bearer {payer}")
        invalidated(name, f"http://127.0.0.1:{admin}", url)
        refused_to_start(name, port)
    finally:
        server.kill()
        server.wait()


def wait_for(port, server):
    while server.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                break


def served(name, url, reader, payer):
    exposed = {"www-authenticate", "mfp-conflict"}
    for path, method, token, status, challenge, body in [
        ("/public", "GET", None, 200, None, "public"),
        ("/balance", "GET", None, 401, "Bearer", None),
        ("/balance", "GET", "Bearer unknown", 401, 'Bearer error="invalid_token"', None),
        ("/balance", "GET", reader, 200, None, "17364.9"),
        ("/transfer", "POST", reader, 403, SHORT, None),
        ("/transfer", "POST", payer, 200, None, "ok"),
        ("/profile", "GET", None, 401, "Bearer", None),
    ]:
        headers = {"Origin": ORIGIN}
        if token:
            headers["Authorization"] = token
        what = f"{name}: {method} {path}"
        seen, fields, text = ask(url + path, method, **headers)
        check(f"{what}: status", seen, status)
        check(f"{what}: challenge", fields["WWW-Authenticate"], challenge)
        check(f"{what}: origin", fields["Access-Control-Allow-Origin"], ORIGIN)
        shown = fields["Access-Control-Expose-Headers"] or ""
        check(f"{what}: exposed", {n.strip().lower() for n in shown.split(",")}, exposed)
        if body is not None:
            check(f"{what}: body", text, body)
    status, _, text = ask(url + "/profile", Authorization=reader)
    check(f"{name}: profile", (status, '"username":"jdoe"' in text), (200, True))
    status, fields, _ = ask(
        url + "/transfer",
        "OPTIONS",
        Origin=ORIGIN,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization",
    )
    allowed = (fields["Access-Control-Allow-Headers"] or "").lower()
    check(f"{name}: preflight", (status // 100, "authorization" in allowed), (2, True))
    health(name, url, 200, server="passed", credentials="passed", introspection="passed")


def invalidated(name, admin, url):
    """The second listener takes exactly one subject; the public one has no such route."""
    for form, expected in [
        ("user=jdoe", 204),
        ("token=unknown", 204),
        ("user=jdoe&device=d", 400),
        ("user=", 400),
        ("", 400),
    ]:
        status, _, _ = ask(admin + "/invalidate", "POST", form)
        check(f"{name}: invalidate {form!r}", status, expected)
    status, _, _ = ask(url + "/invalidate", "POST", "user=jdoe")
    check(f"{name}: invalidate in public", status, 404)


def health(name, url, expected, **words):
    status, _, text = ask(url + "/healthz")
    check(f"{name}: health", (status, json.loads(text)), (expected, words))


def without_authorization_server(name):
    """Without an authorization server, the bank serves public routes and says what is wrong."""
    port, secret = free_port(), "s3cret-of-the-bank"
    environment = dict(
        os.environ,
        BIND=f"127.0.0.1:{port}",
        MFP_SERVER_URL=f"http://127.0.0.1:{free_port()}/mfp/api",
        MFP_CLIENT_ID="bank",
        MFP_CLIENT_SECRET=secret,
    )
    server = subprocess.Popen(
        [f"{BUILT}/{name}"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # It warns without being asked: no request has been sent yet.
    watchdog = threading.Timer(20, server.kill)
    watchdog.start()
    try:
        warning = next((line for line in server.stdout if "check that the server is running" in line), "")
        check(f"{name}: a warning", ("WARN" in warning, secret in warning), (True, False))
        wait_for(port, server)
        url = f"http://127.0.0.1:{port}"
        status, _, text = ask(url + "/public")
        check(f"{name}: public without a server", (status, text), (200, "public"))
        unknown = {"credentials": "unknown", "introspection": "unknown"}
        health(name, url, 503, server="failed", **unknown)
        check(f"{name}: still there", server.poll(), None)
    finally:
        watchdog.cancel()
        server.kill()
        server.wait()


def log_of_a_refusal(name, rust_log):
    """What the bank prints about one request without a token."""
    port = free_port()
    environment = dict(os.environ, BIND=f"127.0.0.1:{port}")
    environment.pop("RUST_LOG", None)
    if rust_log is not None:
        environment["RUST_LOG"] = rust_log
    server = subprocess.Popen(
        [f"{BUILT}/{name}"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        wait_for(port, server)
        status, _, _ = ask(f"http://127.0.0.1:{port}/balance")
        check(f"{name}: RUST_LOG={rust_log}", status, 401)
    finally:
        server.kill()
    # A line is written before the response is sent.
    return server.communicate(timeout=20)[0]


def logs_as_asked(name):
    """`RUST_LOG` sets what is logged; an unusable one does not silence the server."""
    reason = "refused: the request has no bearer token"
    for rust_log, expected in [
        ("mobilefirst=debug", True),
        ("mobilefirst=debug,nonsense=loud", True),
        ("warn", False),
        (None, False),
    ]:
        text = log_of_a_refusal(name, rust_log)
        seen = any("DEBUG" in line and reason in line for line in text.splitlines())
        check(f"{name}: the reason is logged with RUST_LOG={rust_log}", seen, expected)


def refused_to_start(name, port):
    """A bad setting ends the program with one line and exit code 2."""
    for setting, value in [
        ("BIND", f"127.0.0.1:{port}"),
        ("BIND", "nowhere"),
        ("MFP_SERVER_URL", "http://mfp.example.com/mfp/api"),
        ("MFP_MAX_AGE", "soon"),
        ("ALLOW_ORIGIN", "*"),
        ("ADMIN_BIND", f"127.0.0.1:{port}"),
        ("MFP_STORE_URL", "redis://127.0.0.1"),
        ("MFP_STORE_KEY", "c2hvcnQ="),
    ]:
        environment = dict(os.environ, BIND="127.0.0.1:0")
        environment[setting] = value
        ended = subprocess.run(
            [f"{BUILT}/{name}"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=20,
        )
        what = f"{name}: {setting}={value}"
        check(f"{what}: exit code", ended.returncode, 2)
        errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
        check(f"{what}: one line", (len(errors), setting in errors[0]), (1, True))


if __name__ == "__main__":
    for framework in sys.argv[1:]:
        bank(framework)
        without_authorization_server(framework)
        logs_as_asked(framework)
        print(f"{framework}: passed")
