// The servers: the issuer, which is where the page comes from, and the replicas.

import { call, onCall } from "./calls.js";
import { byId, element } from "./dom.js";

export const issuer = { url: new URL(".", document.baseURI).href.replace(/\/$/, ""), kind: "issuer" };

/** Addresses of replicas. Behind a load balancer there is one, and `fleet.isBalanced`. */
export const targets = [];
export const fleet = { isBalanced: false, hasSampleUsers: false, control: null };

/** Every server that has responded, by the name in `X-Served-By`. */
const known = new Map();
const listeners = [];

/** Calls `listener` when a server has been discovered. */
export function onDiscovery(listener) {
  listeners.push(listener);
}

/** Reads what the page needs to know of the settings. */
export async function load() {
  onCall(note);
  const { json } = await call(issuer, "GET", "/playground.json", { isQuiet: true });
  const { replicas = [], control = null, sample_users: hasSampleUsers = false } = json ?? {};
  Object.assign(fleet, { isBalanced: replicas.length === 0, hasSampleUsers, control });
  const urls = fleet.isBalanced ? [issuer.url] : replicas;
  targets.push(...urls.map((url) => ({ url, kind: "replica" })));
  if (!fleet.isBalanced) await Promise.all(targets.map((target) => call(target, "GET", "/", { isQuiet: true })));
}

/** The names of the replicas that are known so far. */
export function replicaNames() {
  return [...known].filter(([, server]) => server.kind === "replica").map(([name]) => name).sort(byNumber);
}

/** A replica at random, as a load balancer might choose; a load balancer chooses itself. */
export function anyTarget() {
  return targets[Math.floor(Math.random() * targets.length)];
}

/** Sends a request to every replica: to each address, or often enough through the load balancer. Calls by name. */
export async function callEach(method, path, options) {
  if (!fleet.isBalanced) {
    const made = await Promise.all(targets.map((target) => call(target, method, path, options)));
    return new Map(made.map((one) => [one.servedBy ?? one.server.name ?? one.server.url, one]));
  }
  const found = new Map();
  const isComplete = () => found.size > 0 && replicaNames().every((name) => found.has(name));
  for (let sent = 0; sent < 30 && (sent < 9 || !isComplete()); sent++) {
    const made = await call(targets[0], method, path, options);
    if (!found.has(made.servedBy)) found.set(made.servedBy ?? "load balancer", made);
  }
  return new Map([...found].sort(([one], [other]) => byNumber(one, other)));
}

const byNumber = (one, other) => one.localeCompare(other, "en", { numeric: true });

function note(made) {
  const isReplicas = made.server.kind === "replica";
  if (made.servedBy) {
    const isNew = !known.has(made.servedBy);
    if (!fleet.isBalanced) made.server.name = made.servedBy;
    known.set(made.servedBy, { kind: made.server.kind, url: made.server.url, isUp: true });
    if (isNew && isReplicas) listeners.forEach((listener) => listener());
  } else if (made.server.name) {
    known.get(made.server.name).isUp = false;
  }
  if (made.server.kind !== "control") draw();
}

let drawn = "";

function draw() {
  const rank = ([, server]) => (server.kind === "issuer" ? 0 : 1);
  const servers = [...known].filter(([, server]) => server.kind !== "control");
  servers.sort((one, other) => rank(one) - rank(other) || byNumber(one[0], other[0]));
  const next = JSON.stringify(servers);
  if (next === drawn) return;
  drawn = next;
  const chip = ([name, { kind, url, isUp }]) =>
    element("li", {}, element("span", { class: `dot ${isUp ? "up" : "down"}` }), name,
      element("small", {}, isUp ? `${kind}${fleet.isBalanced ? "" : ` :${new URL(url).port}`}` : "does not respond"));
  byId("fleet").replaceChildren(...servers.map(chip));
}
