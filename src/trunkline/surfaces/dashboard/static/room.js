// Makes the pages of the control room live. Without it everything works; with it pages refresh themselves,
// forms ask in a dialog, filters apply as somebody types, and keys go where the mouse would.

const room = document.body.dataset.room;
const main = document.getElementById("main");
const byId = (id) => document.getElementById(id);

// --- taking over what changed ---------------------------------------------------------------------------

const KEPT = { DETAILS: "open", DIALOG: "open" };

// Make `old` like `fresh` in place, so that focus, scroll, what is open and what was typed stay.
function morph(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && KEPT[old.tagName] !== name) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && KEPT[old.tagName] !== name) old.setAttribute(name, value);
  }
  const known = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = next.id ? known.get(next.id) : at && !at.id && at.nodeName === next.nodeName ? at : null;
    if (!same) {
      old.insertBefore(next, at);
    } else {
      if (same === at) at = at.nextSibling;
      else old.insertBefore(same, at);
      if (same.nodeType !== Node.ELEMENT_NODE) {
        if (same.data !== next.data) same.data = next.data;
      } else if (!same.isEqualNode(next)) morph(same, next);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

async function fragment(url, options) {
  const address = new URL(url, location.href);
  address.searchParams.set("fragment", "1");
  const answer = await fetch(address, { headers: { accept: "text/html" }, ...options });
  if (answer.status === 401 && !options) location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { ok: answer.ok, main: page.getElementById("main"), goes: answer.headers.get("location") };
}

let asked = 0;
async function refresh() {
  const number = ++asked;
  const fresh = await fragment(location.href);
  if (!fresh.ok || number !== asked) return;
  for (const part of fresh.main.querySelectorAll("[data-live][id]")) {
    const old = byId(part.id);
    if (old && !old.isEqualNode(part)) morph(old, part);
  }
  main.dataset.seen = fresh.main.dataset.seen;
}

// --- live -----------------------------------------------------------------------------------------------

let stream = null;
let failures = 0;
let timer = 0;
let paused = false;

function show(state, text) {
  byId("live").dataset.state = state;
  byId("live-state").textContent = text;
  byId("live-button").textContent = paused ? "Go on" : "Pause";
}

function stop() {
  clearTimeout(timer);
  stream?.close();
  stream = null;
}

function connect() {
  stop();
  if (paused || document.hidden) return;
  const page = location.pathname + location.search;
  stream = new EventSource(`${room}/live?${new URLSearchParams({ page, seen: main.dataset.seen })}`);
  const hear = async (event, changed) => {
    failures = 0;
    show("live", "Live");
    if (changed) await refresh().catch(() => {});
    const time = byId("as-of")?.querySelector("time");
    if (time) time.dateTime = JSON.parse(event.data).at;
    tick();
  };
  stream.addEventListener("same", (event) => hear(event, false));
  stream.addEventListener("changed", (event) => hear(event, true));
  stream.onerror = () => {
    stop();
    failures += 1;
    show("away", "Reconnecting…");
    timer = setTimeout(connect, Math.min(30000, 500 * 2 ** failures) * (0.75 + Math.random() / 2));
  };
}

function pause() {
  paused = !paused;
  if (paused) stop();
  show(paused ? "paused" : "away", paused ? "Paused" : "Connecting…");
  connect();
}

// --- times ----------------------------------------------------------------------------------------------

const STEPS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function tick() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = Math.round((Date.now() - Date.parse(time.dateTime)) / 1000);
    const far = Math.abs(seconds);
    const [size, unit] = STEPS.find(([step]) => far >= step) ?? STEPS.at(-1);
    const text = `${Math.floor(far / size)} ${unit}`;
    const told = far < 2 ? "now" : seconds > 0 ? `${text} ago` : `in ${text}`;
    if (time.textContent !== told) time.textContent = told;
  }
}

// --- filters --------------------------------------------------------------------------------------------

