// Starts the console: each part has a file, and all parts follow one state.

import * as calls from "./calls.js";
import * as clock from "./clock.js";
import { byId, copy, element, show } from "./dom.js";
import * as faults from "./faults.js";
import * as issue from "./issue.js";
import { follow } from "./server.js";
import * as tokens from "./tokens.js";

function connection(state, text) {
  const target = byId("connection");
  target.dataset.state = state;
  if (target.textContent !== text) target.textContent = text;
}

function overview(state) {
  byId("server-url").textContent = location.origin + state.server.base_path;
  byId("project-url").textContent = location.origin + state.server.project_path;
  byId("version").textContent = `Version ${state.server.version}.`;
  for (const [endpoint, count] of Object.entries(state.calls)) {
    byId(`count-${endpoint}`).textContent = count.toLocaleString("en");
  }
  byId("clients").replaceChildren(...state.clients.map(({ id, allowed_scope: scope }) =>
    element("span", { class: "client" }, element("strong", {}, id), element("code", {}, scope))));
}

function onState(state, isFirst) {
  connection("live", "Live");
  show(byId("trouble"), false);
  overview(state);
  clock.update(state);
  tokens.update(state, clock.now);
  faults.update(state);
  calls.update(state, isFirst);
}

function onTrouble() {
  connection("lost", "Not connected");
  const target = byId("trouble");
  if (!target.hidden) return;
  target.textContent = "The server does not answer. It may have been stopped; trying again every second.";
  show(target, true);
}

/** Follows the system's colours, unless the user chose others. */
function themes() {
  const saved = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const save = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* private mode */ } };
  const apply = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  const choices = [...document.querySelectorAll("input[name=theme]")];
  for (const choice of choices) {
    choice.addEventListener("change", () => { apply(choice.value); save(choice.value); });
  }
  const choice = choices.find((choice) => choice.value === saved());
  if (choice) {
    choice.checked = true;
    apply(choice.value);
  }
}

themes();
for (const part of [issue, faults, clock, calls]) part.start();
for (const trigger of document.querySelectorAll("[data-copy]")) {
  trigger.addEventListener("click", () => copy(byId(trigger.dataset.copy).textContent, "URL"));
}
setInterval(() => { clock.tick(); tokens.tick(); }, 1000);
follow(onState, onTrouble);
