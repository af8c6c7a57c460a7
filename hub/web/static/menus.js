// The phone shows a name while it is typed; everything works without this file.
"use strict";

(() => {
  const name = document.querySelector("[data-mirror]");
  const chosen = Array.from(document.querySelectorAll(".phone [aria-current]")).pop();
  const text = chosen && Array.from(chosen.childNodes).find((node) => node.nodeType === Node.TEXT_NODE);
  if (!name || !text) return;
  const unnamed = text.data;
  const show = () => { text.data = name.value || unnamed; };
  name.addEventListener("input", show);
  show(); // somebody may have typed before this file was there
})();