for (const form of document.querySelectorAll("form[data-filter]")) {
  let soon = 0;
  const apply = async () => {
    const given = [...new FormData(form)].filter(([, value]) => value);
    history.replaceState(null, "", `${form.getAttribute("action")}?${new URLSearchParams(given)}`);
    await refresh();
    connect();
  };
  form.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(apply, 200);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(soon);
    apply();
  });
}

// --- dialogs --------------------------------------------------------------------------------------------

const dialog = byId("dialog");

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-confirm], [data-close]");
  if (!link || event.metaKey || event.ctrlKey) return;
  if (link.hasAttribute("data-close")) {
    if (!dialog.open) return;
    event.preventDefault();
    dialog.close();
    return;
  }
  event.preventDefault();
  const fresh = await fragment(link.href).catch(() => ({ ok: false }));
  if (!fresh.ok) location.assign(link.href);
  else {
    dialog.replaceChildren(...fresh.main.children);
    dialog.showModal();
    attend();
  }
});

function attend() {
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("textarea, input:not([type=hidden], [type=checkbox]), a"))?.focus();
  goOn(dialog);
}

// A form for many that is done in part is sent again for the rest, unless somebody stops it.
let onward = 0;
function goOn(root) {
  const form = root.querySelector("form[data-goes-on]");
  if (form) onward = setTimeout(() => form.requestSubmit(form.querySelector("button")), 1000);
}

dialog.addEventListener("close", () => {
  clearTimeout(onward);
  dialog.replaceChildren();
});
addEventListener("pageshow", () => document.querySelector("form[data-sent]")?.removeAttribute("data-sent"));

// A form goes once. One in the dialog is refused there, with what was typed and what is wrong with it.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  clearTimeout(onward);
  if (form.hasAttribute("data-sent")) return event.preventDefault();
  form.setAttribute("data-sent", "");
  if (!dialog.contains(form) || form.hasAttribute("data-whole")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const fresh = await fragment(form.getAttribute("action"), { method: "POST", body }).catch(() => ({}));
  form.removeAttribute("data-sent");
  if (fresh.goes) {
    const there = new URL(fresh.goes, location.href);
    const same = there.pathname + there.search === location.pathname + location.search;
    if (same && there.hash) location.hash = there.hash;
    if (same) location.reload(); // one request: what was told is shown by the first answer only
    else location.assign(there);
  } else if (fresh.main) {
    dialog.replaceChildren(...fresh.main.children);
    attend();
  } else {
    const problem = document.createElement("p");
    problem.className = "problem";
    problem.setAttribute("role", "alert");
    problem.textContent = "It was not sent: log in again on another page, or look whether it runs; what you typed stays here.";
    form.querySelector("[data-unsent]")?.remove();
    problem.setAttribute("data-unsent", "");
    form.prepend(problem);
  }
});

// --- keys -----------------------------------------------------------------------------------------------

let going = false;

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (typing || event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
  const goes = going && document.querySelector(`nav.side a[data-key="${CSS.escape(event.key)}"]`);
  going = !going && event.key === "g";
  const does = { "/": () => document.querySelector("[data-focus]")?.focus(), "?": () => byId("help").showModal(), p: pause }[event.key];
  if (goes) location.assign(goes.href);
  else if (does) {
    event.preventDefault();
    does();
  }
});

// --- begin ----------------------------------------------------------------------------------------------

goOn(main);
byId("help-button").hidden = false;
byId("help-button").addEventListener("click", () => byId("help").showModal());
setInterval(tick, 5000);
const here = document.querySelector("nav.side .within, nav.side [aria-current]");
if (here) here.closest("nav").scrollLeft = here.offsetLeft - 16; // on a narrow screen the pages are one line
if (main.dataset.seen) {
  byId("live").hidden = false;
  byId("live-button").addEventListener("click", pause);
  document.addEventListener("visibilitychange", connect);
  addEventListener("pagehide", stop);
  show("away", "Connecting…");
  connect();
}
