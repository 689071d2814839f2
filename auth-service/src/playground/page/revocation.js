// Step 4: how long it takes until every replica rejects a token.

import { call, problem } from "./calls.js";
import { announce, badge, busy, byId, element, kindOf, pause, seconds, show } from "./dom.js";
import { callEach, fleet, replicaNames, targets } from "./fleet.js";
import { callAsAdmin, findAdmin, logOut, onChange, refresh, sessions } from "./sessions.js";

const INTERVAL_MS = 100;
/** When to stop waiting: replicas poll every two seconds unless configured otherwise. */
const PATIENCE_MS = 90_000;

const tiles = new Map();
let watched = null;
let shown = null;
let run = 0;

export function setUpRevocation() {
  byId("refresh").addEventListener("click", () => busy(byId("refresh"), refreshNow));
  byId("logout").addEventListener("click", () => busy(byId("logout"), () => end({ everywhere: false })));
  byId("logout-everywhere").addEventListener("click", () => busy(byId("logout-everywhere"), () => end({ everywhere: true })));
  byId("role-form").addEventListener("submit", (event) => {
    event.preventDefault();
    busy(byId("change-role"), changeRole);
  });
  onChange(() => {
    const { current } = sessions;
    byId("role-user").textContent = current?.username ?? "";
    const hasEnded = !current || current.hasEnded;
    for (const id of ["refresh", "logout", "logout-everywhere"]) byId(id).disabled = hasEnded;
    byId("change-role").disabled = hasEnded || !findAdmin();
    if (current !== shown) show("revoke-result", "");
    shown = current;
    if (current && watched !== current.access && !current.hasEnded) check(current.access);
  });
}

async function refreshNow() {
  const made = await refresh(sessions.current);
  if (made.status !== 200) return show("revoke-result", problem(made), "bad");
  show("revoke-result", `New token, with the role ${sessions.current.role}. Every replica accepts it at once.`, "good");
}

async function end(options) {
  const session = sessions.current;
  const { access } = session;
  await whileAccepted(access);
  const made = await logOut(session, options);
  if (made.status !== 200) return show("revoke-result", problem(made), "bad");
  const outcome = options.everywhere ? `${made.json.sessions} sessions have ended.` : "The session has ended.";
  show("revoke-result", outcome, "good");
  const slowest = await watch(access);
  if (slowest) show("revoke-result", `${outcome} The last replica rejected the token after ${seconds(slowest)}.`, "good");
}

async function changeRole() {
  const { current } = sessions;
  const [role, access, admin] = [byId("role").value, current.access, findAdmin()];
  if (!admin) return;
  await whileAccepted(access);
  const path = `/users/${encodeURIComponent(current.username)}`;
  const made = await callAsAdmin(admin, "PATCH", path, { body: { role } });
  if (made.status !== 200) return show("revoke-result", problem(made), "bad");
  if (role === current.role) return show("revoke-result", `The role is ${role} already: nothing to do.`);
  const outcome = `${current.username} is ${role} now.`;
  show("revoke-result", `${outcome} The token says otherwise: it turns stale.`, "good");
  const slowest = await watch(access);
  if (slowest) show("revoke-result", `${outcome} Nobody is logged out: a refresh returns a token with the new role.`, "good");
}

/** Shows what each replica says of a token now. */
async function check(token) {
  watched = token;
  const number = ++run;
  const calls = await callEach("GET", "/dashboard", { token, isQuiet: true });
  if (number !== run) return;
  tiles.clear();
  for (const [name, made] of calls) {
    const isAccepted = made.status === 200;
    tiles.set(name, { made, text: isAccepted ? "accepted" : "rejected", sub: made.code ?? `role: ${made.json?.role}` });
  }
  draw();
}

async function whileAccepted(token) {
  if (watched !== token || tiles.size === 0) await check(token);
}

/**
 * Sends requests with the token to every replica until each has rejected it, and returns how long the last one took. Nothing
 * if something else is shown meanwhile.
 */
async function watch(token) {
  const number = ++run;
  const began = performance.now();
  const names = replicaNames();
  tiles.clear();
  for (const name of names) tiles.set(name, { made: { status: 200 }, isWaiting: true, sub: "still accepted" });
  const clock = setInterval(() => {
    for (const tile of tiles.values()) if (tile.isWaiting) tile.text = seconds(performance.now() - began);
    draw();
  }, INTERVAL_MS);
  const isWaiting = () => [...tiles.values()].some((tile) => tile.isWaiting);
  const isDone = () => number !== run || performance.now() - began > PATIENCE_MS || !isWaiting();
  const ask = async (target) => {
    while (!isDone() && (fleet.isBalanced || tiles.get(target.name)?.isWaiting !== false)) {
      const sent = performance.now() - began;
      const made = await call(target, "GET", "/dashboard", { token, isQuiet: true });
      const tile = tiles.get(made.servedBy);
      if (number === run && tile?.isWaiting && made.status === 200) tile.acceptedAt = sent;
      else if (number === run && tile?.isWaiting && made.status !== 503) {
        const took = performance.now() - began;
        // The replica changed its mind after it accepted the token for the last time.
        const precision = took - (tile.acceptedAt ?? 0);
        Object.assign(tile, { made, isWaiting: false, text: `after ${seconds(took)}`, sub: made.code, took, precision });
        announce(`${made.servedBy}: ${made.status} ${made.code} after ${seconds(took)}`);
      }
      await pause(INTERVAL_MS);
    }
  };
  // Behind a load balancer, one loop per replica, so that each is reached often enough.
  const asked = fleet.isBalanced ? names.map(() => targets[0]) : targets;
  await Promise.all(asked.map(ask));
  clearInterval(clock);
  if (number !== run) return undefined;
  draw();
  return isWaiting() ? undefined : Math.max(...[...tiles.values()].map((tile) => tile.took));
}

function draw() {
  for (const [name, tile] of tiles) {
    tile.box ??= element("div", { "data-replica": name }, element("div", { class: "tile-head" }, name, element("span")),
      element("div", { class: "big" }), element("div", { class: "sub" }));
    const [head, big, sub] = tile.box.children;
    head.lastChild.replaceWith(badge(tile.made));
    big.textContent = tile.text ?? "";
    sub.textContent = tile.sub ?? "";
    tile.box.className = `tile ${kindOf(tile.made)}`;
    if (tile.took === undefined) continue;
    tile.box.dataset.took = (tile.took / 1000).toFixed(3);
    tile.box.dataset.precision = (tile.precision / 1000).toFixed(3);
  }
  const boxes = [...tiles.values()].map((tile) => tile.box);
  if (boxes.some((box) => !box.isConnected) || byId("tiles").children.length !== boxes.length) {
    byId("tiles").replaceChildren(...boxes);
  }
}
