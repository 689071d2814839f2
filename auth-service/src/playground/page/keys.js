// Step 5: a key rotation, with requests all the while.

import { call, problem } from "./calls.js";
import { announce, busy, byId, element, pause, show } from "./dom.js";
import { anyTarget, replicaNames } from "./fleet.js";
import { callAsAdmin, findAdmin, onChange, refresh, sessions } from "./sessions.js";

const INTERVAL_MS = 40;
const PATIENCE_MS = 120_000;

let load = null;

export function setUpKeys() {
  byId("rotate").addEventListener("click", () => busy(byId("rotate"), rotate));
  byId("show-keys").addEventListener("click", () => busy(byId("show-keys"), () => showKeys().catch(tell)));
  byId("stop-load").addEventListener("click", stopLoad);
  onChange(() => {
    byId("rotate").disabled = !findAdmin() || sessions.current.hasEnded;
    byId("show-keys").disabled = !findAdmin();
  });
}

const tell = (error) => show("keys-result", error.message, "bad");

async function rotate() {
  const [session, admin] = [sessions.current, findAdmin()];
  if (!admin) return;
  const step = progress(["Requests with the current token", "Publish the next key", "Wait until every verifier has it",
    "Sign with it", "Requests with a new token too"]);
  show("keys-result", "");
  startLoad(session.access, session.kid);
  try {
    step(0);
    await pause(600);
    step(1);
    const first = await rotation(admin);
    if (first.next) {
      step(2);
      await untilHeld(admin, first.next);
      step(3);
      const second = await rotation(admin);
      if (!second.current) throw new Error("The keys were changed by someone else");
    }
    step(4);
    await refreshUntilNewKey(session);
    Object.assign(load, { newToken: session.access, newKid: session.kid });
    await pause(1500);
    await showKeys();
    step(5);
    const { old, fresh, failed } = load.counts;
    const sent = `${old} requests with the old token and ${fresh} with the new one`;
    show("keys-result", `Rotated: ${sent}, ${failed} failed.`, failed ? "bad" : "good");
  } catch (error) {
    step("failed");
    tell(error);
  }
}

async function rotation(admin) {
  const made = await callAsAdmin(admin, "POST", "/keys/rotate", { body: {} });
  if (made.status !== 200) throw new Error(problem(made));
  return made.json;
}

/** Waits until the issuer knows of every replica that it has the key. */
async function untilHeld(admin, kid) {
  const began = performance.now();
  while (performance.now() - began < PATIENCE_MS) {
    const report = await showKeys(admin, { isQuiet: true });
    const key = report.keys.find((one) => one.kid === kid);
    const holders = report.verifiers.filter((one) => one.holds.includes(kid));
    if (key && key.lacking.length === 0 && holders.length >= Math.min(1, replicaNames().length)) return;
    if (key) show("keys-result", `Waiting for ${key.lacking.join(", ") || "the verifiers"}: they fetch the keys now and then.`);
    await pause(500);
  }
  throw new Error("Not every verifier has fetched the next key");
}

/** Of several issuers, each signs with the new key within a second or two. */
async function refreshUntilNewKey(session) {
  const old = session.kid;
  for (let tries = 0; tries < 10; tries++) {
    const made = await refresh(session);
    if (made.status !== 200) throw new Error(problem(made));
    if (session.kid !== old) return;
    await pause(500);
  }
  throw new Error("The issuer still signs with the old key");
}

async function showKeys(admin = findAdmin(), options = {}) {
  if (!admin) return undefined;
  const made = await callAsAdmin(admin, "GET", "/keys", options);
  if (made.status !== 200) throw new Error(problem(made));
  const { keys, verifiers } = made.json;
  const head = ["Key", "Stage", ...verifiers.map((one) => one.instance)];
  const mark = (key, one) => {
    if (key.stage === "gone") return element("td", {}, "–");
    if (!one.holds.includes(key.kid)) return element("td", { class: "no" }, "not yet");
    return element("td", { class: "yes" }, "✓", element("span", { class: "unseen" }, " has it"));
  };
  byId("key-table").replaceChildren(
    element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...keys.map((key) => element("tr", {},
      element("th", { scope: "row" }, element("code", { title: key.kid }, short(key.kid))),
      element("td", {}, key.stage), ...verifiers.map((one) => mark(key, one))))));
  return made.json;
}

function startLoad(token, kid) {
  if (load) load.isOn = false;
  load = { isOn: true, oldToken: token, oldKid: kid, newToken: null, newKid: null, counts: { old: 0, fresh: 0, failed: 0 } };
  byId("stop-load").hidden = false;
  keepSending(load);
}

function stopLoad() {
  if (load) load.isOn = false;
  byId("stop-load").hidden = true;
  byId("rotate").focus();
}

async function keepSending(own) {
  for (let number = 0; own.isOn; number++) {
    const isNew = own.newToken !== null && number % 2 === 1;
    const made = await call(anyTarget(), "GET", "/dashboard", { token: isNew ? own.newToken : own.oldToken, isQuiet: true });
    if (!own.isOn) return;
    if (made.status === 200) own.counts[isNew ? "fresh" : "old"] += 1;
    else if (made.code === "token_expired" || made.code === "token_revoked" || made.code === "claims_stale") return stopLoad();
    else own.counts.failed += 1;
    drawCounts(own);
    await pause(INTERVAL_MS);
  }
}

function drawCounts({ counts, oldKid, newKid }) {
  byId("old-count").textContent = counts.old;
  byId("new-count").textContent = counts.fresh;
  byId("failed-count").textContent = counts.failed;
  byId("failed-count").parentElement.className = counts.failed ? "bad" : "";
  byId("old-kid").textContent = short(oldKid);
  byId("new-kid").textContent = newKid ? short(newKid) : "";
}

/** Draws the steps and returns what marks the current one. */
function progress(steps) {
  const items = steps.map((text) => element("li", {}, text));
  byId("rotation").replaceChildren(...items);
  let current = 0;
  return (step) => {
    if (step === "failed") {
      items[current].className = "failed";
      return;
    }
    current = step;
    items.forEach((item, number) => (item.className = number < step ? "done" : number === step ? "now" : ""));
    announce(steps[step] ?? "Rotated");
  };
}

const short = (kid) => (kid ? `${kid.slice(0, 8)}…` : "");
