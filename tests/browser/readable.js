() => {
  // What keeps a page from being read and used: each text against what is behind it, each control by its name and size
  // (WCAG 2.2 AA: 1.4.3, 1.4.10, 2.5.8, 4.1.2). Gives a list of faults in words.
  const found = [];

  const rgba = (text) => {
    const parts = text.match(/[\d.]+/g).map(Number);
    return [...parts.slice(0, 3), parts[3] ?? 1];
  };
  const light = (color) => {
    const [red, green, blue] = color.slice(0, 3).map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = rgba(getComputedStyle(one).backgroundColor);
      if (color[3] === 1) return color;
    }
    return [255, 255, 255, 1];
  };
  const shown = (element) =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest(".unseen, template, script");

  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const element = node.parentElement;
    const text = node.data.trim();
    if (!text || !shown(element) || element.closest(":disabled, #hearts, noscript, option")) continue;
    const pair = [light(rgba(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) found.push(`contrast ${ratio.toFixed(2)}: ${text.slice(0, 30)}`);
  }

  for (const element of document.querySelectorAll("button, input:not([type=hidden]), select, textarea, a[href]")) {
    if (!shown(element)) continue;
    const name = element.ariaLabel || (element.labels?.[0] ?? element).textContent.trim();
    const { width, height } = element.getBoundingClientRect();
    const least = element.type === "checkbox" ? 20 : 24;
    if (!name) found.push(`no name: ${element.outerHTML.slice(0, 60)}`);
    if (element.tagName !== "A" && Math.min(width, height) < least) found.push(`small: ${name}`);
  }

  for (const image of document.querySelectorAll("img:not([alt])")) found.push(`no alt: ${image.src}`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push(`id twice: ${id}`);
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(/\s+/)) {
        if (!document.getElementById(id)) found.push(`points nowhere: ${id}`);
      }
    }
  }
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) found.push(`wider than the screen by ${over}`);
  return found;
}
