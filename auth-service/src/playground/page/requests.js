// Step 3: protected routes, and how requests spread over the replicas. And the log of all requests.

import { call, onCall } from "./calls.js";
import { bodyText, curlBox } from "./curl.js";
import { announce, badge, busy, byId, element, kindOf, pause } from "./dom.js";
import { anyTarget, callEach, fleet, issuer, onDiscovery, replicaNames, targets } from "./fleet.js";
import { sessions } from "./sessions.js";

const REQUESTS = 30;
const LOG_LENGTH = 50;
let target = null;

export function setUpRequests() {
  for (const button of byId("route-buttons").children) {
    button.addEventListener("click", () => busy(button, () => callRoute(button)));
  }
  byId("spread").addEventListener("click", () => busy(byId("spread"), spread));
  byId("compare").addEventListener("click", () => busy(byId("compare"), compare));
  byId("spread-hint").textContent = fleet.isBalanced
    ? "The load balancer chooses a replica for each."
    : "Each goes to a replica chosen at random, as behind a load balancer.";
  onCall((made) => made.isQuiet || log(made));
  byId("clear-log").addEventListener("click", () => {
    byId("log").replaceChildren();
    byId("log-empty").hidden = false;
  });
  onDiscovery(drawTargets);
  drawTargets();
}

const token = () => (byId("with-token").checked ? sessions.current?.access : undefined);

async function callRoute(button) {
  const server = "issuer" in button.dataset ? issuer : (target ?? anyTarget());
  const made = await call(server, "GET", button.dataset.path, { token: token() });
  byId("answer").replaceChildren(
    element("div", { class: "answer-head" }, badge(made), element("strong", {}, `GET ${made.path}`),
      element("span", {}, made.servedBy ? `from ${made.servedBy}` : made.message),
      element("span", { class: "ms" }, milliseconds(made))),
    element("pre", {}, bodyText(made)), curlBox(made));
}

async function spread() {
  const counts = new Map(replicaNames().map((name) => [name, 0]));
  let failed = 0;
  for (let sent = 0; sent < REQUESTS; sent++) {
    const made = await call(anyTarget(), "GET", "/dashboard", { token: token(), isQuiet: true });
    const name = made.servedBy ?? "no answer";
    counts.set(name, (counts.get(name) ?? 0) + 1);
    failed += made.status === 200 ? 0 : 1;
    drawChart(counts);
    await pause(25);
  }
  const parts = [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
  const outcome = failed ? `${failed} were rejected` : "all accepted";
  byId("spread-hint").textContent = `${REQUESTS} requests, ${outcome}.`;
  announce(`${REQUESTS} requests, ${outcome}: ${parts}`);
}

function drawChart(counts) {
  const most = Math.max(12, ...counts.values());
  const chart = byId("chart");
  for (const [name, count] of counts) {
    let row = chart.querySelector(`[data-name="${CSS.escape(name)}"]`);
    if (!row) {
      row = element("div", { class: "chart-row", "data-name": name }, element("span", {}, name),
        element("span", { class: "track" }, element("span")), element("span", { class: "count" }));
      chart.append(row);
    }
    row.querySelector(".track > span").style.width = `${(count / most) * 100}%`;
    row.querySelector(".count").textContent = count;
  }
}

async function compare() {
  const calls = await callEach("GET", "/dashboard", { token: token() });
  byId("comparison").replaceChildren(...[...calls].map(([name, made]) =>
    element("div", { class: `tile ${kindOf(made)}` },
      element("div", { class: "tile-head" }, name, badge(made)),
      element("pre", {}, bodyText(made)), element("div", { class: "sub" }, milliseconds(made)))));
  const accepted = [...calls.values()].filter((made) => made.status === 200).length;
  announce(`${accepted} of ${calls.size} replicas accept the token`);
}

/** The replicas to choose from; a load balancer chooses itself. */
function drawTargets() {
  const replicas = targets.map((one) => [one, one.name ?? one.url]);
  const choices = fleet.isBalanced ? [[null, "load balancer"]] : [[null, "any"], ...replicas];
  const option = ([value, name]) => {
    const radio = element("input", { type: "radio", name: "target", checked: value === target });
    radio.addEventListener("change", () => (target = value));
    return element("label", {}, radio, name);
  };
  byId("target-options").replaceChildren(...choices.map(option));
}

function log(made) {
  byId("log-empty").hidden = true;
  const server = made.servedBy ?? made.message ?? "local cluster";
  const from = made.status >= 400 ? `${server} · ${made.code}` : server;
  const summary = element("summary", {}, badge(made), element("span", { class: "line" }, `${made.method} ${made.path}`),
    element("span", { class: "ms" }, milliseconds(made)),
    element("span", { class: "from" }, from));
  const details = element("details", {}, summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) {
      details.append(curlBox(made), element("pre", { class: "body" }, bodyText(made)));
    }
  });
  const list = byId("log");
  list.prepend(element("li", {}, details));
  while (list.children.length > LOG_LENGTH) list.lastChild.remove();
}

const milliseconds = (made) => `${made.ms < 10 ? made.ms.toFixed(1) : Math.round(made.ms)} ms`;
