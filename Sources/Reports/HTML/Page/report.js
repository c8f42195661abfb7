"use strict";
// Makes the page that is there without it searchable. Everything from the report goes in as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = Object.fromEntries(data.columns.map((name, index) => [name, index]));
  const severities = data.severities; // the worst first
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const more = document.getElementById("more");
  const card = document.getElementById("card");
  const chunk = 100;
  const printed = 300;

  // --- What a row says

  const nameOf = (row) => row[at.name];
  const partsOf = (row) => row[at.parts] ?? [];
  const subjectOf = (row) => (row[at.parts] ? partsOf(row).join(":") : "");
  const statusOf = (row) => data.statuses[row[at.status]];
  const sourceOf = (row) => data.sources[row[at.source]] ?? "";
  const sinceOf = (row) => data.texts[row[at.since]] ?? "";
  const findingsOf = (row) =>
    (row[at.findings] || []).map(([violation, state, since, waiver, inBaseline, further]) => {
      const [rule, severity, message, expected, isChoice, actual, remedy] = data.violations[violation];
      return {
        rule, severity, message, expected, isChoice, actual, remedy,
        state: data.states[state], since: data.texts[since], waiver: data.waivers[waiver], inBaseline, further,
      };
    });
  const isOpen = (finding) => finding.waiver === undefined;
  const words = (text) => text.replaceAll("_", " ");

  // The least comes first: by the worst severity, then by how many.
  const mostFindings = 1000;
  const weights = data.repositories.map((row) => {
    let worst = severities.length, count = 0;
    for (const finding of row[at.findings] || []) {
      if (finding[3] >= 0) continue;
      worst = Math.min(worst, severities.indexOf(data.violations[finding[0]][1]));
      count += 1;
    }
    return (worst + 1) * mostFindings - Math.min(count, mostFindings);
  });
  const heaviest = (severities.length + 2) * mostFindings;
  const statusOrder = ["violating", "unreadable", "waived", "compliant", "skipped"];
  const urgency = data.statuses.map((status) => statusOrder.indexOf(status));

  // --- Which rows, in which order

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
      if (wanted.rule || wanted.severity) {
        const found = (row[at.findings] || []).some((finding) => {
          const [rule, severity] = data.violations[finding[0]];
          return (!wanted.rule || rule === wanted.rule) &&
            (!wanted.severity || (severity === wanted.severity && finding[3] < 0));
        });
        if (!found) return;
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
  const linkTo = (name) => `#${name.split("/").map(encodeURIComponent).join("/")}`;
  const severityPill = (severity, text) => element("span", { class: `severity ${severity}` }, text);

  function line(row) {
    const findings = element("td", { role: "cell", "data-label": "Findings" });
    for (const finding of findingsOf(row)) {
      findings.append(severityPill(isOpen(finding) ? finding.severity : "waived", finding.rule), " ");
    }
    const reason = data.texts[row[at.reason]];
    if (reason) findings.append(element("span", { class: "why" }, shortened(reason, 160)));
    return element("tr", { role: "row" },
      element("td", { role: "cell", "data-label": "Status" }, element("span", { class: `status ${statusOf(row)}` }, statusOf(row))),
      element("th", { role: "rowheader", scope: "row" }, element("a", { href: linkTo(nameOf(row)) }, shortened(nameOf(row), 200))),
      findings,
      element("td", { role: "cell", class: "code", "data-label": "Subject" }, shortened(subjectOf(row), 200)),
      element("td", { role: "cell", "data-label": "Source" }, words(sourceOf(row))),
      element("td", { role: "cell", "data-label": "Since" }, sinceOf(row).slice(0, 10)));
  }

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

  // --- One repository

  function findingPiece(finding) {
    const piece = element("div", { class: `finding ${isOpen(finding) ? finding.severity : "waived"}` },
      element("p", {}, severityPill(finding.severity, finding.severity), " ", element("span", { class: "id" }, finding.rule)),
      element("p", {}, element("b", {}, finding.message)),
      element("div", { class: "sides" },
        element("span", {}, finding.isChoice && finding.expected.length > 1 ? "policy wants one of" : "policy wants"), chips(finding.expected, null, {
          lacking: finding.isChoice ? [] : finding.expected.filter((one) => !finding.actual.includes(one)),
        }),
        element("span", {}, "has"), chips(finding.actual)),
      element("p", {}, finding.remedy),
      element("p", { class: "meta" }, `${finding.state}, first seen ${finding.since}${finding.inBaseline ? ", in the baseline" : ""}${
        finding.further.length ? `; now also ${finding.further.join("; ")}` : ""}`));
    if (finding.waiver) {
      const [owner, reason, expires, on] = finding.waiver;
      piece.append(element("p", {}, element("b", {}, `Waived until ${expires} `), `by ${owner} (${on}): ${reason}`));
    }
    return piece;
  }

  const untold = new Set(data.untold);

  // Its own timeline holds what the organization's template did to it. One without is as it was first seen, and followed
  // that template ever since if it does now.
  function timeline(row, index) {
    const tell = ([scan, date, text, tone]) =>
      ({ scan, date: data.texts[date], text: data.texts[text], tone: tone === undefined ? "organization" : data.tones[tone] });
    const list = element("ul", { class: "timeline" });
    const add = (text, ...head) => list.append(element("li", {}, ...head, text));
    const commands = `oidc-audit history repository ${nameOf(row)}`;
    const own = data.timelines[index];
    const since = sinceOf(row);
    const follows = ["organization", "organization_or_copy"].includes(sourceOf(row));
    const shared = follows ? (data.templateEvents[row[at.organization]] || []).map(tell).filter((event) => event.date > since) : [];
    for (const event of (own ? own.map(tell) : shared).reverse()) {
      list.append(element("li", { class: event.tone },
        element("time", { dateTime: event.date }, `${event.date} · scan #${event.scan}`), event.text));
    }
    if (data.older[index]) add(`${data.older[index]} older; ${commands} tells them`);
    else if (untold.has(index)) add(`It changed, too long ago to be told here; ${commands} tells it`);
    else if (!own && since) add(list.children.length ? "first seen" : "as it was first seen", element("time", { dateTime: since }, since));
    else if (!own) add(statusOf(row) === "skipped" ? "it was not asked for" : "it could not be read");
    return list;
  }

  // The card stays, and what it says changes, so that the keyboard's place in it is kept.
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

  function show(index) {
    const row = data.repositories[index];
    const template = data.templates[row[at.template]];
    const parts = row[at.parts];
    const findings = findingsOf(row);
    const reason = data.texts[row[at.reason]];
    const [useDefault, ownKeys, flag, prefix] = row[at.setting] || [];
    const known = (value) => (value === null || value === undefined ? "not sent" : String(value));
    const claims = (template || []).map((claim) => chooserOf(claim) && `${claim} is ${chooserOf(claim).replace(":", "")}`).filter(Boolean);
    const verdict = {
      compliant: "Every rule that applies is kept.", skipped: `Not judged: ${reason}.`,
      unreadable: `Not decided: ${reason}.`,
    }[statusOf(row)];
    current = index;
    cardName.textContent = shortened(nameOf(row), 400);
    const place = matching.indexOf(index);
    cardBefore.disabled = place <= 0;
    cardAfter.disabled = place < 0 || place === matching.length - 1;
    cardBody.replaceChildren(...[
        element("p", {}, element("span", { class: `status ${statusOf(row)}` }, statusOf(row)),
          reason ? `${statusOf(row) === "violating" ? "; besides, undecided: " : ": "}${reason}` : ""),
        ...(template
          ? titled("Subject of its tokens", chips(template, parts, { joint: ":" }),
            element("code", { class: "subject" }, parts ? subjectOf(row) : "unknown: GitHub did not say which format it has"),
            claims.length ? element("p", { class: "chosen" }, `${claims.join("; ")}.`) : null,
            row[at.certain] || !parts ? null : element("p", { class: "meta" }, "GitHub does not document how every part of it is rendered."))
          : []),
        ...(findings.length
          ? titled("What the policy says", ...findings.map(findingPiece))
          : verdict ? titled("What the policy says", element("p", {}, verdict)) : []),
        ...titled("Timeline", timeline(row, index)),
        ...titled("Facts", facts([
          ["template from", words(sourceOf(row)) || "not read"],
          ["subject format", data.formats[row[at.format]] ?? "not read"],
          ["unchanged since", sinceOf(row) || "not read"],
          ["visibility", data.visibilities[row[at.visibility]] ?? "not sent"],
          ["archived", known(row[at.archived])],
          ["id", String(row[at.id])],
          ...(row[at.setting] ? [
            ["use_default", known(useDefault)],
            ["include_claim_keys", ownKeys === null ? "not sent" : (data.templates[ownKeys] || []).join(", ") || "none"],
            ["use_immutable_subject", known(flag)],
            ["sub_claim_prefix", known(prefix === 1 ? parts?.[template.indexOf("repo")] : prefix)],
          ] : []),
        ])),
        data.web ? element("p", {}, element("a", { href: data.web + nameOf(row).split("/").map(encodeURIComponent).join("/"), rel: "noreferrer" }, "Open on GitHub")) : null,
    ].filter(Boolean));
    if (!card.open) card.showModal();
    card.scrollTop = 0;
  }

  // --- Deep links: #acme/api

  const target = () => {
    const name = location.hash.slice(1);
    try { return decodeURIComponent(name).toLowerCase(); } catch { return name.toLowerCase(); }
  };
  const places = new Map(data.repositories.map((row, index) => [nameOf(row).toLowerCase(), index]));
  function follow() {
    const index = places.get(target());
    if (index !== undefined) show(index);
    else {
      if (card.open) card.close();
      if (target().includes("/")) shown.textContent = `${shortened(target(), 200)} is not in this report. ${shown.textContent}`;
    }
  }
  card.addEventListener("close", () => {
    if (places.has(target())) history.pushState(null, "", "#repositories");
  });
  card.addEventListener("click", (event) => { if (event.target === card) card.close(); });
  addEventListener("hashchange", follow);

  // --- Controls

  let waiting;
  // Not every browser, nor every way to choose, tells of both.
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, () => { clearTimeout(waiting); waiting = setTimeout(filter, 80); });
  }
  form.addEventListener("reset", () => setTimeout(() => { sort.by = "status"; sort.descending = false; filter(); }));
  form.elements.order.addEventListener("change", () => { sort.by = form.elements.order.value; sort.descending = false; });
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => render(chunk));
  if ("IntersectionObserver" in window) {
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
    });
    header.replaceChildren(button);
  }
  // What is counted leads to what it counts.
  const filterBy = (field, value) => {
    form.reset();
    setTimeout(() => {
      form.elements[field].value = value;
      filter();
      document.getElementById("repositories").scrollIntoView();
      form.elements.words.focus({ preventScroll: true });
    });
  };
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
  // On paper: what is broken, and as many repositories as somebody may read.
  const opened = [];
  addEventListener("beforeprint", () => {
    render(Math.max(0, printed - rendered));
    if (rendered < matching.length) shown.textContent += `; the first ${rendered} are printed`;
    for (const details of document.querySelectorAll("details.broken:not([open])")) {
      details.open = true;
      opened.push(details);
    }
  });
  addEventListener("afterprint", () => {
    for (const details of opened.splice(0)) details.open = false;
    filter();
  });

  form.hidden = false;
  filter();
  follow();
})();
