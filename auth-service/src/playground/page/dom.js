// Building blocks of the page. Values enter it as text, never as markup.

export const byId = (id) => document.getElementById(id);

/** An element with attributes, listeners (`onclick: …`) and children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Says something to screen readers alone. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** Shows the result of an action next to its button. */
export function show(id, text, kind = "") {
  const line = byId(id);
  line.textContent = text;
  line.className = `result ${kind}`;
}

/** `good`, `warn` or `bad`, as colours and marks have it. */
export function kindOf(call) {
  if (call.status >= 200 && call.status < 300) return "good";
  return call.code === "claims_stale" || call.status === 429 || call.status === 503 ? "warn" : "bad";
}

export function badge(call) {
  return element("span", { class: `badge ${kindOf(call)}` }, call.status ? String(call.status) : "no answer");
}

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs an action unless it is running already. Its button keeps the focus, so it is not disabled. */
export async function busy(button, action) {
  if (button.ariaBusy) return;
  button.ariaBusy = "true";
  try {
    await action();
  } finally {
    button.ariaBusy = null;
  }
}

/** Copies text, also where the page has no access to the clipboard: plain HTTP on another host than loopback. */
export async function copy(text, source) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  getSelection().selectAllChildren(source);
  document.execCommand("copy");
}
