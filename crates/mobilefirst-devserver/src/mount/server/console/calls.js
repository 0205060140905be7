// The live log: what resource servers ask, and what they are answered.

import { byId, element, reconcile, show, timeOfDay } from "./dom.js";
import { described } from "./faults.js";

/** As many as the server keeps. */
const CAPACITY = 200;

let calls = new Map();
let clearedUpTo = 0;
let lastNews = 0;
const opened = new Set();
const pause = byId("pause");
const isPaused = () => pause.getAttribute("aria-pressed") === "true";

/** The question in one line. */
function question(call) {
  const who = call.client ? element("strong", {}, call.client) : "Somebody";
  const token = call.token ? element("code", {}, call.token) : null;
  const whose = call.token_username ? ` of ${call.token_username}` : "";
  switch (call.endpoint) {
    case "token": return [who, " wants a token", call.scope ? ` for ${call.scope}` : ""];
    case "introspection": return token ? [who, " asks about ", token, whose] : [who, " asks about no token"];
    case "validation": return token
      ? ["Is ", token, whose, call.scope ? ` good for ${call.scope}?` : " good?"]
      : ["Is no token good?"];
    default: return ["Nothing is at ", element("code", {}, call.path)];
  }
}

/** The answer in a few words, with its colour. */
function verdict(call) {
  const { answer } = call;
  switch (call.outcome) {
    case "pending": return ["waiting…", "info"];
    case "reset": return ["connection closed", "bad"];
    case "abandoned": return ["caller gave up", "bad"];
  }
  if (answer.active === true) return [`${answer.status} active`, "good"];
  if (answer.active === false) return [`${answer.status} ${answer.status === 200 ? "inactive" : "refused"}`, "warn"];
  if (answer.status < 300) return [answer.access_token ? `${answer.status} issued` : `${answer.status}`, "good"];
  return [`${answer.status}${answer.error ? ` ${answer.error}` : ""}`, "bad"];
}

function details(call) {
  const answer = call.answer ?? {};
  const rows = [
    ["Request", `${call.method} ${call.path}`],
    ["Confidential client", call.client],
    ["Scope asked for", call.scope],
    ["Token", call.token],
    ["Token’s user", call.token_username],
    ["Fault", call.fault && described(call.fault)],
    ["Status", answer.status],
    ["Challenge", answer.challenge],
    ["Retry-After", answer.retry_after],
    ["MFP-Conflict", answer.conflict],
    ["Scope", answer.scope],
    ["User", answer.username],
    ["Device status", answer.device_status],
    ["Token issued", answer.access_token],
    ["Expires in", answer.expires_in && `${answer.expires_in} s`],
    ["Error", answer.error],
    ["Reason", answer.error_description],
    ["Took", call.took === null ? null : `${call.took} ms`],
  ];
  const known = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element("dl", {}, ...known.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))));
}

function render(call) {
  const [words, kind] = verdict(call);
  const summary = element("summary", { "data-act": "open" },
    element("time", { datetime: new Date(call.at).toISOString() }, timeOfDay(call.at)),
    element("span", { class: `tag endpoint ${call.endpoint ?? "none"}` }, call.endpoint ?? "unknown"),
    element("span", { class: "question" }, ...question(call)),
    element("span", { class: "verdict" },
      call.fault ? element("span", { class: "tag fault" }, "fault") : null,
      element("span", { class: `tag ${kind}` }, words)));
  const body = element("details", { open: opened.has(call.id) }, summary, details(call));
  body.addEventListener("toggle", () => { body.open ? opened.add(call.id) : opened.delete(call.id); });
  return element("li", { class: `call ${kind}` }, body);
}

function matches(call) {
  const filter = byId("filter").value;
  return filter === "" || filter === (call.endpoint ?? "none");
}

function draw() {
  const kept = [...calls.values()].filter((call) => call.id > clearedUpTo);
  const shown = kept.filter(matches).sort((a, b) => b.id - a.id);
  reconcile(byId("calls"), shown, (call) => call.id, render);
  show(byId("no-calls"), kept.length === 0);
  show(byId("no-match"), kept.length > 0 && shown.length === 0);
}

/** Tells a screen reader about the latest answer, without reading each of many. */
function tell(call) {
  if (!call || Date.now() - lastNews < 3000) return;
  lastNews = Date.now();
  byId("calls-news").textContent = `${call.endpoint ?? "unknown path"}: ${verdict(call)[0]}`;
}

export function update(state, isFirst) {
  if (isFirst) {
    calls = new Map();
    const newest = state.log.at(-1)?.id ?? 0;
    // Another server counts from one again.
    if (newest < clearedUpTo) clearedUpTo = 0;
  }
  for (const call of state.log) calls.set(call.id, call);
  const ids = [...calls.keys()].sort((a, b) => a - b);
  for (const id of ids.slice(0, Math.max(0, ids.length - CAPACITY))) {
    calls.delete(id);
    opened.delete(id);
  }
  if (isPaused()) return;
  draw();
  if (!isFirst) tell(state.log.at(-1));
}

export function start() {
  pause.addEventListener("click", () => {
    const paused = !isPaused();
    pause.setAttribute("aria-pressed", String(paused));
    if (!paused) draw();
  });
  byId("filter").addEventListener("change", draw);
  byId("clear-calls").addEventListener("click", () => {
    clearedUpTo = Math.max(0, ...calls.keys());
    draw();
  });
}
