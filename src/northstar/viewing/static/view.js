// Keys, and what changes while a run goes on. Pages work without it; it makes no HTML of its own: what it puts in comes
// whole from the server, which has escaped it.
"use strict";

const LOOK_EVERY = 2000;
const data = document.body.dataset;

function rows() {
  return Array.from(document.querySelectorAll("tr[data-row]"));
}

function select(step) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.classList.contains("selected"));
  const next = now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + step));
  if (now >= 0) all[now].classList.remove("selected");
  all[next].classList.add("selected");
  all[next].querySelector("a").focus({ preventScroll: true });
  all[next].scrollIntoView({ block: "nearest" });
}

function go(address) {
  if (address) location.assign(address);
}

function help() {
  const box = document.getElementById("help");
  if (box.open) box.close();
  else box.showModal();
}

function fold() {
  const all = Array.from(document.querySelectorAll("details.reasoning"));
  const open = !all.some((each) => each.open);
  for (const each of all) each.open = open;
}

const KEYS = {
  j: () => (data.after || data.before ? go(data.after) : select(1)),
  k: () => (data.after || data.before ? go(data.before) : select(-1)),
  ArrowLeft: () => go(data.left),
  ArrowRight: () => go(data.right),
  u: () => go(data.up),
  r: fold,
  "?": help,
  "/": () => {
    const box = document.getElementById("search");
    if (box) {
      box.focus();
      box.select();
    } else go(data.up);
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea");
  if (typing) {
    if (event.key === "Escape") typing.blur();
    return;
  }
  if (document.getElementById("help").open && event.key !== "?") return;
  let act = KEYS[event.key];
  if (event.key === "ArrowDown" && rows().length) act = KEYS.j;
  if (event.key === "ArrowUp" && rows().length) act = KEYS.k;
  if (!act) return;
  event.preventDefault();
  act();
});

document.getElementById("help-button").addEventListener("click", help);
for (const choice of document.querySelectorAll(".filters select")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}

// Asks whether anything is new, and if so puts it into the page, which keeps its place, its choice and its focus.
async function look() {
  try {
    const answer = await fetch("/version", { cache: "no-store" });
    if (!answer.ok) return;
    const version = await answer.text();
    if (version === data.version) return;
    const fresh = await fetch(location.href, { cache: "no-store" });
    if (!fresh.ok) return;
    const page = new DOMParser().parseFromString(await fresh.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = page.getElementById(part.id);
      if (now && now.innerHTML !== part.innerHTML) replace(part, now);
    }
    data.version = page.body.dataset.version;
    for (const name of ["before", "after", "left", "right"]) {
      if (name in page.body.dataset) data[name] = page.body.dataset[name];
      else delete data[name];
    }
  } catch {
    document.getElementById("status").textContent = "ns view has ended, or is not reached.";
  }
}

function replace(part, now) {
  const all = rows();
  const selected = all.findIndex((row) => row.classList.contains("selected"));
  const focused = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
  part.replaceChildren(...Array.from(now.childNodes));
  const again = rows()[selected];
  if (again) again.classList.add("selected");
  const link = focused && Array.from(part.querySelectorAll("a")).find((each) => each.getAttribute("href") === focused);
  if (link) link.focus({ preventScroll: true });
}

async function keepLooking() {
  if (!document.hidden) await look();
  setTimeout(keepLooking, LOOK_EVERY);
}

setTimeout(keepLooking, LOOK_EVERY);
