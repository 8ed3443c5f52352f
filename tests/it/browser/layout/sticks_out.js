// What reaches beyond the right edge, if the page can be scrolled sideways.
const page = document.documentElement;
if (page.scrollWidth <= page.clientWidth) return [];
return [...document.querySelectorAll("body *")]
  .filter((part) => part.getBoundingClientRect().right > page.clientWidth + 0.5)
  .map((part) => `${part.tagName.toLowerCase()}#${part.id}.${part.className} ${part.getBoundingClientRect().right}`)
  .concat(`the page is ${page.scrollWidth} wide`);
