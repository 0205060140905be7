"""The checks of the console, each named by the fact that it shows. They run in the order of `CHECKS`, and
each may rely on what the ones before it left."""

import contextlib
import json
import shlex
import threading
import urllib.error
import urllib.request

from console_world import SECRET, equal, other_site, script


def it_starts_with_empty_states(w):
    w.page.until("document.getElementById('connection').textContent === 'Live'")
    for id in ("no-calls", "no-tokens", "no-faults"):
        equal(w.page.js(f"document.getElementById('{id}').checkVisibility()"), True)
    equal(w.page.js("document.getElementById('server-url').textContent"), w.origin + "/mfp/api")
    equal(w.page.js("document.getElementById('clients').textContent.includes('bank')"), True)


def a_token_is_issued_with_the_keyboard_alone(w):
    page = w.page
    w.tab_to("#scope")
    w.tab_to("#scopes button:nth-of-type(3)")
    page.key(" ")
    equal(page.js("document.getElementById('scope').value"), "accessRestricted transferPrivilege")
    page.key("Enter")
    equal(page.js("document.getElementById('scope').value"), "accessRestricted")
    w.tab_to("input[name=device_status]")
    # Round to the last one: an expired device is not blocked.
    page.key("ArrowLeft")
    w.tab_to("#issue summary")
    page.key("Enter")
    w.tab_to("#device")
    page.send("Input.insertText", text="phone-7")
    w.tab_to("#add-attribute")
    page.key(" ")
    page.send("Input.insertText", text="branch")
    page.key("Tab")
    page.send("Input.insertText", text="Bern")
    w.tab_to("#issue button[type=submit]")
    page.key("Enter")
    page.until("document.activeElement.id === 'issued-heading'")
    w.token = page.js("document.getElementById('issued-token').textContent")
    equal(len(w.token), 64)


def the_bank_accepts_it_and_the_live_log_shows_the_call(w):
    status, body = w.ask("/profile")
    equal(status, 200)
    profile = json.loads(body)
    equal((profile["username"], profile["scope"]), ("jdoe", "accessRestricted"))
    equal((profile["device"]["id"], profile["device"]["status"]), ("phone-7", "EXPIRED"))
    equal(profile["user"]["attributes"], {"branch": "Bern"})
    w.log_shows("introspection", "bank", w.token[:8], "jdoe", "200 active")
    w.page.until("document.getElementById('count-introspection').textContent !== '0'")
    w.page.until(f"document.getElementById('tokens').textContent.includes('{w.token[:8]}')")
    # The answer, when the row is opened.
    w.page.press("#calls summary")
    w.page.until("document.querySelector('#calls details').open")
    equal(w.page.js("document.querySelector('#calls dl').textContent.includes('EXPIRED')"), True)
    w.page.key("Enter")
    w.page.until("!document.querySelector('#calls details').open")


def token_and_command_can_be_copied(w):
    page = w.page
    for permission in ("clipboard-read", "clipboard-write"):
        w.browser.send(
            "Browser.setPermission",
            origin=w.origin,
            permission={"name": permission},
            setting="granted",
        )
    page.press("#copy-token")
    page.until("document.getElementById('toast').textContent === 'Token copied'")
    equal(page.js("navigator.clipboard.readText()"), w.token)
    target = f"{w.bank}/balance?who=o'hara"
    page.type("#target", target)
    page.press("#copy-curl", " ")
    page.until("document.getElementById('toast').textContent === 'Command copied'")
    command = page.js("navigator.clipboard.readText()")
    equal(shlex.split(command), ["curl", "-i", "-H", f"Authorization: Bearer {w.token}", target])
    page.press("#issued-version")
    page.js(
        "{ const version = document.getElementById('issued-version'); version.value = '7';"
        " version.dispatchEvent(new Event('change')); }"
    )
    equal(len(page.js("document.getElementById('issued-token').textContent").split(" ")), 2)
    page.js(
        "{ const version = document.getElementById('issued-version'); version.value = '8';"
        " version.dispatchEvent(new Event('change')); }"
    )


