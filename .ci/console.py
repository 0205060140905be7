#!/usr/bin/env python3
"""Uses the development server's console in a real browser, as a developer would.

Starts the dev server, a guarded bank (the example `axum`) and a headless Chromium, all on the loopback
interface; ends each of them, and nothing else. `console.py --pictures <folder>` makes the pictures of
docs/devserver.md instead.
"""

import contextlib
import os
import shutil
import sys
import threading
import time

from console_browser import Browser
from console_checks import CHECKS
from console_world import BUILT, SECRET, World, devserver, equal, free_port, running

# All of it together, in seconds.
LONGEST = 85


def bank(port, devserver_port):
    """The guarded bank, which asks about every request."""
    environment = {
        "BIND": f"127.0.0.1:{port}",
        "MFP_SERVER_URL": f"http://127.0.0.1:{devserver_port}/mfp/api",
        "MFP_CLIENT_ID": "bank",
        "MFP_CLIENT_SECRET": SECRET,
        "MFP_MAX_AGE": "0",
    }
    return running([f"{BUILT}/examples/axum"], "listening on", **environment)


def outage(w, ended):
    """The page says so when the server ends, and goes on when another one starts."""
    ended()
    w.page.until("document.getElementById('trouble').checkVisibility()")
    equal(w.page.js("document.getElementById('connection').textContent"), "Not connected")
    with devserver(w.port):
        w.page.until("document.getElementById('connection').textContent === 'Live'")
        equal(w.page.js("document.getElementById('trouble').checkVisibility()"), False)
        w.page.until("document.getElementById('no-tokens').checkVisibility()")


def pictures(program, folder):
    """A small story, in both themes. It needs the ports that the documentation names."""
    with devserver(9080), bank(8080, 9080), Browser(program) as browser:
        w = World(browser, 9080, "http://127.0.0.1:8080")
        w.page.until("document.getElementById('connection').textContent === 'Live'")
        payer = {"scope": "accessRestricted transferPrivilege", "user": "jdoe"}
        w.ask("/balance", w.control("tokens", payer)["access_token"])
        stolen = {"scope": "accessRestricted", "user": "msmith", "device_status": "STOLEN"}
        stolen = w.control("tokens", stolen | {"lifetime": 900})
        w.ask("/profile", stolen["access_token"])
        w.control("expire", {"id": stolen["id"]})
        w.ask("/balance", stolen["access_token"])
        w.token = w.issue()
        w.ask("/balance")
        unavailable = {"endpoint": "introspection", "fault": "respond", "status": 503}
        w.control("faults", unavailable | {"headers": {"retry-after": "1"}})
        w.ask("/balance", w.control("tokens", payer)["access_token"])
        w.log_shows("503")
        w.page.js("document.querySelector('#calls > li:nth-child(2) details').open = true")
        w.page.js("document.activeElement.blur(); scrollTo(0, 0)")
        w.page.size(1440, 1060)
        w.control("faults", {"endpoint": "introspection", "fault": "hang"})
        threading.Thread(target=w.ask, daemon=True).start()
        w.log_shows("waiting…")
        for scheme in ("light", "dark"):
            w.page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
            w.page.screenshot(f"{folder}/devserver-{scheme}.png")


def main():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        sys.exit("Chromium is missing: install it, or set CHROMIUM to its path")
    if sys.argv[1:2] == ["--pictures"]:
        return pictures(program, sys.argv[2])
    start, passed, failed = time.monotonic(), 0, 0
    port, bank_port = free_port(), free_port()
    rebound = "--host-resolver-rules=MAP rebound.example 127.0.0.1"
    with contextlib.ExitStack() as server, contextlib.ExitStack() as others:
        server.enter_context(devserver(port))
        browser = others.enter_context(Browser(program, rebound))
        watchdog = threading.Timer(LONGEST, browser.process.kill)
        watchdog.daemon = True
        watchdog.start()
        w = World(browser, port, f"http://127.0.0.1:{bank_port}")
        w.page.size(1440, 1000)

        def run(check, *arguments):
            nonlocal passed, failed
            name = check.__name__.replace("_", " ")
            try:
                check(w, *arguments)
                passed += 1
                print(f"ok      {name}", flush=True)
            except Exception as error:  # Whatever it is, the next check may still tell something.
                failed += 1
                print(f"FAILED  {name}: {error}", flush=True)

        run(CHECKS[0])
        others.enter_context(bank(bank_port, port))
        for check in CHECKS[1:]:
            run(check)
        run(outage, server.close)
        watchdog.cancel()
    print(f"\n{passed} passed, {failed} failed in {time.monotonic() - start:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
