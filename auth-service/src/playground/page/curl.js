// A request as a curl command, and the box that shows one.

import { announce, copy, element } from "./dom.js";

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The command. With `isShort` it is for reading: tokens are shortened and passwords left out. */
export function curl({ method, url, token, body }, isShort = false) {
  const words = ["curl -s"];
  if (method !== (body === undefined ? "GET" : "POST")) words.push(`-X ${method}`);
  words.push(quoted(url));
  if (token) words.push(`-H 'Authorization: Bearer ${isShort ? `${token.slice(0, 12)}…` : token}'`);
  if (body !== undefined) {
    const shown = isShort && body.password ? { ...body, password: "…" } : body;
    words.push("-H 'Content-Type: application/json'", "-d", quoted(JSON.stringify(shown)));
  }
  return words.join(" ");
}

/** The command with a button that copies it in full. */
export function curlBox(call) {
  const text = element("pre", {}, curl(call, true));
  const button = element("button", { type: "button", class: "quiet" }, "Copy");
  button.setAttribute("aria-label", `Copy the curl command of ${call.method} ${call.path}`);
  button.addEventListener("click", async () => {
    await copy(curl(call), text);
    button.textContent = "Copied";
    announce("Copied");
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return element("div", { class: "copyable" }, text, button);
}

/** A body, indented if it is JSON. */
export function bodyText(call) {
  return call.json ? JSON.stringify(call.json, null, 2) : call.text || "(no body)";
}
