
// --- Controls

let waiting;
form.elements.words.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { filter(); remember(true); }, 80);
});
for (const field of fields.slice(1)) {
  form.elements[field].addEventListener("change", () => { filter(); remember(); });
}
form.elements.order.addEventListener("change", () => {
  sort.by = form.elements.order.value;
  sort.descending = false;
  filter();
  remember();
});
form.querySelector("button[type=reset]").addEventListener("click", (event) => {
  event.preventDefault();
  showView(new URLSearchParams());
  remember();
});
form.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => render(chunk));
if ("IntersectionObserver" in window && !isNarrow) {
  // A few times by itself; then the end of the page must be within reach.
  new IntersectionObserver((entries) => {
    if (rendered < chunk * 4 && entries.some((entry) => entry.isIntersecting)) render(chunk);
  }, { rootMargin: "600px" }).observe(more);
}
for (const header of table.querySelectorAll("th[data-sort]")) {
  const by = header.dataset.sort;
  const button = element("button", { type: "button" }, header.textContent);
  button.addEventListener("click", () => {
    sort.descending = sort.by === by && !sort.descending;
    sort.by = by;
    filter();
    remember();
  });
  // A header that is repeated on the next sheet holds no controls.
  header.replaceChildren(button, element("span", { class: "printed", "aria-hidden": "true" }, header.textContent));
}
// What is counted leads to what it counts.
const filterBy = (field, value) => {
  history.pushState(null, "", `#repositories?${new URLSearchParams({ [field]: value })}`);
  follow();
  form.elements.words.focus({ preventScroll: true });
};
for (const name of document.querySelectorAll(".list .name")) {
  const text = name.firstElementChild ?? name;
  text.replaceChildren(...breakable(text.textContent));
}
for (const tile of document.querySelectorAll(".tiles [data-status]")) {
  const button = element("button", { type: "button", onclick: () => filterBy("status", tile.dataset.status) });
  button.append(...tile.firstElementChild.childNodes);
  tile.replaceChildren(button);
}
const rules = new Set([...form.elements.rule.options].map((option) => option.value));
for (const place of document.querySelectorAll("p[data-rule]")) {
  if (!rules.has(place.dataset.rule)) continue;
  place.append(element("button", { type: "button", onclick: () => filterBy("rule", place.dataset.rule) }, "Show its repositories"));
}
addEventListener("keydown", (event) => {
  if (event.key === "/" && !card.open && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    form.elements.words.focus();
  } else if (card.open && (event.key === "ArrowLeft" || event.key === "ArrowRight") && !event.altKey && !event.metaKey) {
    step(event.key === "ArrowLeft" ? -1 : 1);
  }
});

// --- Charts: the legend holds the values at the pointer

for (const chart of document.querySelectorAll(".charts figure")) {
  const moments = [...chart.querySelectorAll(".moments rect")];
  if (!moments.length) continue;
  const figures = [...chart.querySelectorAll(".legend b")];
  const labels = figures.map((figure) => figure.previousSibling.textContent);
  const latest = figures.map((figure) => figure.textContent);
  const date = document.createElementNS("http://www.w3.org/2000/svg", "text");
  for (const [key, value] of Object.entries({ class: "tick when", x: 215, y: 118, "text-anchor": "middle" })) date.setAttribute(key, value);
  moments[0].parentNode.before(date);
  const tell = (when, values) => {
    date.textContent = when;
    figures.forEach((figure, index) => { figure.textContent = values[index]; });
  };
  for (const moment of moments) {
    // `2026-11-21 02:00 UTC: critical 2, high 11`: what the legend says need not cover the chart.
    const title = moment.firstElementChild;
    let place = title.textContent.indexOf("UTC") + 3;
    const values = labels.map((label) => {
      place = title.textContent.indexOf(label, place) + label.length;
      return title.textContent.slice(place).split(",")[0];
    });
    moment.addEventListener("pointerenter", () => tell(title.textContent.split(": ")[0], values));
    title.remove();
  }
  chart.addEventListener("pointerleave", () => tell("", latest));
}

// --- On paper: what is broken, as many repositories as somebody may read, and in detail what was found or not read

const printed = 300;
const paper = document.getElementById("paper");
const opened = [];
addEventListener("beforeprint", () => {
  render(Math.max(0, printed - rendered));
  if (rendered < matching.length) shown.textContent += `; the first ${rendered} are printed`;
  for (const details of document.querySelectorAll("details.broken:not([open])")) {
    details.open = true;
    opened.push(details);
  }
  const undecided = (row) => statusOf(row) === "skipped" ? undefined : data.texts[row[at.reason]];
  const rows = matching.slice(0, rendered).map((index) => data.repositories[index])
    .filter((row) => findingsOf(row).length || undecided(row));
  if (!rows.length) return;
  paper.replaceChildren(element("h2", {}, "In detail"), ...rows.map((row) => element("article", {},
    element("h3", {}, ...breakable(shortened(nameOf(row), 400))),
    row[at.parts] ? element("code", { class: "subject" }, subjectOf(row)) : null,
    undecided(row) ? element("p", { class: "finding" }, `Not decided: ${undecided(row)}`) : null,
    ...findingsOf(row).map(findingPiece))));
});
addEventListener("afterprint", () => {
  for (const details of opened.splice(0)) details.open = false;
  paper.replaceChildren();
  filter();
});

form.hidden = false;
filter();
follow();
