// Step 1: register, log in, choose a session.

import { call, problem } from "./calls.js";
import { busy, byId, element, show } from "./dom.js";
import { fleet, issuer } from "./fleet.js";
import { choose, findAdmin, logIn, onChange, sessions } from "./sessions.js";

const SAMPLES = [["user_01", "1234"], ["user_02", "5678"], ["admin", "admin123"]];

export function setUpLogin() {
  const form = byId("login-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(byId("login-button"), () => logInAndTell(form.username.value, form.password.value));
  });
  byId("register").addEventListener("click", () => {
    if (form.reportValidity()) busy(byId("register"), () => register(form.username.value, form.password.value));
  });
  if (fleet.hasSampleUsers) {
    byId("samples").hidden = false;
    byId("sample-buttons").append(...SAMPLES.map(([name, password]) => sampleButton(name, password)));
  }
  onChange(draw);
  draw();
}

function sampleButton(name, password) {
  const button = element("button", { type: "button", "data-sample": name }, name);
  button.addEventListener("click", () => busy(button, () => logInAndTell(name, password)));
  return button;
}

async function logInAndTell(username, password) {
  const made = await logIn(username, password);
  if (made.status === 200) show("login-result", `Logged in as ${sessions.current.username}.`, "good");
  else show("login-result", problem(made), "bad");
}

async function register(username, password) {
  const made = await call(issuer, "POST", "/register", { body: { username, password } });
  if (made.status !== 201) return show("login-result", problem(made), "bad");
  await logInAndTell(username, password);
}

function draw() {
  byId("no-session").hidden = sessions.list.length > 0;
  byId("session-options").replaceChildren(...sessions.list.map(option));
  for (const part of document.querySelectorAll(".with-session")) part.hidden = !sessions.current;
  for (const part of document.querySelectorAll(".needs-session")) part.hidden = Boolean(sessions.current);
  for (const place of document.querySelectorAll(".needs-admin")) place.replaceChildren(...adminNote());
}

function option(session) {
  const state = session.hasEnded ? "ended" : `${session.role} · ${session.claims.sid?.slice(-6) ?? ""}`;
  const radio = element("input", { type: "radio", name: "session", checked: session === sessions.current });
  radio.addEventListener("change", () => {
    choose(session);
    byId("session-options").querySelector(":checked").focus();
  });
  return element("li", {}, element("label", {}, radio, element("strong", {}, session.username),
    element("span", { class: "mono" }, state)));
}

/** What to do where an admin is needed and none is logged in. */
function adminNote() {
  if (findAdmin()) return [];
  const isOld = sessions.list.some((one) => one.role === "admin" && one.isTooOld);
  const text = isOld ? "The admin’s login is no longer recent." : "This needs an admin’s login, beside the user’s.";
  if (!fleet.hasSampleUsers) {
    return [element("p", { class: "note" }, `${text} Log in as one above, then choose the user again.`)];
  }
  const [name, password] = SAMPLES.find(([name]) => name === "admin");
  const button = element("button", { type: "button", class: "as-admin" }, `Log in as ${name}`);
  button.addEventListener("click", () => busy(button, () => logIn(name, password, { inBackground: true })));
  return [element("p", { class: "note" }, text, button)];
}
