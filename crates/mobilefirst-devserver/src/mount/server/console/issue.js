// The form that issues a token, and the token that was issued last.

import { byId, button, copy, element, report, show } from "./dom.js";
import { call } from "./server.js";

const SCOPES = ["RegisteredClient", "accessRestricted", "transferPrivilege", "push.mobileclient"];
const TEXTS = ["scope", "user", "device", "application", "client_id"];

const form = byId("issue");
let issued = null;

const elements = () => form.scope.value.split(/\s+/).filter(Boolean);

function toggle(scope) {
  const chosen = elements();
  const rest = chosen.filter((element) => element !== scope);
  form.scope.value = (rest.length === chosen.length ? [...chosen, scope] : rest).join(" ");
  markScopes();
}

function markScopes() {
  const chosen = elements();
  for (const chip of byId("scopes").children) {
    chip.setAttribute("aria-pressed", String(chosen.includes(chip.textContent)));
  }
}

function addAttribute() {
  const row = element("div", { class: "row" },
    element("input", { "aria-label": "Name of the attribute", placeholder: "name", spellcheck: "false" }),
    element("input", { "aria-label": "Value of the attribute", placeholder: "value", spellcheck: "false" }),
    button("Remove", { class: "quiet small", "aria-label": "Remove the attribute" }, () => {
      row.remove();
      byId("add-attribute").focus();
    }));
  byId("attributes").append(row);
  row.querySelector("input").focus();
}

function request() {
  const body = { device_status: form.device_status.value };
  for (const name of TEXTS) body[name] = form[name].value.trim();
  const lifetime = form.lifetime.value.trim();
  if (!/^\d+$/.test(lifetime)) {
    form.lifetime.setAttribute("aria-invalid", "true");
    form.lifetime.focus();
    throw new Error("The lifetime must be a whole number.");
  }
  body.lifetime = Number(lifetime) * Number(form.unit.value);
  const attributes = {};
  for (const row of byId("attributes").children) {
    const [name, value] = [...row.querySelectorAll("input")].map((input) => input.value);
    if (name.trim()) attributes[name.trim()] = value;
  }
  if (Object.keys(attributes).length) body.attributes = attributes;
  return body;
}

async function issue(event) {
  event.preventDefault();
  form.lifetime.removeAttribute("aria-invalid");
  try {
    issued = await call("tokens", request());
    report(byId("issue-error"), null);
    show(byId("issued"), true);
    showIssued();
    byId("issued-heading").focus({ preventScroll: true });
    byId("issued").scrollIntoView({ block: "nearest" });
  } catch (error) {
    report(byId("issue-error"), error);
  }
}

/** What follows `Bearer`. */
const credentials = () => byId("issued-version").value === "7"
  ? `${issued.access_token} ${issued.id_token}`
  : issued.access_token;

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const curl = () => `curl -i -H ${quoted(`Authorization: Bearer ${credentials()}`)} ${quoted(byId("target").value.trim())}`;

function showIssued() {
  byId("issued-token").textContent = credentials();
  byId("curl").textContent = curl();
}

const stored = () => { try { return localStorage.getItem("target"); } catch { return null; } };
const store = (target) => { try { localStorage.setItem("target", target); } catch { /* private mode */ } };

export function start() {
  for (const scope of SCOPES) {
    byId("scopes").append(button(scope, { class: "chip" }, () => toggle(scope)));
  }
  markScopes();
  form.scope.addEventListener("input", markScopes);
  form.addEventListener("submit", issue);
  byId("add-attribute").addEventListener("click", addAttribute);
  byId("target").value = stored() ?? byId("target").value;
  byId("target").addEventListener("input", () => {
    store(byId("target").value);
    showIssued();
  });
  byId("issued-version").addEventListener("change", showIssued);
  byId("copy-token").addEventListener("click", () => copy(credentials(), "Token"));
  byId("copy-curl").addEventListener("click", () => copy(curl(), "Command"));
}
