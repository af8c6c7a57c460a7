// Keep the live page fresh: ask every second, put the answer into the marked places of the page the server sent.
"use strict";

(() => {
  const EVERY = 1000;
  const PATIENCE = 5000;
  const TWEEN = 150;
  const REDRAW = 10000; // charts cost the hub more than figures: at most this often, and only when figures moved
  const FEW = 4; // more new rows than this at once would make the whole list flash
  const root = document.querySelector("[data-source]");
  const source = root.dataset.source;
  const status = document.querySelector(".status");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const numbers = new Intl.NumberFormat("en-US");
  const running = new WeakMap();
  const pictures = root.dataset.pictures;
  let timer = 0;
  let drawn = "";
  let drawnAt = performance.now();

  const read = (node) => Number(node.textContent.replaceAll(",", "")) || 0;

  function count(node, goal) {
    const from = read(node);
    cancelAnimationFrame(running.get(node));
    if (from === goal || still.matches) {
      node.textContent = numbers.format(goal);
      return;
    }
    const began = performance.now();
    const frame = (now) => {
      const done = Math.max(0, Math.min(1, (now - began) / TWEEN));
      node.textContent = numbers.format(Math.round(from + (goal - from) * done));
      if (done < 1) running.set(node, requestAnimationFrame(frame));
    };
    running.set(node, requestAnimationFrame(frame));
  }

  function put(node, item) {
    const marks = node.dataset;
    if (marks.t && node.textContent !== item[marks.t]) node.textContent = item[marks.t];
    if (marks.n) count(node, item[marks.n]);
    if ("x" in marks) node.setAttribute("x", `${item.x}%`);
    if ("width" in marks) node.setAttribute("width", `${item.width}%`);
    if (marks.hide) node.toggleAttribute("hidden", item[marks.hide]);
    if (marks.href) node.setAttribute("href", marks.base + item[marks.href]);
    if (marks.show) node.toggleAttribute("hidden", !item[marks.show]);
    if (marks.without) node.toggleAttribute("hidden", item[marks.without].length > 0);
    if (marks.on) node.dataset.is = String(item[marks.on]);
    if (marks.list) return list(node, item[marks.list]);
    for (const child of node.children) put(child, item);
  }

  function list(node, items) {
    const rows = new Map(Array.from(node.children, (row) => [row.dataset.key, row]));
    const few = items.filter((item) => !rows.has(item.key)).length <= FEW;
    items.forEach((item, place) => {
      const row = rows.get(item.key) || blank(node.dataset.list, item.key, few);
      rows.delete(item.key);
      put(row, item);
      if (node.children[place] !== row) node.insertBefore(row, node.children[place] || null);
    });
    for (const row of rows.values()) row.remove();
  }

  function blank(name, key, fresh) {
    const row = document.querySelector(`template[data-for="${name}"]`).content.querySelector("[data-key]").cloneNode(true);
    row.dataset.key = key;
    row.classList.toggle("fresh", fresh);
    return row;
  }

  function say(state) {
    if (status.dataset.state !== state) status.dataset.state = state;
  }

  async function ask(url) {
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer;
  }

  async function draw(board) {
    const figures = JSON.stringify([board.counts, board.bus, board.accounts]);
    if (!pictures || figures === drawn || performance.now() - drawnAt < REDRAW) return;
    drawnAt = performance.now();
    const answer = await ask(pictures);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const picture of fresh.querySelectorAll("[data-picture]")) {
      const old = document.querySelector(`[data-picture="${picture.dataset.picture}"]`);
      if (!old || old.matches(":hover, :focus-within")) continue; // nothing moves under a hand
      const table = old.querySelector("details[open]");
      if (table) picture.querySelector("details").open = true;
      old.replaceWith(picture);
    }
    drawn = figures;
  }

  async function poll() {
    const began = performance.now();
    try {
      const board = await (await ask(source)).json();
      put(root, board);
      say("live");
      await draw(board);
    } catch {
      say("stale");
    }
    // A hub that takes long to answer is asked less often.
    if (!document.hidden) timer = setTimeout(poll, Math.max(EVERY, 10 * (performance.now() - began)));
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) say("paused");
    else poll();
  });
  timer = setTimeout(poll, EVERY);
})();
