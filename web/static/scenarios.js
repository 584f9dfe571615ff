// Dragging a weekly time to another space or day of the week opens its page with that place filled in; a reason is given
// there. Everything works without this file: the page of a time has the same form.
"use strict";

let dragged = null;

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-slot]");
});

document.addEventListener("dragover", (event) => {
  const cell = event.target.closest?.("[data-drop]");
  if (!dragged || !cell) return;
  event.preventDefault();
  cell.classList.add("over");
});

document.addEventListener("dragleave", (event) => {
  event.target.closest?.("[data-drop]")?.classList.remove("over");
});

document.addEventListener("drop", (event) => {
  const cell = event.target.closest?.("[data-drop]");
  if (!dragged || !cell) return;
  event.preventDefault();
  window.location.assign(`${dragged.getAttribute("href")}?${cell.dataset.drop}`);
});
