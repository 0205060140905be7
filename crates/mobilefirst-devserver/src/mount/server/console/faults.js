// The form that sets a fault, and the faults that are set.

import { byId, button, element, reconcile, report, show } from "./dom.js";
import { call } from "./server.js";

const form = byId("fault");

const number = (id) => {
  const text = byId(id).value.trim();
  return text === "" ? null : Number(text);
};

/** The parameters of each fault. */
const PARAMETERS = {
  respond: () => {
    const retry = byId("fault-retry").value.trim();
    return {
      status: number("fault-status"),
      headers: retry ? { "retry-after": retry } : {},
      body: byId("fault-body").value,
    };
  },
  conflict: () => ({ value: byId("fault-value").value.trim() }),
  delay: () => ({ milliseconds: number("fault-delay") }),
  oversized: () => ({ bytes: number("fault-bytes") }),
  hang: () => ({}),
  reset: () => ({}),
  endless: () => ({}),
};

/** A fault in a few words. */
export function described(fault) {
  switch (fault.fault) {
    case "respond": return fault.headers.includes("mfp-conflict") ? `${fault.status} conflict`
      : fault.headers.includes("retry-after") ? `${fault.status} with Retry-After` : `${fault.status}`;
    case "delay": return `late by ${fault.milliseconds.toLocaleString("en")} ms`;
    case "hang": return "never answers";
    case "reset": return "closes the connection";
    case "endless": return "never ends";
    case "oversized": return `${fault.bytes.toLocaleString("en")} bytes`;
    default: return "chosen by the program";
  }
}

function showFields() {
  for (const field of form.querySelectorAll("[data-for]")) {
    show(field, field.dataset.for === form.fault.value);
  }
}

async function send(path, body) {
  try {
    await call(path, body);
    report(byId("fault-error"), null);
  } catch (error) {
    report(byId("fault-error"), error);
  }
}

const set = (event) => {
  event.preventDefault();
  const fault = form.fault.value;
  const body = { endpoint: form.endpoint.value, when: form.when.value, fault, ...PARAMETERS[fault]() };
  return send("faults", body);
};

function render({ endpoint, faults }) {
  const clear = button("Clear", { class: "quiet small", "data-act": "clear", "aria-label": `Clear the faults of ${endpoint}` },
    () => send("faults/clear", { endpoint }));
  const items = faults.map((fault) => element("li", {},
    element("span", { class: "tag" }, fault.when === "next" ? "next call" : "every call"), ` ${described(fault)}`));
  return element("li", { class: "fault-row" },
    element("div", { class: "what" }, element("strong", {}, endpoint), element("ol", {}, ...items)), clear);
}

export function update(state) {
  const endpoints = [...new Set(state.faults.map((fault) => fault.endpoint))];
  const groups = endpoints.map((endpoint) => ({
    endpoint, faults: state.faults.filter((fault) => fault.endpoint === endpoint),
  }));
  const isHere = byId("faults").contains(document.activeElement) || document.activeElement === byId("clear-faults");
  reconcile(byId("faults"), groups, (group) => group.endpoint, render);
  show(byId("no-faults"), groups.length === 0);
  show(byId("clear-faults"), groups.length > 0);
  if (isHere && (document.activeElement === document.body || groups.length === 0)) byId("fault-endpoint").focus();
}

export function start() {
  form.addEventListener("submit", set);
  form.fault.addEventListener("change", showFields);
  byId("clear-faults").addEventListener("click", () => send("faults/clear", {}));
  showFields();
}
