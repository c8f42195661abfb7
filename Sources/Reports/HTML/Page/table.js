
// --- The repositories: which of them, in which order

const table = document.getElementById("table");
const body = table.tBodies[0];
const form = document.getElementById("filters");
const shown = document.getElementById("shown");
const more = document.getElementById("more");
const isNarrow = matchMedia("(max-width: 720px)").matches;
const chunk = isNarrow ? 20 : 100;

const sort = { by: "status", descending: false };
let matching = [];
let rendered = 0;
let haystack;

// Numbers that a comparison of texts would have to be worked out for again and again.
const ranks = (values) => {
  const order = [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const places = new Map(order.map((value, place) => [value, place]));
  return values.map((value) => places.get(value));
};
const keys = {
  status: () => data.repositories.map((row, index) => urgency[row[at.status]] * heaviest + weights[index]),
  name: () => data.repositories.map((_, index) => index),
  findings: () => weights,
  subject: () => ranks(data.repositories.map(subjectOf)),
  source: () => ranks(data.repositories.map(sourceOf)),
  since: () => ranks(data.repositories.map(sinceOf)),
};
const keyOf = {};

const texts = () => {
  haystack ??= data.repositories.map((row) => {
    const template = (data.templates[row[at.template]] || []).join(" ");
    return `${nameOf(row)} ${subjectOf(row)} ${template} ${data.texts[row[at.reason]] ?? ""}`.toLowerCase();
  });
  return haystack;
};

function filter() {
  const wanted = Object.fromEntries(new FormData(form));
  const search = wanted.words.toLowerCase().split(/\s+/).filter(Boolean);
  const lines = search.length ? texts() : [];
  matching = [];
  data.repositories.forEach((row, index) => {
    if (wanted.status && statusOf(row) !== wanted.status) return;
    if (wanted.source && sourceOf(row) !== wanted.source) return;
    if (wanted.rule || wanted.severity || wanted.accepted) {
      const found = (row[at.findings] || []).some((finding) => {
        const [rule, severity] = data.violations[finding[0]];
        return (!wanted.rule || rule === wanted.rule) &&
          (!wanted.severity || (severity === wanted.severity && (finding[3] < 0 || wanted.accepted === "yes"))) &&
          (!wanted.accepted || isAccepted(finding) === (wanted.accepted === "yes"));
      });
      // What can't be read has no findings.
      const isUnread = wanted.accepted && !wanted.rule && !wanted.severity && statusOf(row) === "unreadable" &&
        (row[at.accepted] === 1) === (wanted.accepted === "yes");
      if (!found && !isUnread) return;
    }
    if (!search.every((word) => lines[index].includes(word))) return;
    matching.push(index);
  });
  const key = (keyOf[sort.by] ??= keys[sort.by]());
  const sign = sort.descending ? -1 : 1;
  matching.sort((a, b) => sign * (key[a] - key[b]) || a - b);
  for (const header of table.querySelectorAll("th[data-sort]")) {
    if (header.dataset.sort === sort.by) header.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
    else header.removeAttribute("aria-sort");
  }
  form.elements.order.value = sort.by;
  body.replaceChildren();
  rendered = 0;
  render(chunk);
  const all = data.repositories.length;
  const everything = all === 1 ? "1 repository" : `${all} repositories`;
  shown.textContent = matching.length === all ? everything : `${matching.length} of ${everything}`;
}

function render(count) {
  const end = Math.min(matching.length, rendered + count);
  const rows = document.createDocumentFragment();
  for (; rendered < end; rendered += 1) rows.append(line(data.repositories[matching[rendered]]));
  body.append(rows);
  if (!matching.length) body.append(element("tr", { role: "row" }, element("td", { role: "cell", colSpan: 6 }, "No repository matches.")));
  more.hidden = rendered >= matching.length;
  more.textContent = `Show more (${matching.length - rendered} left)`;
}

function line(row) {
  const findings = element("td", { role: "cell", "data-label": "Findings" });
  const marks = marksOf(row);
  findingsOf(row).forEach((finding, index) => {
    const mark = marks[index];
    const look = `${isOpen(finding) ? finding.severity : "waived"}${mark ? " known" : ""}`;
    findings.append(severityPill(look, mark ? `${finding.rule} · ${mark}` : finding.rule), " ");
  });
  const reason = data.texts[row[at.reason]];
  if (reason) findings.append(element("span", { class: "why" }, shortened(reason, 240)));
  const acceptance = acceptanceOf(row);
  return element("tr", { role: "row" },
    element("td", { role: "cell", "data-label": "Status" }, element("span", { class: `status ${statusOf(row)}` }, statusOf(row)),
      acceptance ? element("small", {}, ` ${acceptance}`) : null),
    element("th", { role: "rowheader", scope: "row" }, element("a", { href: linkTo(nameOf(row)) }, ...breakable(shortened(nameOf(row), 200)))),
    findings,
    element("td", { role: "cell", class: "code", "data-label": "Subject" }, shortened(subjectOf(row), 400)),
    element("td", { role: "cell", "data-label": "Source" }, words(sourceOf(row))),
    element("td", { role: "cell", "data-label": "Unchanged since" }, sinceOf(row).slice(0, 10)));
}
