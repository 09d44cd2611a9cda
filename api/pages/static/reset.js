// The page that the email links to. It posts to its own path, and stores the token only in a variable.

import { post } from "./api.js";
import { Form } from "./form.js";
import { byId, show } from "./page.js";
import { lengthReasons } from "./password.js";

// Matches a signed token, also inside a whole pasted link.
const TOKEN = /(?<![\w-])[\w-]+\.[\w-]+\.[\w-]{20,}/;
// Host names may look like a token.
const HOST = /https?:\/\/[^/\s]*/gi;
const DEAD = "invalid_or_expired_token";
const AT_ONCE = 300; // Milliseconds to wait for the check, so that the form does not flash up for a dead link.
// The outcome of these requests is unknown: if the link is dead afterwards, the password may have been set.
const UNKNOWN = new Set(["no_answer", "offline", "internal_error", "unavailable"]);
let token = "";
let sent = ""; // The token of the request in flight.

// Removes the token from the address bar and the history before anything else; the language may stay.
function takeLink() {
  const link = location.hash + location.search;
  const chosen = new URLSearchParams(location.search).has("locale") ? `?locale=${document.documentElement.lang}` : "";
  history.replaceState(null, "", location.pathname + chosen);
  return link;
}

// Resolves to whether the text contains a token.
async function open(text) {
  const found = text.replace(HOST, "").match(TOKEN)?.[0];
  if (!found) return false;
  token = found;
  byId("link").value = "";
  // A password typed so far was meant for another link, perhaps for another account.
  byId("password").value = "";
  byId("password").dispatchEvent(new Event("input", { bubbles: true }));
  byId("maybe-set").hidden = true;
  const late = new Promise((resolve) => setTimeout(resolve, AT_ONCE, false));
  if (!(await Promise.race([isDead(found), late]))) show("reset", byId("password"));
  return true;
}

// Only looks for a dead link: other errors are shown when the password is sent.
async function isDead(found) {
  const { code } = await post(`${location.pathname}/check`, { token: found });
  if (token !== found || (code !== DEAD && code !== "invalid_request")) return false;
  end("dead");
  return true;
}

function end(state) {
  token = "";
  byId("password").value = "";
  show(state);
}

function send() {
  const password = byId("password").value;
  const reasons = lengthReasons(password);
  sent = token;
  return reasons.length ? { code: "weak_password", reasons } : post(location.pathname, { token, password });
}

function settle({ code }) {
  if (sent !== token) return true; // Another link has been opened since.
  if (UNKNOWN.has(code)) byId("maybe-set").hidden = false;
  if (code === "ok") end("done");
  if (code === DEAD) end("dead");
  return code === "ok" || code === DEAD;
}

new Form(byId("choose"), send, settle);
new Form(
  byId("follow"),
  async () => ({ code: (await open(byId("link").value)) ? "ok" : "no_link" }),
  ({ code }) => code === "ok",
);

async function begin() {
  if (!(await open(takeLink()))) show("paste", byId("link"));
}

// Opening another link in the same tab only changes the hash and does not reload the page.
addEventListener("hashchange", () => location.hash && begin());
begin();
