// Finds the token in a link, whatever mail programs, scanners and people have done to it. The API takes it whole or not.

// A token as the worker signs it: what it says (a JSON array of texts, in base64), when, and the signature.
const TOKEN = /Wy[IJ][\w-]{1,1024}\.[\w-]{6}\.[\w-]{43}/;
const WORD = /[\w.-]+/g;
// Names of hosts may look like one.
const HOST = /https?:\/\/[^/\s]*/gi;
const ENTITY = /&#?\w{1,20};/g;
const SOFT_BREAK = /=\s+/g; // Quoted-printable breaks lines so (RFC 2045, 6.7),
const ESCAPE = /=(2D|2E|3D|5F)/g; // and writes these so, of what stands in a link.
// White space, marks of a quoted line, and characters that nobody sees.
const NOISE = /[\s=+<>"'*\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g;
const MOST_LAYERS = 6;
const LONGEST = 8192; // Characters that are read: some patterns take the square of the length, and the tab stands still.

export function tokenIn(text) {
  const layers = peeled(text.slice(0, LONGEST));
  for (const layer of layers) {
    const joined = layer.replace(SOFT_BREAK, "").replace(ENTITY, "");
    const escaped = joined.replace(ESCAPE, (_, hex) => character(hex));
    const texts = new Set([layer, escaped.replace(NOISE, ""), joined.replace(NOISE, "")]);
    const found = [...texts].map(whole).find(Boolean);
    if (found) return found;
  }
  return layers.map((layer) => likeOne(layer.replace(ESCAPE, " ").replace(HOST, ""))).find(Boolean) || "";
}

// Three parts, the last one long: perhaps a token that was cut off, so that the API can say that it is dead.
function likeOne(text) {
  for (const word of text.match(WORD) || []) {
    const parts = word.split(".");
    const first = parts.findIndex((part, at) => part && parts[at + 1] && parts[at + 2] && parts[at + 2].length >= 20);
    if (first >= 0) return parts.slice(first, first + 3).join(".");
  }
  return "";
}

function whole(text) {
  const found = TOKEN.exec(text);
  return found && found[0];
}

// The text, and what comes out when its percent signs are decoded, and so on: a link within a link is encoded twice.
function peeled(text) {
  const layers = [urldefense(text)];
  while (layers.length < MOST_LAYERS) {
    const next = decoded(layers[layers.length - 1]);
    if (layers.includes(next)) break;
    layers.push(next);
  }
  return layers;
}

// Not decodeURIComponent alone: a text that is no UTF-8 somewhere would give nothing at all.
function decoded(text) {
  return text.replace(/(%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run.replace(/%(..)/g, (_, hex) => character(hex));
    }
  });
}

// Proofpoint's second version writes `-` for a percent sign and `_` for a slash.
function urldefense(text) {
  if (!/urldefense.{0,200}?(\/|%(25)*2f)v2(\/|%(25)*2f)/i.test(text)) return text;
  return text.replace(/-([0-9A-F]{2})/g, "%$1").replace(/_/g, "/");
}

const character = (hex) => String.fromCharCode(parseInt(hex, 16));
