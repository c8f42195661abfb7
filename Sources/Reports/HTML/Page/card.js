
// --- One repository

const choosers = new Map(Object.entries(data.claims));
const chooserOf = (claim) => (choosers.has(claim) ? `chosen by: ${choosers.get(claim)}` : undefined);

// A subject as its claims: what differs from job to job is dashed, and says who chooses it.
function chips(claims, parts, { lacking = [], joint = null } = {}) {
  const list = element("ul", { class: "chips" });
  claims.forEach((claim, index) => {
    if (index > 0 && joint) list.append(element("li", { class: "joint", "aria-hidden": "true" }, joint));
    const text = parts?.[index] ?? claim;
    const kind = lacking.includes(claim) ? "lacking" : text.includes("{") ? "varying" : "";
    list.append(element("li", { class: kind, title: chooserOf(claim) ?? "" }, shortened(text, 300)));
  });
  if (!claims.length) list.append(element("li", { class: "joint" }, "nothing"));
  return list;
}

const titled = (title, ...children) => [element("h3", {}, title), ...children];
const facts = (pairs) =>
  element("dl", { class: "plain" }, ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));

function copyButton(code) {
  const button = element("button", { type: "button", class: "copy", "aria-label": "copy the subject" }, "Copy");
  button.addEventListener("click", async () => {
    let isDone = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // A page that may not write to the clipboard may still copy what is selected.
      getSelection().selectAllChildren(code);
      isDone = document.execCommand("copy");
    }
    button.textContent = isDone ? "Copied" : "Not allowed";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}

function subjectPiece(row) {
  const template = data.templates[row[at.template]];
  if (!template) return [];
  const parts = row[at.parts];
  const code = element("code", { class: "subject" }, parts ? subjectOf(row) : "unknown: GitHub did not say which format it has");
  const claims = template.map((claim) => chooserOf(claim) && `${claim} is ${chooserOf(claim).replace(":", "")}`).filter(Boolean);
  return titled("Subject of its tokens", chips(template, parts, { joint: ":" }),
    element("div", { class: "copied" }, code, parts ? copyButton(code) : null),
    claims.length ? element("p", { class: "meta" }, `${claims.join("; ")}.`) : null,
    parts && subjectOf(row).includes("{") ? element("p", { class: "meta" }, "Parts in braces differ from job to job: a trust policy needs their values.") : null,
    row[at.certain] || !parts ? null : element("p", { class: "meta" }, "GitHub does not document how every part of it is rendered."));
}

function historyOf(finding) {
  const state = finding.state === "recurring" ? "" : finding.state;
  const open = finding.since >= data.started ? "" : `open for ${ageOf(finding.since)}, since ${finding.since.slice(0, 10)}`;
  return [
    [state, open].filter(Boolean).join(", ") || "first seen by this scan",
    finding.inBaseline ? "in the baseline" : "",
    finding.further.length ? `now also ${finding.further.join("; ")}` : "",
  ].filter(Boolean).join(" · ");
}

function findingPiece(finding) {
  const known = data.newOnly && finding.inBaseline ? " known" : "";
  const piece = element("div", { class: `finding ${isOpen(finding) ? finding.severity : "waived"}${known}` },
    element("p", {}, severityPill(`${finding.severity}${known}`, finding.severity), " ", element("span", { class: "id" }, finding.rule)),
    element("p", {}, element("b", {}, finding.message)),
    element("div", { class: "sides" },
      element("span", {}, finding.isChoice && finding.expected.length > 1 ? "policy wants one of" : "policy wants"), chips(finding.expected, null, {
        lacking: finding.isChoice ? [] : finding.expected.filter((one) => !finding.actual.includes(one)),
      }),
      element("span", {}, "has"), chips(finding.actual)),
    element("p", {}, finding.remediation),
    element("p", { class: "meta" }, historyOf(finding)));
  if (finding.waiver) {
    const [owner, reason, expires, on, accepts] = finding.waiver;
    piece.append(
      element("p", {}, element("b", {}, `Waived until ${expires} `), `by ${owner} (${on}): ${reason}`),
      element("p", { class: "meta" }, `accepts: ${accepts}`));
  }
  return piece;
}

const omitted = new Set(data.omitted);

// Its own timeline holds what the organization's template did to it. One without is as it was first seen, and followed
// that template ever since if it does now. What one scan saw stands together.
function timeline(row, index) {
  const tell = ([scan, date, text, tone, after]) =>
    ({ scan, after, date: data.texts[date], text: data.texts[text], tone: data.tones[tone] });
  const list = element("ul", { class: "timeline" });
  const add = (text, ...head) => list.append(element("li", {}, ...head, text));
  const commands = `oidc-audit history repository ${nameOf(row)}`;
  const own = data.timelines[index];
  const since = sinceOf(row);
  const follows = ["organization", "organization_or_copy"].includes(sourceOf(row));
  const shared = follows
    ? (data.templateEvents[row[at.organization]] || []).map(([scan, date, text, after]) =>
      ({ scan, after, date: data.texts[date], text: data.texts[text], tone: "organization" })).filter((event) => event.date > since)
    : [];
  let scan, group;
  for (const event of (own ? own.map(tell) : shared).reverse()) {
    if (event.scan !== scan) {
      const window = event.after ? `after #${event.after}, by #${event.scan}` : `first seen by #${event.scan}`;
      group = element("li", { class: event.tone },
        element("time", { dateTime: event.date }, `${minuteOf(event.date)} · ${window}`));
      list.append(group);
      scan = event.scan;
    }
    group.append(element("p", { class: event.tone }, event.text));
  }
  if (data.older[index]) add(`${data.older[index]} older; ${commands} lists them`);
  else if (omitted.has(index)) add(`It changed, too long ago to be listed here; ${commands} lists it`);
  else if (!own && since) add(list.children.length ? "first seen" : "as it was first seen", element("time", { dateTime: since }, minuteOf(since)));
  else if (!own) add(statusOf(row) === "skipped" ? "it was not requested" : "it could not be read");
  return list;
}

// The card stays, and what it says changes, so that the keyboard's place in it is kept.
const card = document.getElementById("card");
let current;
const step = (offset) => {
  const other = matching[matching.indexOf(current) + offset];
  if (other === undefined) return;
  history.replaceState(null, "", linkTo(nameOf(data.repositories[other])));
  show(other);
};
const cardName = element("h2", { id: "card-name", "aria-live": "polite" });
const cardBefore = element("button", { type: "button", "aria-label": "previous repository", onclick: () => step(-1) }, "←");
const cardAfter = element("button", { type: "button", "aria-label": "next repository", onclick: () => step(1) }, "→");
const cardBody = element("div", { class: "body" });
card.append(
  element("div", { class: "bar-top" }, cardName, cardBefore, cardAfter,
    element("button", { type: "button", autofocus: true, onclick: () => card.close() }, "Close")),
  cardBody);
card.setAttribute("aria-labelledby", cardName.id);

function links(row) {
  if (!data.web) return null;
  const encoded = (text) => text.split("/").map(encodeURIComponent).join("/");
  const address = data.web + encoded(nameOf(row));
  const settings = data.settings ? [
    " · ", element("a", { href: `${address}/settings/actions/oidc-configuration`, rel: "noreferrer" }, "its OIDC settings"),
    " · ", element("a", { href: `${data.web}organizations/${encoded(nameOf(row).split("/")[0])}/settings/actions/oidc-configuration`, rel: "noreferrer" },
      "the organization's"),
  ] : [];
  return element("p", { class: "links" }, "At GitHub: ", element("a", { href: address, rel: "noreferrer" }, "repository"), ...settings);
}

// `former` is the name by which a link led here, where the repository bears another now.
function show(index, former) {
  const row = data.repositories[index];
  const template = data.templates[row[at.template]];
  const findings = findingsOf(row);
  const reason = data.texts[row[at.reason]];
  const [useDefault, ownKeys, flag, prefix] = row[at.setting] || [];
  const known = (value) => (value === null || value === undefined ? "not sent" : value === 1 ? "true" : value === 0 ? "false" : String(value));
  const verdict = {
    compliant: "It passes every rule that applies.", skipped: `Not judged: ${reason}.`,
    unreadable: `Not decided: ${reason}.`,
  }[statusOf(row)];
  current = index;
  cardName.replaceChildren(...breakable(shortened(nameOf(row), 400)));
  const place = matching.indexOf(index);
  cardBefore.disabled = place <= 0;
  cardAfter.disabled = place < 0 || place === matching.length - 1;
  cardBody.replaceChildren(...[
    former ? element("p", { class: "former" }, `${shortened(former, 400)} is called ${shortened(nameOf(row), 400)} now.`) : null,
    element("p", {}, element("span", { class: `status ${statusOf(row)}` }, statusOf(row)),
      reason ? `${statusOf(row) === "violating" ? "; besides, undecided: " : ": "}${reason}` : ""),
    ...subjectPiece(row),
    links(row),
    ...(findings.length
      ? titled("What the policy says", ...findings.map(findingPiece))
      : verdict ? titled("What the policy says", element("p", {}, verdict)) : []),
    ...titled("Timeline", timeline(row, index)),
    ...titled("Facts", facts([
      ["template from", words(sourceOf(row)) || "not read"],
      ["subject format", data.formats[row[at.format]] ?? "not read"],
      ["unchanged since", sinceOf(row) ? `${minuteOf(sinceOf(row))} (${ageOf(sinceOf(row))})` : "not read"],
      ["visibility", data.visibilities[row[at.visibility]] ?? "not sent"],
      ["archived", known(row[at.archived])],
      ["id", String(row[at.id])],
      ...(row[at.setting] ? [
        ["use_default", known(useDefault)],
        ["include_claim_keys", ownKeys === null ? "not sent" : (data.templates[ownKeys] || []).join(", ") || "none"],
        ["use_immutable_subject", known(flag)],
        ["sub_claim_prefix", prefix === 1 ? partsOf(row)[template.indexOf("repo")] : known(prefix)],
      ] : []),
    ])),
  ].filter(Boolean));
  if (!card.open) card.showModal();
  card.scrollTop = 0;
}
