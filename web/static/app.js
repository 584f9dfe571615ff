// What the pages do beyond plain links and forms. Everything works without this file.
"use strict";

// A form that came back with errors: start at the summary of them.
const summary = document.getElementById("errors");
if (summary) summary.focus();

// Arrow keys move between the cells of the week table; Tab works as everywhere.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function neighbour(cell, step) {
  const rows = [...cell.closest("table").querySelectorAll("tbody tr:not(.b)")];
  const row = rows[rows.indexOf(cell.parentNode) + step[0]];
  return row?.cells[cell.cellIndex + step[1]]?.querySelector("a");
}

document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const cell = event.target.closest?.(".wk td");
  if (!step || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...cell.querySelectorAll("a")];
  const next = (step[0] && links[links.indexOf(event.target) + step[0]]) || neighbour(cell, step);
  if (!next) return;
  next.focus();
  event.preventDefault();
});

// Buttons that copy the text of another element: <button type="button" data-copy="ID" data-done="Copied">.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value || source.textContent.trim());
  button.textContent = button.dataset.done;
});

// Print buttons: <button type="button" data-print hidden>. Shown only where they work.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
