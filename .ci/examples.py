#!/usr/bin/env python3
"""Runs each example server as a user would, and asks it what its README says.

One black-box test for the four: they are the same bank. Loopback only, and bounded: each
server lives for the few requests that are made to it.
"""

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request

ORIGIN = "https://app.example.com"
SHORT = 'Bearer error="insufficient_scope", scope="accessRestricted transferPrivilege"'


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(url, method="GET", **headers):
    request = urllib.request.Request(url, method=method)
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    if method == "POST":
        request.data = b""
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()


def check(what, seen, expected):
    if seen != expected:
        sys.exit(f"{what}: expected {expected!r}, seen {seen!r}")


def bank(name):
    """The bank on one framework, with the dev server embedded."""
    port = free_port()
    environment = dict(os.environ, BIND=f"127.0.0.1:{port}", ALLOW_ORIGIN=ORIGIN)
    server = subprocess.Popen(
        [f"target/debug/examples/{name}"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        tokens = []
        while len(tokens) < 3:
            line = server.stdout.readline()
            if not line:
                sys.exit(f"{name}: ended before it told its tokens")
            tokens += re.findall(r"Bearer ([^']+)'", line)
        reader, payer = tokens[0], tokens[2]
        url = f"http://127.0.0.1:{port}"
        while True:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
        served(name, url, f"Bearer {reader}", f"Bearer {payer}")
        refused_to_start(name, port)
    finally:
        server.kill()
        server.wait()
    print(f"{name}: passed")


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


def refused_to_start(name, port):
    """A bad setting is one line and the exit code 2."""
    for setting, value in [
        ("BIND", f"127.0.0.1:{port}"),
        ("BIND", "nowhere"),
        ("MFP_SERVER_URL", "http://mfp.example.com/mfp/api"),
        ("MFP_MAX_AGE", "soon"),
        ("ALLOW_ORIGIN", "*"),
    ]:
        environment = dict(os.environ, BIND="127.0.0.1:0")
        environment[setting] = value
        ended = subprocess.run(
            [f"target/debug/examples/{name}"],
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
