// The sessions of this tab. Tokens are kept in memory, not in the browser's storage.

import { call } from "./calls.js";
import { issuer } from "./fleet.js";

const listeners = [];
export const sessions = { list: [], current: null };

/** Calls `listener` whenever a session begins, changes or ends, or another one is chosen. */
export function onChange(listener) {
  listeners.push(listener);
}

/** The header or the claims of a token: its part with that number. */
export function decode(token, part) {
  const text = token.split(".")[part].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0))));
}

/** Logs in. The new session becomes the current one, unless it is `inBackground`. */
export async function logIn(username, password, { inBackground = false } = {}) {
  const made = await call(issuer, "POST", "/login", { body: { username, password } });
  if (made.status === 200) {
    const session = { username: decode(made.json.access_token, 1).sub, loggedInAt: Date.now(), hasEnded: false };
    take(session, made.json);
    sessions.list.push(session);
    if (!inBackground || !sessions.current) sessions.current = session;
    changed();
  }
  return made;
}

/** Trades the refresh token of a session for new tokens. */
export async function refresh(session) {
  const made = await call(issuer, "POST", "/refresh", { token: session.refresh });
  if (made.status === 200) take(session, made.json);
  else if (made.status === 401) session.hasEnded = true;
  changed();
  return made;
}

/** Ends the current session, or all of its user's. */
export async function logOut(session, { everywhere = false } = {}) {
  const made = await call(issuer, "POST", everywhere ? "/logout-all" : "/logout", { token: session.access });
  if (made.status === 200) {
    const isEnded = (one) => one === session || (everywhere && one.username === session.username);
    sessions.list.filter(isEnded).forEach((one) => (one.hasEnded = true));
    changed();
  }
  return made;
}

/** A session of an admin whose login was recent enough for changes. */
export function findAdmin() {
  const admins = sessions.list.filter((one) => one.role === "admin" && !one.hasEnded && !one.isTooOld);
  return admins.includes(sessions.current) ? sessions.current : admins.at(-1);
}

/** Sends a request of an admin; a login that was too long ago is remembered, so that the page asks for another. */
export async function callAsAdmin(admin, method, path, options = {}) {
  const made = await call(issuer, method, path, { ...options, token: admin.access });
  if (made.status === 401) {
    admin.isTooOld = true;
    changed();
  }
  return made;
}

export function choose(session) {
  sessions.current = session;
  changed();
}

function take(session, tokens) {
  const claims = decode(tokens.access_token, 1);
  Object.assign(session, { access: tokens.access_token, refresh: tokens.refresh_token, claims, role: claims.role });
  session.kid = decode(tokens.access_token, 0).kid;
  session.lifetime = claims.exp - claims.iat;
}

function changed() {
  listeners.forEach((listener) => listener());
}