def a_revoked_token_is_refused_and_the_live_log_shows_it(w):
    equal(w.ask()[0], 200)
    row = f"[aria-label='Revoke token {w.token[:8]}…']"
    w.page.press(row)
    w.page.until(f"!document.querySelector({json.dumps(row)})")
    equal(w.page.js("document.activeElement !== document.body"), True)
    equal(w.ask()[0], 401)
    w.log_shows("introspection", w.token[:8], "200 inactive")


def an_expired_token_is_refused(w):
    w.token = w.issue()
    equal(w.ask()[0], 200)
    row = f"[aria-label='Expire token {w.token[:8]}…']"
    w.page.until(f"document.querySelector({json.dumps(row)})")
    w.page.press(row, " ")
    w.page.until(f"!document.querySelector({json.dumps(row)})")
    equal(w.ask()[0], 401)
    w.token = w.issue()
    equal(w.ask()[0], 200)


def a_blocked_device_is_refused_though_its_token_is_active(w):
    blocked = {"scope": "accessRestricted", "user": "msmith", "device_status": "LOST"}
    token = w.control("tokens", blocked)["access_token"]
    equal(w.ask(token=token)[0], 403)
    w.log_shows("introspection", token[:8], "200 active")


def each_fault_can_be_set_and_cleared(w):
    page = w.page
    kinds = page.js("[...document.getElementById('fault-kind').options].map((o) => o.value)")
    # A conflict is a response with a certain header field.
    expected = [{"conflict": "respond"}.get(kind, kind) for kind in kinds]
    page.focus("#fault-kind")
    for count, _ in enumerate(kinds, 1):
        page.press("#fault button[type=submit]", " ")
        page.until(f"document.querySelectorAll('#faults ol > li').length === {count}")
        page.focus("#fault-kind")
        page.key("ArrowDown")
    equal([fault["fault"] for fault in w.state()["faults"]], expected)
    page.press("#faults [data-act=clear]")
    page.until("document.getElementById('no-faults').checkVisibility()")
    page.js(
        "{ const kind = document.getElementById('fault-kind'); kind.value = 'conflict';"
        " kind.dispatchEvent(new Event('change')); }"
    )
    page.press("#fault button[type=submit]")
    page.until("document.querySelector('#faults li')")
    equal(w.ask()[0], 409)
    w.log_shows("fault", "409")
    page.until("!document.querySelector('#faults li')")


def a_call_is_shown_while_it_waits(w):
    w.control("faults", {"endpoint": "introspection", "fault": "delay", "milliseconds": 500})
    asking = threading.Thread(target=w.ask)
    asking.start()
    w.log_shows("fault", "waiting…")
    asking.join()
    w.log_shows("fault", "200 active")


def the_clock_is_moved_and_reset(w):
    page = w.page
    page.press("[data-advance='3600']", " ")
    page.until("document.getElementById('moved').textContent === '+1 h'")
    equal(w.ask()[0], 401)
    page.type("#advance", "-1800")
    page.key("Enter")
    page.until("document.getElementById('moved').textContent === '+30 min'")
    page.press("#reset-clock")
    page.until("!document.getElementById('moved').checkVisibility()")
    equal(w.ask()[0], 200)


def the_log_can_be_paused_filtered_and_cleared(w):
    page = w.page
    rows = "document.querySelectorAll('#calls > li').length"
    before = len(w.state()["log"])
    page.until(f"{rows} === {before}")
    page.press("#pause", " ")
    calls = w.state()["calls"]["introspection"]
    w.ask()
    page.until(f"document.getElementById('count-introspection').textContent === '{calls + 1}'")
    equal(page.js(rows), before)
    page.press("#pause")
    page.until(f"{rows} === {before + 1}")
    page.js(
        "{ const filter = document.getElementById('filter'); filter.value = 'validation';"
        " filter.dispatchEvent(new Event('change')); }"
    )
    equal(page.js("document.getElementById('no-match').checkVisibility()"), True)
    page.js(
        "{ const filter = document.getElementById('filter'); filter.value = '';"
        " filter.dispatchEvent(new Event('change')); }"
    )
    page.press("#clear-calls")
    page.until("document.getElementById('no-calls').checkVisibility()")


