// The field whose label begins with these words, as somebody hears it who does not see the page.
const visible = (field) => field.checkVisibility({ visibilityProperty: true });
const name = (field) => {
  const labels = [...field.labels].map((label) => label.innerText);
  const ids = field.getAttribute("aria-labelledby")?.split(" ") ?? [];
  const beside = ids.map((id) => document.getElementById(id)?.innerText ?? "");
  return [...labels, ...beside, field.getAttribute("aria-label") ?? ""].join(" ").trim();
};
const fields = [...document.querySelectorAll("input, select, textarea")].filter(visible);
return fields.findLast((field) => name(field).startsWith(arguments[0])) ?? null;
