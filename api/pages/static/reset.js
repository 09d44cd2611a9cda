// The page that the mail's link leads to. It posts to its own path, and keeps the token in a variable alone.

import { post } from "./api.js";
import { Form } from "./form.js";
import { byId, show } from "./page.js";
import { lengthReasons } from "./password.js";

// The alphabet of a signed token: it survives being pasted with the rest of its link.
const TOKEN = /(?<![\w-])[\w-]+\.[\w-]+\.[\w-]{20,}/;
// Names of hosts may look like one.
const HOST = /https?:\/\/[^/\s]*/gi;
const DEAD = "invalid_or_expired_token";
const AT_ONCE = 300; // Milliseconds that the page waits for the check, so that a dead link shows no form first.
// Nobody knows what became of a request that ended so: a link that is dead afterwards may have done its work.
const UNKNOWN = new Set(["no_answer", "offline", "internal_error", "unavailable"]);
let token = "";
let sent = ""; // The token of the request that is on its way.

// The token leaves the address bar and the history before anything else happens; the language may stay.
function takeLink() {
  const link = location.hash + location.search;
  const chosen = new URLSearchParams(location.search).has("locale") ? `?locale=${document.documentElement.lang}` : "";
  history.replaceState(null, "", location.pathname + chosen);
  return link;
}

// Returns whether there is a token in the text.
async function open(text) {
  const found = text.replace(HOST, "").match(TOKEN)?.[0];
  if (!found) return false;
  token = found;
  byId("link").value = "";
  // Typed for another link, perhaps another account.
  byId("password").value = "";
  byId("password").dispatchEvent(new Event("input", { bubbles: true }));
  byId("maybe-set").hidden = true;
  const late = new Promise((resolve) => setTimeout(resolve, AT_ONCE, false));
  if (!(await Promise.race([isDead(found), late]))) show("reset", byId("password"));
  return true;
}

// A courtesy: whatever else is in the way will be said when the password is sent.
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
  if (sent !== token) return true; // Another link was opened meanwhile.
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

// Another link opened in the same tab loads nothing.
addEventListener("hashchange", () => location.hash && begin());
begin();
