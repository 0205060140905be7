// The list of tokens.

import { byId, button, duration, element, reconcile, report, show, toast } from "./dom.js";
import { call } from "./server.js";

let now = () => Date.now();

async function end(path, token, done) {
  try {
    await call(path, { id: token.id });
    report(byId("tokens-error"), null);
    toast(`Token ${token.token} ${done}`);
  } catch (error) {
    report(byId("tokens-error"), error);
  }
}

function expiry(token) {
  const left = token.expires_at - now();
  return left > 0 ? `expires in ${duration(left)}` : "expired";
}

function render(token) {
  const isApp = token.holder === "app";
  const status = token.device_status;
  const named = (verb) => ({ "aria-label": `${verb} token ${token.token}`, "data-act": verb });
  return element("li", { class: `token-row${token.expired ? " over" : ""}` },
    element("div", { class: "what" },
      element("p", { class: "line" },
        element("code", {}, token.token),
        element("strong", {}, (isApp ? token.username : token.client_id) ?? "–"),
        isApp ? null : element("span", { class: "tag info" }, "resource server’s own"),
        status && status !== "ACTIVE" ? element("span", { class: "tag warn" }, status.toLowerCase()) : null),
      element("p", { class: "aside" },
        element("span", { class: "scope" }, token.scope || "no scope"),
        element("span", { class: "expiry", "data-expiry": token.expires_at }, expiry(token)))),
    element("div", { class: "actions" },
      token.expired ? null
        : button("Expire", { class: "small", ...named("Expire") }, () => end("expire", token, "expired")),
      button("Revoke", { class: "small danger", ...named("Revoke") }, () => end("revoke", token, "revoked"))));
}

export function update(state, clock) {
  now = clock;
  const { total, newest } = state.tokens;
  const held = document.activeElement?.closest?.("#tokens > li");
  const next = held?.nextElementSibling ?? held?.previousElementSibling;
  reconcile(byId("tokens"), newest, (token) => token.id, render);
  // The focus moves on when its row is gone.
  if (held && !held.isConnected && document.activeElement === document.body) {
    const key = next?.dataset.key;
    const row = [...byId("tokens").children].find((child) => child.dataset.key === key);
    (row?.querySelector("[data-act=Revoke]") ?? byId("scope")).focus();
  }
  show(byId("no-tokens"), total === 0);
  show(byId("token-count"), total > 0);
  byId("token-count").textContent = total.toLocaleString("en");
  show(byId("more-tokens"), total > newest.length);
  byId("more-tokens").textContent = `The newest ${newest.length} are listed.`;
}

export function tick() {
  for (const target of document.querySelectorAll("[data-expiry]")) {
    const text = expiry({ expires_at: Number(target.dataset.expiry) });
    if (target.textContent !== text) target.textContent = text;
    target.closest("li").classList.toggle("over", text === "expired");
  }
}
