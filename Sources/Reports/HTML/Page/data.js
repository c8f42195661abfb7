// What the page's data says. Everything from the report goes into the page as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const at = Object.fromEntries(data.columns.map((name, index) => [name, index]));
const severities = data.severities; // the worst first

// --- What a row says

const nameOf = (row) => row[at.name];
const partsOf = (row) => row[at.parts] ?? [];
const subjectOf = (row) => (row[at.parts] ? partsOf(row).join(":") : "");
const statusOf = (row) => data.statuses[row[at.status]];
const sourceOf = (row) => data.sources[row[at.source]] ?? "";
const sinceOf = (row) => data.texts[row[at.since]] ?? "";
const findingsOf = (row) =>
  (row[at.findings] || []).map(([violation, state, since, waiver, inBaseline, further]) => {
    const [rule, severity, message, expected, isChoice, actual, remediation] = data.violations[violation];
    return {
      rule, severity, message, expected, isChoice, actual, remediation,
      state: data.states[state], since: data.texts[since], waiver: data.waivers[waiver], inBaseline, further,
    };
  });
const isOpen = (finding) => finding.waiver === undefined;
// The same of a finding as it stands in its row: a waiver, or the baseline where that lets findings through.
const isAccepted = (finding) => finding[3] >= 0 || (data.newOnly && finding[4] === 1);
// What accepts each finding of a row, in a word.
const marksOf = (row) => (row[at.findings] || []).map((finding) => (finding[3] >= 0 ? "waived" : isAccepted(finding) ? "baseline" : undefined));
// That what the status says is accepted, all of it.
function acceptanceOf(row) {
  if (row[at.accepted]) return "accepted";
  const known = statusOf(row) === "violating" && row[at.reason] < 0 && (row[at.findings] || []).every(isAccepted);
  return known ? "in the baseline" : undefined;
}
const words = (text) => text.replaceAll("_", " ");

// Days before the scan, by the calendar of UTC, as the first screen counts them.
const dayOf = (time) => Math.floor(Date.parse(time) / 86_400_000);
const minuteOf = (time) => `${time.slice(0, 10)} ${time.slice(11, 16)}`;
function ageOf(time) {
  const days = dayOf(data.started) - dayOf(time);
  return days < 1 ? "less than a day" : days === 1 ? "1 day" : `${days} days`;
}

// The least comes first: by the worst severity of what nothing accepts, then by how many.
const mostFindings = 1000;
const weights = data.repositories.map((row) => {
  let worst = severities.length, count = 0;
  for (const finding of row[at.findings] || []) {
    if (isAccepted(finding)) continue;
    worst = Math.min(worst, severities.indexOf(data.violations[finding[0]][1]));
    count += 1;
  }
  return (worst + 1) * mostFindings - Math.min(count, mostFindings);
});
const heaviest = (severities.length + 2) * mostFindings;
const statusOrder = ["violating", "unreadable", "waived", "compliant", "skipped"];
const urgency = data.statuses.map((status) => statusOrder.indexOf(status));

// --- Pieces of the page

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("data-") || key.startsWith("aria-") || key === "scope" || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
const shortened = (text, length) => (text.length > length ? `${text.slice(0, length)}…` : text);
const severityPill = (severity, text) => element("span", { class: `severity ${severity}` }, text);
// A name that is too long for its line goes on after one of its marks, not within a word.
const breakable = (text) => text.split(/(?<=[/._-])/).flatMap((piece, index) => (index ? [element("wbr"), piece] : [piece]));
