"use strict";

// Copy what a button points at, and say so in its place for a moment.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    getSelection().selectAllChildren(source); // no clipboard here: it is selected, ready to be copied by hand
    return;
  }
  const label = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => (button.textContent = label), 2000);
});

// Only one drawer is open; Escape and a click elsewhere close it.
const drawers = () => document.querySelectorAll("details.act[open]");
document.addEventListener("click", (event) => {
  for (const drawer of drawers()) if (!drawer.contains(event.target)) drawer.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const drawer of drawers()) {
    drawer.open = false;
    drawer.querySelector("summary").focus();
  }
});

// "/" goes to the search field of the page, unless somebody writes.
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, select, textarea, [contenteditable]");
  const seek = document.querySelector("#seek");
  if (event.key !== "/" || writing || !seek || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  seek.focus();
  seek.select();
});
