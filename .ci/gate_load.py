#!/usr/bin/env python3
"""Measures what the gate costs behind real proxies: requests a second, guarded over bare.

Not part of CI, because it means something only on an idle machine. It needs wrk (Debian's package)
and release builds of the gate and the dev server:

    cargo build --release --bin mobilefirst-gate --bin mobilefirst-devserver
    python3 .ci/gate_load.py

Both proxies pass requests on to an nginx that answers 200. Guarded and bare take turns, with the same
connections and the same requests.
"""

import pathlib
import re
import statistics
import subprocess
import tempfile

from gate_world import World, free_port, install

CONNECTIONS, SECONDS, ROUNDS = 32, 2, 5

APP = """
worker_processes 1;
events {}
http {
    access_log off;
    server {
        listen 127.0.0.1:%d;
        keepalive_requests 1000000;
        location / { return 200 ok; }
    }
}
"""


def start_nginx(world, binary, name, text, port):
    folder = world.scratch / name
    (folder / "logs").mkdir(parents=True)
    (folder / "nginx.conf").write_text(text)
    for include in ["gate.inc", "gate-question.inc", "gate-server.inc"]:
        (folder / include).write_text(world.recipe(include, {}))
    command = [binary, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr",
               "-g", f"daemon off; pid {folder}/pid; error_log stderr;"]
    world.start(name, command, port)
    return port


def nginx(world, binary, is_guarded):
    port = free_port()
    text = world.recipe("nginx.conf", {8080: port, 8090: free_port()})
    text = text.replace("http {", "http {\n    access_log off;\n    keepalive_requests 1000000;", 1)
    text = re.sub(r"(server 127.0.0.1:%d;)" % world.app.port, r"\1\n        keepalive 32;", text)
    text = text.replace("proxy_pass http://app;", "proxy_pass http://app; proxy_http_version 1.1; "
                        'proxy_set_header Connection "";')
    if not is_guarded:
        text = re.sub(r" *auth_request .*\n *include gate\.inc;\n| *include gate-server\.inc;\n", "", text)
    return start_nginx(world, binary, f"nginx-{is_guarded}", text, port)


def envoy(world, binary, is_guarded):
    port = free_port()
    text = world.recipe("envoy-grpc.yaml", {8080: port})
    if not is_guarded:
        filters = r" *- name: envoy\.filters\.http\.ext_authz\n(.*\n)*?(?= *- name: envoy\.filters\.http\.router)"
        text, count = re.subn(filters, "", text)
        assert count == 1
        text = re.sub(r" *typed_per_filter_config:\n(.*\n)*?(?= *(- match|#|http_filters))", "", text)
        assert "ext_authz" not in text
    file = world.scratch / f"envoy-{is_guarded}.yaml"
    file.write_text(text)
    command = [binary, "-c", str(file), "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
    world.start(f"envoy-{is_guarded}", command, port)
    return port


def rate(port, token):
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s",
               "-H", f"Authorization: Bearer {token}", f"http://127.0.0.1:{port}/balance"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in output, output
    return float(re.search(r"Requests/sec: *([\d.]+)", output)[1])


def main():
    binaries = install()
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        world = World(pathlib.Path(folder), "target/release")
        try:
            app = free_port()
            start_nginx(world, binaries["nginx"], "app", APP % app, app)
            world.app.port = app
            token = world.token("accessRestricted")
            for name, start in [("nginx", nginx), ("envoy", envoy)]:
                bare, guarded = (start(world, binaries[name], guard) for guard in (False, True))
                rates = [(rate(bare, token), rate(guarded, token)) for _ in range(ROUNDS)]
                without, with_gate = (statistics.median(column) for column in zip(*rates))
                print(f"{name}: {without:.0f} requests/s bare, {with_gate:.0f} with the gate, "
                      f"ratio {with_gate / without:.3f}", flush=True)
        finally:
            world.stop()


if __name__ == "__main__":
    main()
