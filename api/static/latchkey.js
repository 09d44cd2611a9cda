// The hosted pages talk to the same API as everybody else. What a code means to a person is written here.

const TEXTS = {
  invalid_request: "Please enter one complete mail address.",
  rate_limited: "Those were a lot of requests. Please wait a little and try again.",
  unavailable: "This is not possible at the moment. Please try again in a few seconds.",
  offline: "The server cannot be reached. Please check your connection and try again.",
  too_short: "This password is too short.",
  too_long: "This password is too long.",
  contains_nul: "This password holds a character that cannot be used.",
  too_common: "This password is easy to guess. Please choose several words that do not belong together.",
  like_address: "This password is too close to your mail address.",
  like_product: "This password is too close to the name of this site.",
  same_as_old: "This is the password that you have now. Please choose another one.",
  breached: "This password has leaked somewhere, so others know it. Please choose another one.",
};
const OTHER = "Something went wrong on our side. Please try again.";
// The alphabet of a signed token: it survives being pasted with the rest of its link.
const TOKEN = /[\w-]+\.[\w-]+\.[\w-]{20,}/;
// Names of hosts may look like one.
const HOST = /https?:\/\/[^/\s]*/gi;

const byId = (id) => document.getElementById(id);

async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
    });
    return { ok: answer.ok, ...(await answer.json()) };
  } catch {
    return { ok: false, code: "offline" };
  }
}

function show(id) {
  for (const part of document.querySelectorAll("main > form, main > section")) part.hidden = part.id !== id;
  const part = byId(id);
  (part.querySelector("input") ?? part).focus();
}

function say(form, text) {
  const note = form.querySelector(".note");
  note.hidden = !text;
  note.textContent = text;
}

// Runs `work` while the button rests, so that an impatient second click sends nothing twice.
function onSubmit(form, work) {
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    say(form, "");
    await work();
    button.disabled = false;
  });
}

function forgotPage(form) {
  onSubmit(form, async () => {
    const answer = await post("/forgot-password", { email: byId("email").value });
    if (answer.ok) show("sent");
    else say(form, TEXTS[answer.code] ?? OTHER);
  });
}

function resetPage(form, paste) {
  let token = "";

  async function open(text) {
    token = text.replace(HOST, "").match(TOKEN)?.[0] ?? "";
    if (!token) return show("paste");
    const answer = await post("/reset-password/check", { token });
    if (answer.code === "invalid_or_expired_token") return show("dead");
    show("reset");
    if (!answer.ok) say(form, TEXTS[answer.code] ?? OTHER);
  }

  onSubmit(paste, async () => {
    await open(byId("link").value);
    if (!token) say(paste, "There is no link in this text. Please copy it whole.");
  });

  onSubmit(form, async () => {
    const answer = await post("/reset-password", { token, password: byId("password").value });
    if (answer.ok) return show("done");
    if (answer.code === "invalid_or_expired_token") return show("dead");
    const reasons = (answer.reasons ?? []).map((reason) => TEXTS[reason] ?? "This password cannot be used.");
    say(form, reasons.join(" ") || (answer.code === "invalid_request" ? "Please enter a password." : TEXTS[answer.code] ?? OTHER));
  });

  byId("show").addEventListener("change", (event) => {
    byId("password").type = event.target.checked ? "text" : "password";
  });

  const link = location.hash + location.search;
  // The token leaves the address bar and the history before anything else happens.
  history.replaceState(null, "", location.pathname);
  open(link);
}

if (byId("forgot")) forgotPage(byId("forgot"));
if (byId("reset")) resetPage(byId("reset"), byId("paste"));
