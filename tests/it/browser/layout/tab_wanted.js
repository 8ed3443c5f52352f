// Remembers every control that the Tab key should reach, and says how many there are.
const root = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
const controls = "a[href], button, input, select, textarea, summary, [tabindex='0']";
const isVisible = (control) => !control.disabled && control.checkVisibility({ visibilityProperty: true });
// One of a group of radio buttons has the focus; the arrow keys reach the others.
const speaksForGroup = (control) => {
  if (control.type !== "radio") return true;
  const group = [...root.querySelectorAll("input[type=radio]")].filter((one) => one.name === control.name);
  return control === (group.find((one) => one.checked) ?? group[0]);
};
window.wanted = new Set([...root.querySelectorAll(controls)].filter(isVisible).filter(speaksForGroup));
document.activeElement?.blur?.();
return window.wanted.size;
