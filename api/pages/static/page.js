// A page shows one of its sections. All texts are already in the HTML; scripts only show and hide them.

export const byId = (id) => document.getElementById(id);

// The page's own address. A path alone may begin with two slashes, which would make its first part a host.
export const here = () => location.origin + location.pathname;

// Shows a section and moves the focus to a field, or else to the heading, so that screen readers announce it.
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
