// A page is one of its sections at a time. All texts stand in the page already; scripts show and hide.

export const byId = (id) => document.getElementById(id);

// Shows a section and begins there: at a field of it, or else at its heading, which screen readers then say.
export function show(id, field) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== id;
  const heading = byId(id).querySelector("h1");
  document.title = `${heading.textContent} · ${document.body.dataset.product}`;
  (field || heading).focus();
}

// Takes back what the page says while its scripts are not there.
export function ready() {
  for (const line of document.querySelectorAll(".unready")) line.hidden = true;
}
