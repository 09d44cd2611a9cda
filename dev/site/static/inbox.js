// Polls for new mails, opens a mail next to the list, and remembers which were read. Without this script, each mail is a
// separate page.
const INTERVAL = 1500; // Milliseconds.
const READ = "latchkey-read";

const inbox = document.querySelector("#inbox");
const mails = document.querySelector("#mails");
const empty = document.querySelector("#empty");
const pageTitle = document.title;
let version = "";

const rows = () => [...mails.children];
const link = (row) => row.querySelector("a");
const current = () => mails.querySelector("[aria-current]");

function readMails() {
  try {
    return new Set(JSON.parse(localStorage.getItem(READ)));
  } catch {
    return new Set();
  }
}

function markRead(row) {
  const there = rows().map(({ id }) => id);
  const read = [...readMails(), row && row.id].filter((id) => there.includes(id));
  localStorage.setItem(READ, JSON.stringify([...new Set(read)]));
  showRead();
}

function showRead() {
  const read = readMails();
  for (const row of rows()) row.querySelector(".unread").hidden = read.has(row.id);
  const unread = rows().filter(({ id }) => !read.has(id)).length;
  document.title = unread ? `(${unread}) ${pageTitle}` : pageTitle;
  empty.hidden = rows().length === 0;
}

function showTimes(within) {
  const today = new Date().toDateString();
  for (const time of within.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const short = at.toDateString() === today ? { timeStyle: "short" } : { day: "numeric", month: "short" };
    const shown = "long" in time.dataset ? { dateStyle: "medium", timeStyle: "long" } : short;
    time.textContent = new Intl.DateTimeFormat("en-GB", shown).format(at);
  }
}

// Scripts are blocked in the frame, but this page may measure it.
function prepare(frame) {
  const inside = frame.contentDocument;
  if (!inside || !inside.body || inside.URL === "about:blank") return;
  // Called on the prototype: elements of a mail can shadow the document's own properties by their name (DOM clobbering).
  for (const anchor of Document.prototype.querySelectorAll.call(inside, "a, area")) {
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer";
  }
  const fit = () => {
    if (!frame.clientWidth) return; // Currently hidden.
    const pane = frame.closest("#reading");
    const { scrollTop } = pane;
    frame.style.height = "0";
    frame.style.height = `${inside.documentElement.scrollHeight + 2}px`;
    pane.scrollTop = scrollTop;
  };
  let width = 0;
  new ResizeObserver(() => {
    if (frame.clientWidth === width) return;
    width = frame.clientWidth;
    fit();
  }).observe(frame);
}

function showMail() {
  const frame = document.querySelector("#reading iframe");
  if (frame) {
    frame.addEventListener("load", () => prepare(frame));
    if (frame.contentDocument && frame.contentDocument.readyState === "complete") prepare(frame);
  }
  showTimes(document.querySelector("#reading"));
  const read = current();
  markRead(read && read.parentElement);
}

async function load(address, headers = {}) {
  const answer = await fetch(address, { headers, cache: "no-store" });
  if (answer.status === 304) return null;
  if (!answer.ok) throw new Error(answer.statusText);
  version = answer.headers.get("ETag");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Only adds and removes rows, so that focus, selection and scroll position are kept.
function update(found) {
  const there = [...found.querySelector("#mails").children];
  for (const row of rows()) if (!there.some(({ id }) => id === row.id)) row.remove();
  const fresh = there.filter(({ id }) => !document.getElementById(id));
  mails.prepend(...fresh);
  showTimes(mails);
  showRead();
  if (fresh.length) document.querySelector("#news").textContent = `New email: ${fresh[0].querySelector(".what").textContent}`;
}

async function look() {
  const gone = document.querySelector("#gone span");
  try {
    const found = await load(inbox.dataset.page, { "If-None-Match": version });
    gone.hidden = true;
    if (found) update(found);
  } catch {
    gone.hidden = false;
  }
  setTimeout(look, INTERVAL);
}

async function open(address) {
  const asText = document.querySelector("#as-text:checked");
  const found = await load(address);
  update(found);
  inbox.className = found.querySelector("#inbox").className;
  document.querySelector("#reading").replaceWith(found.querySelector("#reading"));
  const toText = document.querySelector("#as-text");
  if (asText && toText) toText.click();
  const before = current();
  if (before) before.removeAttribute("aria-current");
  const path = new URL(address, location).pathname;
  const shown = rows().map(link).find(({ pathname }) => pathname === path);
  if (shown) shown.setAttribute("aria-current", "true");
  showMail();
  const subject = document.querySelector("#subject");
  if (subject) subject.focus();
}

addEventListener("click", (event) => {
  const clicked = event.target.closest("#mails a, .back");
  if (!clicked || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const from = current();
  open(clicked.href).then(
    () => {
      history.pushState(null, "", clicked.href);
      if (clicked.matches(".back") && from) from.focus();
    },
    () => location.assign(clicked.href),
  );
});

addEventListener("popstate", () => open(location.href).catch(() => location.reload()));

addEventListener("keydown", (event) => {
  const shown = current();
  if (event.key === "Escape" && event.target.closest("#reading") && shown) shown.focus();
  const row = event.target.closest("#mails li");
  const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!row || !next) return;
  event.preventDefault();
  if (row[next]) link(row[next]).focus();
});

empty.addEventListener("click", async () => {
  if (!confirm("Delete all emails?")) return;
  await fetch(inbox.dataset.messages, { method: "DELETE" });
  location.assign(inbox.dataset.page);
});

showTimes(mails);
showMail();
look();
