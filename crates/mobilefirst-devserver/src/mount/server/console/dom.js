// Building and finding elements. Text is only ever set as text, never as HTML.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a text child becomes a text node. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A button that does `act` and waits for it. */
export function button(label, attributes, act) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", act);
  return made;
}

export function show(target, isShown) {
  target.hidden = !isShown;
}

/** Shows an error next to the form it belongs to, or hides it. */
export function report(target, error) {
  target.textContent = error ? error.message : "";
  show(target, Boolean(error));
}

let toastTimer;

/** Says briefly what was done; screen readers read it. */
export function toast(text) {
  const target = byId("toast");
  target.textContent = text;
  target.classList.add("visible");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => target.classList.remove("visible"), 2500);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast("The browser does not allow copying: select the text and copy it yourself");
  }
}

/** Keeps one child per item, by key: existing ones stay where they are, with their focus. */
export function reconcile(list, items, keyOf, render) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let before = list.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const signature = JSON.stringify(item);
    let child = old.get(key);
    old.delete(key);
    if (!child || child.dataset.signature !== signature) {
      const fresh = render(item, child);
      fresh.dataset.key = key;
      fresh.dataset.signature = signature;
      if (child) {
        const focused = child.contains(document.activeElement) ? document.activeElement.dataset.act : null;
        if (before === child) before = fresh;
        child.replaceWith(fresh);
        if (focused) fresh.querySelector(`[data-act="${focused}"]`)?.focus();
      }
      child = fresh;
    }
    if (child === before) before = before.nextElementSibling;
    else list.insertBefore(child, before);
  }
  for (const child of old.values()) child.remove();
}

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** A duration in the two largest units that it has, such as "1 h 30 min". */
export function duration(milliseconds) {
  let seconds = Math.round(Math.abs(milliseconds) / 1000);
  const first = Math.max(0, UNITS.findIndex(([, length]) => seconds >= length));
  const parts = UNITS.slice(first, first + 2).map(([unit, length]) => {
    const count = Math.floor(seconds / length);
    seconds %= length;
    return count ? `${count.toLocaleString("en")} ${unit}` : "";
  });
  return parts.filter(Boolean).join(" ") || "0 s";
}

/** A time of day to the millisecond. */
export function timeOfDay(milliseconds) {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "–";
  const two = (number, length = 2) => String(number).padStart(length, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => two(part));
  return `${clock.join(":")}.${two(date.getMilliseconds(), 3)}`;
}
