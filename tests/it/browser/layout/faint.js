// Visible text whose contrast is below WCAG's AA, https://www.w3.org/TR/WCAG22/#contrast-minimum.
for (const moving of document.getAnimations()) moving.finish();

const parts = (color) => {
  const numbers = color.match(/[\d.]+(e-?\d+)?/g).map(Number);
  const scale = color.startsWith("color(") ? 1 : 255;
  const [red, green, blue, alpha = 1] = numbers;
  return { rgb: [red, green, blue].map((part) => part / scale), alpha };
};
const over = (above, below) =>
  above.rgb.map((part, nth) => part * above.alpha + below[nth] * (1 - above.alpha));
const luminance = (rgb) => {
  const [red, green, blue] = rgb.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

// What is behind an element, from its own background down to the canvas.
function ground(element) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const layers = [];
  for (let part = element; part; part = part.parentElement) {
    const layer = parts(getComputedStyle(part).backgroundColor);
    layers.push(layer);
    if (layer.alpha === 1) break;
  }
  return layers.reduceRight((below, layer) => over(layer, below), dark ? [0, 0, 0] : [1, 1, 1]);
}

function opacity(element) {
  let left = 1;
  for (let part = element; part; part = part.parentElement) left *= Number(getComputedStyle(part).opacity);
  return left;
}

const dialogs = [...document.querySelectorAll("dialog[open]")];
const root = dialogs.at(-1) ?? document.body;
const isVisible = (element) =>
  element.checkVisibility({ visibilityProperty: true }) && !element.closest(".unseen, [disabled], #said");
const faint = [];

function judge(element, color, text) {
  const style = getComputedStyle(element);
  const below = ground(element);
  const drawn = parts(color);
  drawn.alpha *= opacity(element);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const reached = contrast(over(drawn, below), below);
  if (reached < (isLarge ? 3 : 4.5)) {
    faint.push(`${reached.toFixed(2)}: “${text.trim().slice(0, 60)}” in ${element.tagName.toLowerCase()}.${element.className}`);
  }
}

const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  const text = texts.currentNode.data;
  if (text.trim() === "" || !isVisible(element) || element.closest("select, textarea")) continue;
  judge(element, getComputedStyle(element).color, text);
}
for (const field of root.querySelectorAll("input, select, textarea")) {
  if (!isVisible(field) || ["radio", "checkbox"].includes(field.type)) continue;
  judge(field, getComputedStyle(field).color, field.value || "a field's text");
  if (field.placeholder) judge(field, getComputedStyle(field, "::placeholder").color, field.placeholder);
}
return faint;
