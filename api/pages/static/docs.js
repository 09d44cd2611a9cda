// Gives the API's documentation the page's light or dark colours: RapiDoc does not follow the browser's preference.

import "./rapidoc-min.js";

const shown = document.querySelector("rapi-doc");
// RapiDoc takes the API for being at the root of this server. It may be under a path.
for (const name of ["server-url", "default-api-server"]) shown.setAttribute(name, new URL(".", location.href).href);

const dark = matchMedia("(prefers-color-scheme: dark)");

function paint() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const colors = {
    theme: dark.matches ? "dark" : "light",
    "bg-color": color("--back"),
    "text-color": color("--text"),
    "nav-bg-color": color("--side"),
    "nav-text-color": color("--text"),
    "primary-color": dark.matches ? shown.dataset.dark : shown.dataset.light,
  };
  for (const [name, value] of Object.entries(colors)) shown.setAttribute(name, value);
}

dark.addEventListener("change", paint);
paint();
