// Simulated doors as cards: looks once a second, acts by the control API. No state of its own but what is typed.
"use strict";

const SHOWN = 60, EVERY_MS = 1000;
const at = (id) => document.getElementById(id);
const cards = new Map();
let busy = false;

async function ask(path, body) {
  const how = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, how);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
}

function say(words) { at("said").textContent = words; }
function pattern() { return at("filter").value.trim() || "*"; }
function credential(serial) {
  const pin = at("pin").value.trim(), card = at("card").value.trim();
  if (serial) return { card };
  return pin ? { pin, reader: at("reader").value } : { card, reader: at("reader").value };
}

const ACTS = {
  tap: (door) => ask(`/doors/${door.door}/tap`, credential(door.kind === "serial")),
  leaf: (door) => ask(`/doors/${door.door}/contact`, { open: door.contact !== "open" }),
  rex: (door) => ask(`/doors/${door.door}/inputs`, { rex: true }),
  network: (door) => ask(`/doors/${door.door}/network`, { plugged: !door.plugged }),
  power: (door) => ask(`/doors/${door.door}/power`, { off_s: 5 }),
  fire: (door) => ask(`/doors/${door.door}/inputs`, { fire: door.inputs.fire !== "active" }),
  interlock: (door) => ask(`/doors/${door.door}/inputs`, { interlock: door.inputs.interlock !== "open" }),
};
const ALL = {
  tap: () => ask("/all/tap", { ...credential(false), doors: pattern() }),
  pull: () => ask("/all/network", { plugged: false, doors: pattern() }),
  plug: () => ask("/all/network", { plugged: true, doors: pattern() }),
};

function decided(one) { return `${one.decision}${one.reason ? ": " + one.reason.replaceAll("_", " ") : ""}`; }

async function act(name, door) {
  try {
    const done = await ACTS[name](door);
    if (name === "tap") say(`${door.door}: ${decided(done)}, ${done.ms.toFixed(2)} ms`);
    else say(`${door.door}: done`);
  } catch (error) { say(`${door.door}: ${error.message}`); }
  await look();
}

function state(door) {
  if (door.kind === "serial") return door.lock;
  if (!door.power) return "no power";
  return door.contact === "open" ? `${door.lock}, open` : door.lock;
}

function facts(door) {
  if (door.kind === "serial") return { reader: `${door.reader} ${door.devices.reader}`, relay: `${door.relay} ${door.devices.relay}` };
  if (!door.power) return { network: door.network };
  return {
    network: door.network,
    mode: door.mode ? door.mode.mode : "normal",
    list: door.list ? `${door.list.version}, ${door.list.rights} rights` : "none",
    clock: `${door.clock.state}, ${(door.clock.offset_ms / 1000).toFixed(1)} s off`,
    waiting: `${door.queue.length} events`,
    inputs: `fire ${door.inputs.fire}, air lock ${door.inputs.interlock}`,
    lockout: door.lockout_s ? `${door.lockout_s} s` : "no",
  };
}

function card(door) {
  const made = at("door").content.firstElementChild.cloneNode(true);
  made.querySelector("h2").textContent = door.door;
  made.querySelector(".buttons").setAttribute("role", "group");
  made.querySelector(".buttons").setAttribute("aria-label", door.door);
  for (const button of made.querySelectorAll("button")) {
    if (door.kind === "serial" && button.dataset.act !== "tap") button.remove();
    else button.addEventListener("click", () => act(button.dataset.act, cards.get(door.door).door));
  }
  return { element: made, door };
}

function show(one) {
  const { element, door } = one, words = state(door);
  const big = element.querySelector(".big");
  if (big.textContent !== words) big.textContent = words;
  big.className = "big" + (words.startsWith("unlocked") ? " open" : words === "no power" ? " wrong" : "");
  const lines = Object.entries(facts(door)), written = JSON.stringify(lines);
  if (element.dataset.facts !== written) {
    element.dataset.facts = written;
    element.querySelector("dl").replaceChildren(...lines.flatMap(([name, value]) => [term("dt", name), term("dd", value)]));
  }
  const last = door.decisions[0];
  element.querySelector(".last").textContent = last ? `Last: ${decided(last)}` : "";
  press(element, "network", door.plugged === false);
  press(element, "leaf", door.contact === "open");
  press(element, "fire", Boolean(door.inputs) && door.inputs.fire === "active");
  press(element, "interlock", Boolean(door.inputs) && door.inputs.interlock === "open");
}

function term(tag, words) { const made = document.createElement(tag); made.textContent = words; return made; }
function press(element, name, pressed) {
  const button = element.querySelector(`[data-act="${name}"]`);
  if (button) button.setAttribute("aria-pressed", String(pressed));
}

function place(doors) {
  const names = new Set(doors.map((door) => door.door));
  for (const [name, one] of cards) if (!names.has(name)) { one.element.remove(); cards.delete(name); }
  for (const door of doors) {
    if (!cards.has(door.door)) {
      cards.set(door.door, card(door));
      at("doors").append(cards.get(door.door).element);
    }
    const one = cards.get(door.door);
    one.door = door;
    show(one);
  }
}

function counted(table) { return Object.entries(table).map(([name, count]) => `${count} ${name}`).join(", "); }

async function look() {
  if (busy) return;
  busy = true;
  try {
    const [all, some] = await Promise.all([ask("/summary"), ask(`/doors?count=${SHOWN}&doors=${encodeURIComponent(pattern())}`)]);
    const more = all.doors > some.doors.length ? ` ${some.doors.length} shown.` : "";
    at("summary").textContent = `${all.doors} doors: ${counted(all.network)}; ${counted(all.locks)}; ${all.queue} events waiting.${more}`;
    place(some.doors);
  } catch (error) { at("summary").textContent = `No answer: ${error.message}`; } finally { busy = false; }
}

for (const button of document.querySelectorAll("[data-all]")) {
  button.addEventListener("click", async () => {
    try {
      const done = await ALL[button.dataset.all]();
      say(`${done.doors} doors${done.decisions ? ": " + counted(done.decisions).replaceAll("_", " ") : ""}`);
    } catch (error) { say(error.message); }
    await look();
  });
}
at("credential").addEventListener("submit", (event) => event.preventDefault());
at("filter").addEventListener("input", look);
setInterval(() => { if (!document.hidden) look(); }, EVERY_MS);
look();
