// HTTP requests of the page, and who listens to their responses.

const TIMEOUT_MS = 8000;
const listeners = [];

/** Calls `listener` with every response, also with those that never came. */
export function onCall(listener) {
  listeners.push(listener);
}

/**
 * Sends a request to a server and returns what came of it; it never throws. `isQuiet` keeps it out of the log.
 * @returns {Promise<{method, path, url, token, body, server, isQuiet, status, code, message, json, text, servedBy, ms}>}
 */
export async function call(server, method, path, { token, body, isQuiet = false } = {}) {
  const made = { server, method, path, url: server.url + path, token, body, isQuiet, status: 0 };
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const began = performance.now();
  try {
    const response = await fetch(made.url, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    made.text = await response.text();
    made.status = response.status;
    made.servedBy = response.headers.get("X-Served-By");
    made.retryAfter = response.headers.get("Retry-After");
    made.json = parse(made.text);
    made.code = made.json?.error;
    made.message = made.json?.message;
  } catch {
    made.code = "no_answer";
    made.message = "The server does not respond";
  }
  made.ms = performance.now() - began;
  for (const listener of listeners) listener(made);
  return made;
}

/** What went wrong, in one line. */
export function problem(made) {
  const wait = made.retryAfter ? `, retry in ${made.retryAfter} s` : "";
  return made.status ? `${made.status} ${made.code ?? ""}: ${made.message ?? made.text}${wait}` : made.message;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
