// Posts to the API. Every outcome has a code: the API's own, or a substitute if a proxy responded or nothing did.

const PATIENCE = 15000; // Milliseconds.
const LONGEST_WAIT = 3600; // Seconds, because a proxy's Retry-After may be years.
// For proxies, which may respond without JSON. After a 502 or 504 it is unknown how far the request got.
const CODES = { 408: "no_answer", 429: "rate_limited", 502: "no_answer", 503: "unavailable", 504: "no_answer" };

export async function post(path, body) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), PATIENCE);
  try {
    return await read(await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, locale: document.documentElement.lang }),
      signal: control.signal,
    }));
  } catch {
    return { code: control.signal.aborted ? "no_answer" : "offline" };
  } finally {
    clearTimeout(timer);
  }
}

async function read(answer) {
  const found = parsed(await answer.text());
  // A 200 without JSON is not from the API, but for example a hotel network's login page.
  if (answer.ok) return { code: found ? "ok" : "internal_error" };
  const { code, reasons } = found || {};
  const asked = Number.parseInt(answer.headers.get("Retry-After"), 10) || (answer.status === 503 ? 5 : 60);
  const wait = Math.min(Math.max(asked, 1), LONGEST_WAIT);
  return { code: code || CODES[answer.status] || "internal_error", reasons: [].concat(reasons || []), wait };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
