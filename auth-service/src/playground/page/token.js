// Step 2: the access token, taken apart.

import { announce, byId, element } from "./dom.js";
import { decode, onChange, sessions } from "./sessions.js";

const HEADER = {
  typ: "Kind of token: an access token (RFC 9068)",
  alg: "Signature algorithm: RSA with SHA-256",
  kid: "Key that signed it: a thumbprint (RFC 7638)",
};
const CLAIMS = {
  iss: "Issuer: who signed it",
  aud: "Audience: which services accept it",
  sub: "Subject: the username",
  uid: "The user’s id; never reused",
  role: "Role at the time of issue",
  roles: "The same as a list",
  scope: "What it may be used for",
  client_id: "Client that requested it",
  iat: "Issued at",
  exp: "Expires at",
  nbf: "Not valid before",
  auth_time: "When the password was last entered",
  acr: "How strong the login was",
  amr: "What was checked at the login",
  jti: "The token’s own id",
  sid: "Session: one login, many tokens",
  type: "Kind of token, as Flask-JWT-Extended names it",
  fresh: "Whether it was issued for a password, not by a refresh",
  status: "Entry in the status list, where revocation shows",
};
const TIMES = ["iat", "exp", "nbf", "auth_time"];

let announced = null;

export function setUpToken() {
  onChange(draw);
  setInterval(drawExpiry, 500);
}

function draw() {
  const token = sessions.current?.access;
  if (!token) return;
  const [header, payload, signature] = token.split(".");
  byId("raw-token").replaceChildren(
    element("span", { class: "t-header" }, header), ".",
    element("span", { class: "t-payload" }, payload), ".",
    element("span", { class: "t-signature" }, signature));
  byId("token-header").replaceChildren(...rows(decode(token, 0), HEADER));
  byId("token-claims").replaceChildren(...rows(decode(token, 1), CLAIMS));
  drawExpiry();
}

function rows(values, meanings) {
  return Object.entries(values).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const time = TIMES.includes(name) ? ` ${new Date(value * 1000).toLocaleTimeString()}` : "";
    return element("tr", {}, element("th", { scope: "row" }, name),
      element("td", {}, text, time && element("span", { class: "t-signature" }, time)),
      element("td", {}, meanings[name] ?? "A claim of your own"));
  });
}

function drawExpiry() {
  const { current } = sessions;
  if (!current) return;
  const left = Math.max(0, current.claims.exp - Date.now() / 1000);
  const clock = `${Math.floor(left / 60)}:${String(Math.floor(left % 60)).padStart(2, "0")}`;
  byId("expiry-text").textContent = left > 0 ? `Expires in ${clock}` : "Expired: refresh it in step 4";
  byId("expiry-bar").style.width = `${Math.min(100, (left / current.lifetime) * 100)}%`;
  if (left === 0 && announced !== current.access) {
    announced = current.access;
    announce("The access token has expired");
  }
}
