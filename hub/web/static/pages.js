// The keys of the queue, and the filter's form; every page works without this file.
"use strict";

(() => {
  const typing = (node) => node.closest("input, select, textarea, [contenteditable]");

  // j and k go down and up the cards; c, a and r press what the card in hand offers.
  function queue(deck) {
    const cards = deck.matches("ol") ? Array.from(deck.children) : [deck];
    const inHand = () => cards.findIndex((card) => card.contains(document.activeElement));
    const go = (place) => cards[Math.max(0, Math.min(cards.length - 1, place))].focus();
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      const place = inHand();
      if (event.key === "j") go(place + 1);
      else if (event.key === "k") go(place - 1);
      else if ("car".includes(event.key)) {
        const card = cards[Math.max(0, place)];
        const button = card.querySelector(`[data-key="${event.key}"]`);
        const reject = event.key === "r" && document.querySelector("#reject select");
        if (button) button.click();
        else if (reject) reject.focus();
        else return;
      } else return;
      event.preventDefault();
    });
  }

  // Only the operators that the chosen field takes are offered.
  function clause(form) {
    const { field, op, value } = form.elements;
    const all = Array.from(op.options);
    const plain = value.placeholder;
    const choose = () => {
      const type = field.selectedOptions[0].dataset.type;
      const fit = all.filter((option) => option.dataset.types.split(" ").includes(type));
      op.replaceChildren(...fit);
      op.selectedIndex = 0;
      op.parentElement.hidden = fit.length === 0;
      value.placeholder = type === "activity" ? value.dataset.activity : plain;
    };
    field.addEventListener("change", choose);
    choose();
  }

  for (const deck of document.querySelectorAll("[data-deck]")) queue(deck);
  for (const form of document.querySelectorAll("form[data-clause]")) clause(form);
})();