def a_mistake_is_explained_where_it_was_made(w):
    page = w.page
    page.type("#lifetime", "-1")
    page.press("#issue button[type=submit]")
    page.until("document.getElementById('issue-error').textContent.includes('whole number')")
    equal(page.js("document.activeElement.id"), "lifetime")
    page.type("#lifetime", "1")
    w.issue()
    equal(page.js("document.getElementById('issue-error').hidden"), True)
    page.type("#advance", "99999999999")
    page.key("Enter")
    page.until("document.getElementById('clock-error').textContent.includes('seconds')")
    page.type("#advance", "0")
    page.key("Enter")
    page.until("document.getElementById('clock-error').hidden")


def every_kind_of_row_appears(w):
    """Brings about every kind of row, so that what follows sees all there is."""
    w.token = w.control("tokens", {"scope": "accessRestricted", "user": "jdoe"})["access_token"]
    stolen = {"scope": "accessRestricted", "user": "msmith", "device_status": "STOLEN"}
    w.control("expire", {"id": w.control("tokens", stolen)["id"]})
    w.control("tokens", stolen)
    w.control("faults", {"endpoint": "token", "fault": "respond", "status": 500, "when": "always"})
    w.control("faults", {"endpoint": "introspection", "fault": "conflict"})
    w.ask()
    w.ask()
    w.ask(token="unknown-token")
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(w.origin + "/wrong/api/az/v1/token", b"", timeout=10)
    w.control("clock", {"advance": 5400})
    w.control("clock", {"advance": -3600})
    newest = w.issue()
    w.page.until(f"document.getElementById('tokens').textContent.includes('{newest[:8]}')")
    for text in ("#calls .tag.bad", "#calls .tag.good", "#calls .tag.warn", "#tokens .over", "#faults li"):
        w.page.until(f"document.querySelector({json.dumps(text)})")
    w.page.js("document.querySelector('#calls details').open = true")
    w.page.js("document.querySelector('#issue details').open = true")


def the_tab_key_reaches_every_control_in_order(w):
    expected = w.page.js(script("focusable"))
    seen = []
    w.page.js("document.querySelector('[data-probe=\"0\"]').focus()")
    for _ in expected:
        seen.append(w.page.js(script("focused")))
        w.page.key("Tab")
    equal([name for name, _ in seen], expected)
    faint = [name for name, width in seen if width < 2]
    equal(faint, [])


def only_native_controls_react_to_clicks(w):
    document = w.page.send("Runtime.evaluate", expression="document")["result"]["objectId"]
    listeners = w.page.send("DOMDebugger.getEventListeners", objectId=document, depth=-1)["listeners"]
    clicks = [l["backendNodeId"] for l in listeners if l["type"] in ("click", "mousedown", "pointerdown")]
    names = {w.page.send("DOM.describeNode", backendNodeId=node)["node"]["nodeName"] for node in clicks}
    equal(names, {"BUTTON"})


def every_control_has_a_name(w):
    w.page.send("Accessibility.enable")
    nodes = w.page.send("Accessibility.getFullAXTree")["nodes"]
    controls = {"button", "textbox", "combobox", "spinbutton", "radio", "link", "DisclosureTriangle"}
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in controls
    ]
    equal([role for role, name in named if not name.strip()], [])
    equal(len(named) > 40, True)
    # A placeholder is a name for the browser, but gone as soon as the user types.
    unlabelled = w.page.js(
        "[...document.querySelectorAll('input, select, textarea')].filter((field) =>"
        " !field.labels.length && !field.ariaLabel).map((field) => field.id)"
    )
    equal(unlabelled, [])


def text_has_contrast_in_both_themes(w):
    for system, choice in (("light", "auto"), ("dark", "auto"), ("light", "dark"), ("dark", "light")):
        # Without transitions, each colour is there at once.
        w.page.media(prefers_color_scheme=system, prefers_reduced_motion="reduce")
        w.page.js(f"document.querySelector('input[name=theme][value={choice}]').click()")
        is_dark = (system if choice == "auto" else choice) == "dark"
        equal(w.page.js("getComputedStyle(document.documentElement).colorScheme === 'dark'"), is_dark)
        seen = w.page.js(script("contrast"))
        equal(seen["faults"], [])
        equal(seen["texts"] > 100 and seen["edges"] > 20, True)
    w.page.js("document.querySelector('input[name=theme][value=auto]').click()")
    w.page.media(prefers_color_scheme="light")


