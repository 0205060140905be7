"""Drives a headless Chromium over the DevTools protocol, with Python's standard library alone.

Browser and test talk through two pipes, which need neither a port nor a WebSocket.
"""

import base64
import fcntl
import json
import os
import queue
import subprocess
import tempfile
import threading

# For the answer to one command, or for one condition in the page.
PATIENCE = 12


class Browser:
    """A Chromium with a profile of its own, which ends with the block that opened it."""

    def __init__(self, program, *options):
        self.profile = tempfile.TemporaryDirectory(prefix="console-test-", ignore_cleanup_errors=True)
        theirs_in, self.commands = os.pipe()
        self.answers, theirs_out = os.pipe()
        # Out of the way of 3 and 4, which the browser reads and writes.
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (theirs_in, theirs_out)]
        arguments = [
            program,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--hide-scrollbars",
            f"--user-data-dir={self.profile.name}",
            "--remote-debugging-pipe",
            *options,
            "about:blank",
        ]
        redirect = f'exec "$@" 3<&{theirs[0]} 4>&{theirs[1]}'
        self.process = subprocess.Popen(
            ["bash", "-c", redirect, "browser", *arguments],
            pass_fds=theirs,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for fd in (theirs_in, theirs_out, *theirs):
            os.close(fd)
        self.count = 0
        self.inbox = queue.Queue()
        self.events = []
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close")
            self.process.wait(timeout=PATIENCE)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.profile.cleanup()

    def _read(self):
        rest = b""
        while block := os.read(self.answers, 1 << 16):
            *messages, rest = (rest + block).split(b"\0")
            for message in messages:
                self.inbox.put(json.loads(message))
        self.inbox.put(None)

    def send(self, method, session=None, **params):
        self.count += 1
        command = {"id": self.count, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data) :]
        while True:
            try:
                message = self.inbox.get(timeout=PATIENCE)
            except queue.Empty:
                raise TimeoutError(f"{method}: no answer") from None
            if message is None:
                raise OSError(f"{method}: the browser ended")
            if "method" in message:
                self.events.append(message)
            elif message["id"] != self.count:
                continue  # The late answer to a command that was given up.
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']['message']}")
            else:
                return message["result"]

    def open(self, url="about:blank"):
        try:
            page = Page(self)
        except TimeoutError:
            # On a busy machine, a new tab now and then never answers its first command.
            page = Page(self)
        page.go(url)
        return page


class Page:
    """One tab."""

    def __init__(self, browser):
        self.browser = browser
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.send("Target.attachToTarget", targetId=target, flatten=True)
        self.target, self.session = target, attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        # A tab in the background gets neither focus nor animation frames.
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)

    def send(self, method, **params):
        return self.browser.send(method, self.session, **params)

    def close(self):
        self.browser.send("Target.closeTarget", targetId=self.target)

    def go(self, url):
        self.send("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def js(self, expression):
        """The value of an expression in the page, awaited if it is a promise."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def until(self, condition, patience=PATIENCE - 2):
        """Waits until the condition holds in the page."""
        held = self.js(
            f"""new Promise((done) => {{
                const end = performance.now() + {patience * 1000};
                const look = () => {{
                    let holds = false;
                    try {{ holds = Boolean({condition}); }} catch {{ /* not there yet */ }}
                    if (holds || performance.now() > end) done(holds);
                    else setTimeout(look, 20);
                }};
                look();
            }})"""
        )
        if not held:
            raise TimeoutError(f"this never became true: {condition}")

    def key(self, name, modifiers=0):
        code, text = {
            "Tab": (9, ""),
            "Enter": (13, "\r"),
            " ": (32, " "),
            "ArrowRight": (39, ""),
            "ArrowLeft": (37, ""),
            "ArrowDown": (40, ""),
        }[name]
        common = {
            "key": name,
            "code": "Space" if name == " " else name,
            "windowsVirtualKeyCode": code,
            "modifiers": modifiers,
        }
        kind = "keyDown" if text else "rawKeyDown"
        self.send("Input.dispatchKeyEvent", type=kind, text=text, **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def focus(self, selector):
        self.js(f"document.querySelector({json.dumps(selector)}).focus()")

    def type(self, selector, text):
        """Replaces the text of a field, as a user who selects and overwrites it."""
        self.focus(selector)
        self.js(f"document.querySelector({json.dumps(selector)}).select()")
        self.send("Input.insertText", text=text)

    def press(self, selector, key="Enter"):
        self.focus(selector)
        self.key(key)

    def media(self, **features):
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.send("Emulation.setEmulatedMedia", features=listed)

    def size(self, width, height, scale=1):
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def screenshot(self, path, whole=False):
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["data"]))

    def seen(self, method):
        """The parameters of each event of this kind so far."""
        self.js("1")
        events = self.browser.events
        return [e["params"] for e in events if e.get("sessionId") == self.session and e["method"] == method]

    def errors(self):
        """What the page's console shows of errors and warnings, with exceptions."""
        found = [e["entry"]["text"] for e in self.seen("Log.entryAdded") if e["entry"]["level"] in ("error", "warning")]
        found += [str(e["args"]) for e in self.seen("Runtime.consoleAPICalled") if e["type"] in ("error", "warning", "assert")]
        found += [e["exceptionDetails"]["text"] for e in self.seen("Runtime.exceptionThrown")]
        return found
