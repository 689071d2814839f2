// Step 6, in the local cluster only: stop a server and start it again.

import { call, problem } from "./calls.js";
import { badge, busy, byId, element, kindOf, pause, show } from "./dom.js";
import { fleet, issuer, targets } from "./fleet.js";
import { sessions } from "./sessions.js";

const INTERVAL_MS = 500;
const tiles = new Map();

export async function setUpPlug() {
  if (!fleet.control) return;
  const control = { url: fleet.control, kind: "control" };
  const { json } = await call(control, "GET", "/servers", { isQuiet: true });
  if (!json) return;
  byId("plug").hidden = byId("plug-link").hidden = false;
  for (const { name, is_running: isRunning } of json.servers) {
    tiles.set(name, tile(control, name, isRunning));
  }
  byId("plug-tiles").replaceChildren(...[...tiles.values()].map(({ box }) => box));
  // Only while it can be seen.
  let isSeen = false;
  new IntersectionObserver(([entry]) => (isSeen = entry.isIntersecting)).observe(byId("plug"));
  for (;;) {
    if (isSeen && !document.hidden) await Promise.all([issuer, ...targets].map(ask));
    await pause(INTERVAL_MS);
  }
}

function tile(control, name, isRunning) {
  const state = { name, isRunning, count: 0, mark: element("span"), sub: element("div", { class: "sub" }) };
  state.button = element("button", { type: "button", "data-server": name });
  state.button.addEventListener("click", () => busy(state.button, () => toggle(control, state)));
  state.box = element("div", { class: "tile", "data-server": name },
    element("div", { class: "tile-head" }, name, state.mark), state.sub, state.button);
  label(state);
  return state;
}

function label(state) {
  state.button.textContent = state.isRunning ? "Stop" : "Start";
  state.button.setAttribute("aria-label", `${state.button.textContent} ${state.name}`);
}

async function toggle(control, state) {
  const action = state.isRunning ? "stop" : "start";
  const made = await call(control, "POST", `/servers/${state.name}/${action}`, { body: {} });
  if (made.status !== 200) return show("plug-result", problem(made), "bad");
  state.isRunning = !state.isRunning;
  for (const one of tiles.values()) one.count = 0;
  label(state);
  show("plug-result", `${state.name} ${state.isRunning ? "runs again" : "is stopped"}.`, "good");
}

/** Asks a server for what it is there for: a replica for a protected route, the issuer for its keys. */
async function ask(server) {
  const isIssuer = server.kind === "issuer";
  const path = isIssuer ? "/.well-known/jwks.json" : sessions.current ? "/dashboard" : "/health/live";
  const made = await call(server, "GET", path, { token: isIssuer ? undefined : sessions.current?.access, isQuiet: true });
  const name = made.servedBy ?? server.name;
  const state = tiles.get(name);
  if (!state) return;
  state.count = made.status === 200 ? state.count + 1 : 0;
  state.mark.replaceChildren(badge(made));
  state.box.className = `tile ${kindOf(made)}`;
  state.sub.textContent = made.status === 200 ? `${path}: ${state.count} accepted` : `${path}: ${made.message}`;
}
