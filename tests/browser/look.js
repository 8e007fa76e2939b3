// Lists the faults of the page.
(() => {
  const faults = [];
  const wide = document.documentElement.clientWidth;
  const name = (element) =>
    `<${element.localName}${element.id ? "#" + element.id : ""}> ${element.textContent.trim().slice(0, 40)}`;
  const scrolls = (element) => element.closest(".scroll") && !element.matches(".scroll");

  if (document.documentElement.scrollWidth > wide) {
    faults.push(`the page is ${document.documentElement.scrollWidth} px wide on ${wide} px`);
  }
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    const isDrawn = box.width > 0 && box.height > 0 && !element.closest("defs");
    if (isDrawn && !scrolls(element) && (box.right > wide + 1 || box.left < -1)) {
      faults.push(`past the edge: ${name(element)}`);
    }
    // Text must fit its element, and scrolling elements must be reachable by keyboard.
    if (element.matches("h1, h2, p, li, dd, dt, th, td, caption") && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) {
      faults.push(`its text is cut or overflows: ${name(element)}`);
    }
  }
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.tabIndex !== 0 || box.scrollWidth - box.clientWidth > 4 * wide) {
      faults.push(`cannot be scrolled properly: ${name(box)}`);
    }
  }

  const labelled = (element, attribute) =>
    (element.getAttribute(attribute) || "").split(" ").map((id) => document.getElementById(id));
  const charts = [...document.querySelectorAll("svg")];
  if (charts.length === 0) faults.push("there is no chart");
  for (const svg of charts) {
    const [title, desc] = labelled(svg, "aria-labelledby");
    const [table] = labelled(svg, "aria-details");
    const isLabelled = [title, desc].every((part) => part && svg.contains(part) && part.textContent.trim());
    if (svg.getAttribute("role") !== "img" || !isLabelled) faults.push(`a chart without role, title or description: ${name(svg)}`);
    const cells = table && table.localName === "table" ? table.textContent : "";
    const values = [...svg.querySelectorAll(".value")].map((value) => value.textContent);
    const hasTable = cells && table.tBodies[0].rows.length >= values.length && values.every((value) => cells.includes(value));
    if (!hasTable) faults.push(`no table has the values of this chart: ${name(svg)}`);
    const texts = [...svg.querySelectorAll("text")].map((text) => text.getBoundingClientRect());
    const clash = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
    if (texts.some((a, i) => texts.some((b, j) => i < j && clash(a, b)))) faults.push(`labels on top of each other: ${name(svg)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids.filter((id, index) => ids.indexOf(id) !== index)) faults.push(`the id ${id} is there twice`);
  for (const link of document.querySelectorAll("a[href]")) {
    if (!document.getElementById(link.getAttribute("href").slice(1))) faults.push(`leads nowhere: ${name(link)}`);
  }

  // WCAG 2.2, 1.4.3: text stands out from its ground by 4.5 to 1.
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const linear = (part) => ((part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = (colour) => parts(colour).slice(0, 3).map(linear).reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (parts(colour).length === 3) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  for (const element of document.body.querySelectorAll("*")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!hasText || element.matches("title, desc")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(element.closest("svg") ? style.fill : style.color), light(ground(element))].sort().reverse();
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faults.push(`a contrast of ${contrast.toFixed(1)}: ${name(element)}`);
    if (parseFloat(style.fontSize) < 12) faults.push(`text of ${style.fontSize}: ${name(element)}`);
  }
  return [...new Set(faults)].slice(0, 30);
})();
