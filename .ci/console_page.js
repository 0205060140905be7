// What console.py runs inside the page.

/** What a user can reach, in the order of the document. Of radio buttons, Tab reaches the checked one. */
function focusable() {
  const all = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const shown = [...document.querySelectorAll(all)].filter((control) =>
    control.checkVisibility() && (control.type !== "radio" || control.checked));
  shown.forEach((control, index) => { control.dataset.probe = index; });
  return shown.map(named);
}

function named(control) {
  return `${control.dataset.probe} ${control.localName}${control.id ? `#${control.id}` : ""}`;
}

/** What has the focus, and how wide the ring around it is. */
function focused() {
  const control = document.activeElement;
  const ringed = control.type === "radio" ? control.nextElementSibling : control;
  const style = getComputedStyle(ringed);
  return [named(control), style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth)];
}

/** Texts below the contrast of WCAG 2.2 AA (1.4.3), and edges of controls below that of 1.4.11. */
function contrast() {
  const toast = document.getElementById("toast");
  toast.textContent ||= "Copied";
  toast.style.transition = "none";
  toast.classList.add("visible");
  const faults = [];
  let texts = 0;
  let edges = 0;
  const judge = (what, ratio, least) => {
    if (ratio < least) faults.push(`${what}: ${ratio.toFixed(2)} < ${least}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    const isShown = parent.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!text || !isShown || parent.closest(".hidden, noscript, option")) continue;
    texts += 1;
    judge(text, ratioOf(getComputedStyle(parent).color, backgroundOf(parent)), leastFor(parent));
  }
  for (const control of document.querySelectorAll("input:not([type=radio]), select, textarea, button")) {
    if (!control.checkVisibility()) continue;
    const style = getComputedStyle(control);
    const name = control.id || control.textContent;
    if (control.localName !== "button") {
      texts += 1;
      judge(`text of ${name}`, ratioOf(style.color, backgroundOf(control)), 4.5);
      const hint = getComputedStyle(control, "::placeholder").color;
      if (control.placeholder) judge(`placeholder of ${name}`, ratioOf(hint, backgroundOf(control)), 4.5);
    }
    const edge = rgba(style.borderTopColor);
    if (edge[3] === 0) continue;
    edges += 1;
    const around = backgroundOf(control.parentElement);
    const filled = contrastOf(backgroundOf(control), around);
    judge(`edge of ${name}`, Math.max(filled, ratioOf(style.borderTopColor, around)), 3);
  }
  const ring = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  for (const behind of [document.body, document.querySelector(".card")]) {
    judge("focus ring", ratioOf(hex(ring.trim()), backgroundOf(behind)), 3);
  }
  toast.classList.remove("visible");
  toast.style.transition = "";
  return { faults, texts, edges };
}

/** 3 for large text: 24 px, or 18.66 px in bold. */
function leastFor(element) {
  const { fontSize, fontWeight } = getComputedStyle(element);
  const size = parseFloat(fontSize);
  return size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5;
}

function hex(text) {
  const parts = text.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
  return `rgb(${parts.join(", ")})`;
}

function rgba(color) {
  const parts = color.match(/^rgba?\(([^)]*)\)$/);
  if (!parts) throw new Error(`no idea what ${color} is`);
  const [red, green, blue, alpha = 1] = parts[1].split(/[\s,/]+/).map(Number);
  return [red, green, blue, alpha];
}

const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];

/** The colour behind an element, of all layers down to the first that hides the rest. */
function backgroundOf(element) {
  const layers = [];
  for (let each = element; each; each = each.parentElement) {
    const layer = rgba(getComputedStyle(each).backgroundColor);
    layers.push(layer);
    if (layer[3] === 1) break;
  }
  return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255]);
}

function luminance(color) {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const ratioOf = (color, background) => contrastOf(over(rgba(color), background), background);

/** What a page of another origin may try, and what it sees of the outcome. */
async function attack(target) {
  const attempt = (path, options) => fetch(`${target}/devserver/${path}`, options).then((answer) => answer.type, () => "blocked");
  const post = { method: "POST", mode: "no-cors" };
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const seen = {
    read: await attempt("state", {}),
    json: await attempt("tokens", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }),
    text: await attempt("tokens", { ...post, body: "{}" }),
    form: await attempt("tokens", { ...post, headers: form, body: "scope=stolen" }),
    clock: await attempt("clock", { ...post, body: '{"advance":1}' }),
    beacon: navigator.sendBeacon(`${target}/devserver/tokens`, new URLSearchParams({ scope: "stolen" })) ? "queued" : "blocked",
  };
  const frame = document.createElement("iframe");
  frame.src = `${target}/`;
  document.body.append(frame);
  await new Promise((done) => { frame.onload = done; });
  return seen;
}
