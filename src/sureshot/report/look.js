"use strict";
// The map: a lens at the dot under the pointer or the arrow keys, and a legend that brings out a class.
for (const map of document.querySelectorAll(".map")) {
  const sea = map.querySelector(".sea"), dots = sea.querySelector(".dots"), here = dots.querySelector(".here");
  const lens = sea.querySelector(".lens"), sheet = lens.querySelector("img");
  const names = JSON.parse(map.dataset.names), across = Number(map.dataset.across);
  const rows = Math.round(across * sheet.getAttribute("height") / sheet.getAttribute("width"));
  sheet.style.width = `${100 * across}%`;
  const buttons = [...map.querySelectorAll(".legend button")];
  const classes = new Map(buttons.map(button => [button.dataset.class, button.textContent]));
  const points = [];
  for (const path of dots.querySelectorAll("path[data-class]"))
    for (const [, x, y] of path.getAttribute("d").matchAll(/M(\d+) (\d+)h0/g))
      points.push({ x: Number(x), y: Number(y), of: path.dataset.class, number: points.length });
  let only = null, shown = null;
  const open = () => points.filter(point => only === null || point.of === only);
  const scale = () => dots.getBoundingClientRect().width / dots.viewBox.baseVal.width;

  function show(point) {
    shown = point;
    lens.hidden = point === null;
    here.setAttribute("cx", point ? point.x : -99);
    here.setAttribute("cy", point ? point.y : -99);
    if (!point) return;
    const column = point.number % across, row = Math.floor(point.number / across);
    sheet.style.transform = `translate(${-100 * column / across}%, ${-100 * row / rows}%)`;
    lens.querySelector(".what").textContent = classes.get(point.of);
    lens.querySelector(".quiet").textContent = names[point.number];
    const x = point.x * scale(), y = point.y * scale(), gap = 16;
    const left = x + gap + lens.offsetWidth > sea.clientWidth ? x - gap - lens.offsetWidth : x + gap;
    const top = Math.min(y - 20, sea.clientHeight - lens.offsetHeight);
    lens.style.left = `${Math.max(0, Math.min(left, sea.clientWidth - lens.offsetWidth))}px`;
    lens.style.top = `${Math.max(0, top)}px`;
  }

  function nearest(x, y, cost, limit) {
    let best = null, least = limit;
    for (const point of open()) {
      const far = cost(point.x - x, point.y - y);
      if (far < least) [best, least] = [point, far];
    }
    return best;
  }

  function follow(event) {
    const box = dots.getBoundingClientRect();
    const x = (event.clientX - box.left) / scale(), y = (event.clientY - box.top) / scale();
    const point = nearest(x, y, Math.hypot, 30 / scale());
    if (point !== shown) show(point);
  }

  const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  function walk(event) {
    if (event.key === "Escape") return show(null);
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const from = shown ?? { x: dots.viewBox.baseVal.width / 2, y: dots.viewBox.baseVal.height / 2 };
    const cost = (dx, dy) => {
      const ahead = dx * way[0] + dy * way[1], aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      return ahead > 0 && aside <= 2 * ahead ? ahead + 2 * aside : Infinity;
    };
    const next = nearest(from.x, from.y, shown ? cost : Math.hypot, Infinity);
    if (next) show(next);
  }

  function bringOut(chosen) {
    only = only === chosen ? null : chosen;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.class === only));
    for (const part of dots.querySelectorAll("[data-class]"))
      part.classList.toggle("away", only !== null && part.dataset.class !== only);
    show(null);
  }

  dots.addEventListener("pointermove", follow);
  dots.addEventListener("pointerdown", follow);
  dots.addEventListener("pointerleave", () => show(null));
  dots.addEventListener("blur", () => show(null));
  dots.addEventListener("keydown", walk);
  for (const button of buttons) button.addEventListener("click", () => bringOut(button.dataset.class));
}
