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
  const printed = 2000;

  // --- What a row says

  const nameOf = (row) => row[at.name];
  const partsOf = (row) => row[at.parts] ?? [];
  const subjectOf = (row) => (row[at.parts] ? partsOf(row).join(":") : "");
  const statusOf = (row) => data.statuses[row[at.status]];
  const sourceOf = (row) => data.sources[row[at.source]] ?? "";
  const sinceOf = (row) => data.texts[row[at.since]] ?? "";
  const findingsOf = (row) =>
    (row[at.findings] || []).map(([violation, state, since, waiver, inBaseline]) => {
      const [rule, message, expected, actual, remedy] = data.violations[violation];
      return {
        rule: data.rules[rule].id, severity: data.rules[rule].severity, message, expected, actual, remedy,
        state: data.states[state], since: data.texts[since], waiver: data.waivers[waiver], inBaseline,
      };
    });
  const isOpen = (finding) => finding.state !== "waived";
  const words = (text) => text.replaceAll("_", " ");

  // The least comes first: by the worst severity, then by how many.
  const weights = data.repositories.map((row) => {
    let worst = severities.length, count = 0;
    for (const finding of row[at.findings] || []) {
      if (data.states[finding[1]] === "waived") continue;
      worst = Math.min(worst, severities.indexOf(data.rules[data.violations[finding[0]][0]].severity));
      count += 1;
    }
    return worst * 1000 - Math.min(count, 999);
  });
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
    status: () => data.repositories.map((row, index) => urgency[row[at.status]] * 1e6 + weights[index] + 1e4),
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
          const rule = data.rules[data.violations[finding[0]][0]];
          return (!wanted.rule || rule.id === wanted.rule) &&
            (!wanted.severity || (rule.severity === wanted.severity && data.states[finding[1]] !== "waived"));
        });
        if (!found) return;
      }
      if (!search.every((word) => lines[index].includes(word))) return;
      matching.push(index);
    });
    const key = (keyOf[sort.by] ??= keys[sort.by]());
    const sign = sort.descending ? -1 : 1;
    matching.sort((a, b) => sign * (key[a] - key[b]) || a - b);
    body.replaceChildren();
    rendered = 0;
    render(chunk);
    const all = data.repositories.length;
    shown.textContent = matching.length === all ? `${all} repositories` : `${matching.length} of ${all} repositories`;
  }

  function render(count) {
    const end = Math.min(matching.length, rendered + count);
    const rows = document.createDocumentFragment();
    for (; rendered < end; rendered += 1) rows.append(line(data.repositories[matching[rendered]]));
    body.append(rows);
    more.hidden = rendered >= matching.length;
    more.textContent = `Show more (${matching.length - rendered} left)`;
  }

  // --- Pieces of the page

  function element(name, properties = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key === "class") made.className = value;
      else if (key.startsWith("data-") || key.startsWith("aria-") || key === "scope") made.setAttribute(key, value);
      else made[key] = value;
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }
  const shortened = (text, length) => (text.length > length ? `${text.slice(0, length)}…` : text);
  const linkTo = (name) => `#${name.split("/").map(encodeURIComponent).join("/")}`;
  const severityPill = (severity, text) => element("span", { class: `severity ${severity}` }, text);

  function line(row) {
    const findings = element("td", { "data-label": "Findings" });
    for (const finding of findingsOf(row)) {
      findings.append(severityPill(isOpen(finding) ? finding.severity : "waived", finding.rule), " ");
    }
    const reason = data.texts[row[at.reason]];
    if (reason) findings.append(element("span", { class: "why" }, shortened(reason, 160)));
    return element("tr", {},
      element("td", { "data-label": "Status" }, element("span", { class: `status ${statusOf(row)}` }, statusOf(row))),
      element("th", { scope: "row" }, element("a", { href: linkTo(nameOf(row)) }, shortened(nameOf(row), 200))),
      findings,
      element("td", { class: "code", "data-label": "Subject" }, shortened(subjectOf(row), 200)),
      element("td", { "data-label": "Source" }, words(sourceOf(row))),
      element("td", { "data-label": "Since" }, sinceOf(row).slice(0, 10)));
  }

  // A subject as its claims: what differs from job to job is dashed, and says who chooses it.
  function chips(claims, parts, { lacking = [], joint = null } = {}) {
    const list = element("ul", { class: "chips" });
    claims.forEach((claim, index) => {
      if (index > 0 && joint) list.append(element("li", { class: "joint", "aria-hidden": "true" }, joint));
      const text = parts?.[index] ?? claim;
      const kind = lacking.includes(claim) ? "lacking" : text.includes("{") ? "varying" : "";
      list.append(element("li", { class: kind, title: data.claims[claim] ?? "" }, shortened(text, 300)));
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
        element("span", {}, "policy wants"), chips(finding.expected, null, { lacking: finding.expected.filter((one) => !finding.actual.includes(one)) }),
        element("span", {}, "has"), chips(finding.actual)),
      element("p", {}, finding.remedy),
      element("p", { class: "meta" }, `${finding.state}, first seen ${finding.since}${finding.inBaseline ? ", in the baseline" : ""}`));
    if (finding.waiver) {
      const [owner, reason, expires, on] = finding.waiver;
      piece.append(element("p", {}, element("b", {}, `Waived until ${expires} `), `by ${owner} (${on}): ${reason}`));
    }
    return piece;
  }

  function timeline(row, index) {
    const own = (data.timelines[index] || []).map(([scan, date, text, tone]) => ({ scan, date: data.texts[date], text: data.texts[text], tone: data.tones[tone] }));
    const source = sourceOf(row);
    const follows = source === "organization" || source === "organization_or_copy";
    const shared = follows ? (data.templateEvents[row[at.organization]] || []).map(([scan, date, text]) => ({ scan, date: data.texts[date], text: data.texts[text], tone: "organization" })) : [];
    const events = [...own, ...shared].sort((a, b) => b.scan - a.scan);
    const list = element("ul", { class: "timeline" });
    for (const event of events) {
      list.append(element("li", { class: event.tone },
        element("time", { dateTime: event.date }, `${event.date} · scan #${event.scan}`), event.text));
    }
    const older = data.older[index];
    if (older) list.append(element("li", {}, `${older} older; oidc-audit history repository ${nameOf(row)} tells them`));
    if (!events.length) list.append(element("li", {}, sinceOf(row) ? `As it was first seen, ${sinceOf(row)}.` : "Nothing is known."));
    return list;
  }

  function show(index) {
    const row = data.repositories[index];
    const template = data.templates[row[at.template]];
    const parts = row[at.parts];
    const findings = findingsOf(row);
    const reason = data.texts[row[at.reason]];
    const [useDefault, ownKeys, flag, prefix] = row[at.setting] || [];
    const known = (value) => (value === null || value === undefined ? "not sent" : String(value));
    const place = matching.indexOf(index);
    const step = (offset, name) => {
      const other = place < 0 ? undefined : matching[place + offset];
      return element("button", {
        type: "button", "aria-label": `${name} repository`, disabled: other === undefined,
        onclick: () => { location.hash = linkTo(nameOf(data.repositories[other])); },
      }, offset < 0 ? "←" : "→");
    };
    card.replaceChildren(
      element("div", { class: "bar-top" },
        element("h2", { id: "card-name" }, shortened(nameOf(row), 400)),
        step(-1, "previous"), step(1, "next"),
        element("button", { type: "button", autofocus: true, onclick: () => card.close() }, "Close")),
      element("div", { class: "body" },
        element("p", {}, element("span", { class: `status ${statusOf(row)}` }, statusOf(row)), reason ? `: ${reason}` : ""),
        ...(template
          ? titled("Subject of its tokens", chips(template, parts, { joint: ":" }),
            element("code", { class: "subject" }, parts ? subjectOf(row) : "unknown: GitHub did not say which format it has"),
            row[at.certain] || !parts ? null : element("p", { class: "meta" }, "GitHub does not document how every part of it is rendered."))
          : []),
        ...(findings.length
          ? titled("What the policy says", ...findings.map(findingPiece))
          : template ? titled("What the policy says", element("p", {}, "Every rule that applies is kept.")) : []),
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
        data.web ? element("p", {}, element("a", { href: data.web + nameOf(row).split("/").map(encodeURIComponent).join("/"), rel: "noreferrer" }, "Open on GitHub")) : null));
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
    else if (card.open) card.close();
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
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => render(chunk));
  if ("IntersectionObserver" in window) {
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) render(chunk);
    }, { rootMargin: "600px" }).observe(more);
  }
  for (const header of table.querySelectorAll("th[data-sort]")) {
    const by = header.dataset.sort;
    const button = element("button", { type: "button" }, header.textContent);
    button.addEventListener("click", () => {
      sort.descending = sort.by === by && !sort.descending;
      sort.by = by;
      for (const other of table.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", sort.descending ? "descending" : "ascending");
      filter();
    });
    header.replaceChildren(button);
    if (by === sort.by) header.setAttribute("aria-sort", "ascending");
  }
  for (const field of ["status", "rule"]) {
    for (const button of document.querySelectorAll(`button[data-${field}]`)) {
      const value = button.dataset[field];
      if (![...form.elements[field].options].some((option) => option.value === value)) { button.remove(); continue; }
      button.disabled = false;
      button.addEventListener("click", () => {
        form.reset();
        form.elements[field].value = value;
        setTimeout(() => { filter(); document.getElementById("repositories").scrollIntoView(); form.elements.words.focus({ preventScroll: true }); });
      });
    }
  }
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !card.open && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      form.elements.words.focus();
    } else if (card.open && (event.key === "ArrowLeft" || event.key === "ArrowRight") && !event.altKey && !event.metaKey) {
      card.querySelector(`button[aria-label^="${event.key === "ArrowLeft" ? "previous" : "next"}"]`)?.click();
    }
  });
  const closed = [];
  addEventListener("beforeprint", () => {
    render(Math.max(0, printed - rendered));
    for (const details of document.querySelectorAll("details:not([open])")) { details.open = true; closed.push(details); }
  });
  addEventListener("afterprint", () => { for (const details of closed.splice(0)) details.open = false; });

  form.hidden = false;
  filter();
  follow();
})();
