
// --- Addresses: #acme/api is a repository, #repositories?status=violating&rule=one-repository a view of the table

const linkTo = (name) => `#${name.split("/").map(encodeURIComponent).join("/")}`;
const notice = document.getElementById("notice");
const places = new Map(data.repositories.map((row, index) => [nameOf(row).toLowerCase(), index]));
const formerPlaces = new Map(Object.entries(data.former).map(([name, index]) => [name.toLowerCase(), index]));
const fields = ["words", "status", "severity", "accepted", "rule", "source"];

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

const target = () => decoded(location.hash.slice(1));

function viewAddress() {
  const wanted = new URLSearchParams();
  for (const field of fields) if (form.elements[field].value) wanted.set(field, form.elements[field].value);
  if (sort.by !== "status" || sort.descending) wanted.set("sort", `${sort.descending ? "-" : ""}${sort.by}`);
  return `#repositories${wanted.size ? `?${wanted}` : ""}`;
}

// What the address says of the table; `undefined` where it names something else.
function addressedView() {
  const [name, query = ""] = location.hash.slice(1).split("?", 2);
  return name === "" || name === "repositories" ? new URLSearchParams(query) : undefined;
}

function note(text) {
  notice.textContent = text;
  notice.hidden = false;
  notice.scrollIntoView({ block: "center" });
}

function showView(view) {
  form.reset();
  const unknown = [];
  for (const field of fields) {
    const value = view.get(field) ?? "";
    form.elements[field].value = value;
    if (form.elements[field].value !== value) unknown.push(`The ${field} ${shortened(value, 100)}`);
  }
  for (const field of fields.slice(1)) form.elements[field].value ||= "";
  const order = view.get("sort") ?? "status";
  sort.descending = order.startsWith("-");
  sort.by = Object.hasOwn(keys, order.replace("-", "")) ? order.replace("-", "") : "status";
  filter();
  if (view.size) document.getElementById("repositories").scrollIntoView();
  if (unknown.length) note(`${unknown.join(" and ")} is not in this report.`);
}

// Shows what the address names.
function follow() {
  notice.hidden = true;
  const name = target().toLowerCase();
  const index = places.get(name) ?? formerPlaces.get(name);
  if (index !== undefined) {
    if (!matching.length) filter();
    const former = places.has(name) ? undefined : target();
    if (former) history.replaceState(null, "", linkTo(nameOf(data.repositories[index])));
    show(index, former);
    return;
  }
  if (card.open) card.close();
  const view = addressedView();
  if (view) showView(view);
  else if (!document.getElementById(target())) note(`${shortened(target(), 200)} is not in this report.`);
}

// Each choice is a step to go back by; the letters of a search are one.
let isTyping = false;
function remember(byTyping = false) {
  const address = viewAddress();
  if (address === (location.hash || "#repositories")) return;
  history[byTyping && isTyping ? "replaceState" : "pushState"](null, "", address);
  isTyping = byTyping;
}

card.addEventListener("close", () => {
  if (places.has(target().toLowerCase())) history.pushState(null, "", viewAddress());
});
card.addEventListener("click", (event) => { if (event.target === card) card.close(); });
addEventListener("hashchange", follow);
