// The authorization server's clock.

import { byId, duration, report, show } from "./dom.js";
import { call } from "./server.js";

/** How far the server's clock is ahead of this browser's, in milliseconds. */
let ahead = 0;

export const now = () => Date.now() + ahead;

async function send(path, body) {
  try {
    await call(path, body);
    report(byId("clock-error"), null);
  } catch (error) {
    report(byId("clock-error"), error);
  }
}

function move(event) {
  event.preventDefault();
  const text = byId("advance").value.trim();
  return send("clock", { advance: text === "" ? null : Number(text) });
}

export function tick() {
  const date = new Date(now());
  if (Number.isNaN(date.getTime())) return;
  byId("now").dateTime = date.toISOString();
  byId("now").textContent = date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

export function update(state) {
  const { now: serverTime, moved } = state.clock;
  ahead = serverTime - Date.now();
  const hadFocus = document.activeElement === byId("reset-clock");
  show(byId("reset-clock"), moved !== 0);
  show(byId("moved"), moved !== 0);
  byId("moved").textContent = `${moved < 0 ? "−" : "+"}${duration(moved)}`;
  if (hadFocus && moved === 0) byId("advance").focus();
  tick();
}

export function start() {
  for (const shortcut of document.querySelectorAll("[data-advance]")) {
    shortcut.addEventListener("click", () => send("clock", { advance: Number(shortcut.dataset.advance) }));
  }
  byId("clock").addEventListener("submit", move);
  byId("reset-clock").addEventListener("click", () => send("clock/reset", {}));
}