def the_page_fits_narrow_windows(w):
    for width in (1024, 400, 320):
        w.page.size(width, 800)
        equal((width, w.page.js("document.documentElement.scrollWidth")), (width, width))
        cut = w.page.js(
            "[...document.querySelectorAll('button, .tag, h2:not(.hidden), label span')].filter((e) =>"
            " e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && e.clientWidth).map((e) => e.textContent)"
        )
        equal(cut, [])
    w.page.size(1440, 1000)


def nothing_moves_if_motion_is_unwelcome(w):
    w.page.media(prefers_reduced_motion="reduce")
    equal(w.page.js("document.getAnimations().length"), 0)
    w.page.media(prefers_color_scheme="light")


def log_and_list_show_no_whole_token_and_no_secret(w):
    shown = w.page.js("document.getElementById('calls').textContent + document.getElementById('tokens').innerHTML")
    state = json.dumps(w.state())
    for text in (shown, state):
        equal(w.token[:8] in text, True)
        for secret in (w.token, SECRET):
            equal(secret in text, False)


def pages_of_other_origins_cannot_drive_it(w):
    page = w.browser.open()
    known = ("tokens", "clock", "faults")
    before = {name: w.state()[name] for name in known}
    with other_site() as port:
        page.go(f"http://127.0.0.1:{port}/")
        attempts = page.js(script("attack").replace("TARGET", json.dumps(w.origin)))
        # What may be sent without asking is sent, and refused; its answer cannot be read.
        expected = {"read": "blocked", "json": "blocked", "text": "opaque", "form": "opaque"}
        equal(attempts, expected | {"clock": "opaque", "beacon": "queued"})
        frames = page.send("Page.getFrameTree")["frameTree"]["childFrames"]
        equal([frame["frame"].get("unreachableUrl") for frame in frames], [w.origin + "/"])
        # The same page by a name that now points to the dev server.
        page.go(f"http://rebound.example:{w.port}/")
        equal("Host header" in page.js("document.body.textContent"), True)
        rebound = page.js("fetch('/devserver/state').then((answer) => answer.status)")
        equal(rebound, 403)
    after = {name: w.state()[name] for name in known}
    for each in (before, after):
        each["clock"] = each["clock"]["moved"]
    equal(after, before)
    page.close()


def nothing_is_fetched_from_elsewhere(w):
    urls = [event["request"]["url"] for event in w.page.seen("Network.requestWillBeSent")]
    equal([url for url in urls if not url.startswith(w.origin + "/")], [])
    equal(len(urls) > 12, True)


def the_browser_reports_no_error(w):
    equal(w.page.errors(), [])


CHECKS = [
    it_starts_with_empty_states,
    a_token_is_issued_with_the_keyboard_alone,
    the_bank_accepts_it_and_the_live_log_shows_the_call,
    token_and_command_can_be_copied,
    a_revoked_token_is_refused_and_the_live_log_shows_it,
    an_expired_token_is_refused,
    a_blocked_device_is_refused_though_its_token_is_active,
    each_fault_can_be_set_and_cleared,
    a_call_is_shown_while_it_waits,
    the_clock_is_moved_and_reset,
    the_log_can_be_paused_filtered_and_cleared,
    every_kind_of_row_appears,
    the_tab_key_reaches_every_control_in_order,
    only_native_controls_react_to_clicks,
    every_control_has_a_name,
    text_has_contrast_in_both_themes,
    the_page_fits_narrow_windows,
    nothing_moves_if_motion_is_unwelcome,
    log_and_list_show_no_whole_token_and_no_secret,
    pages_of_other_origins_cannot_drive_it,
    nothing_is_fetched_from_elsewhere,
    # Its answer with status 400 is an error for the browser too, so it comes after this one.
    the_browser_reports_no_error,
    a_mistake_is_explained_where_it_was_made,
]
