// The talent map by pointer and keyboard: what a role hands over is told below the picture, arrows go from card to card.
const map = document.querySelector("[data-talent]");
const links = JSON.parse(document.getElementById("talent-links")?.textContent || "[]");

if (map) {
  const cards = [...map.querySelectorAll("a[data-role]")];
  const said = document.getElementById("talent-said");
  const hint = [...said.childNodes];

  const line = (words, role, what) => {
    const item = document.createElement("li");
    const name = document.createElement("strong");
    name.textContent = role;
    item.append(`${words} `, name, `: ${what}`);
    return item;
  };

  const tell = (card) => {
    const role = card.dataset.role;
    const title = document.createElement("p");
    title.textContent = card.querySelector(".talent__name").textContent;
    const list = document.createElement("ul");
    for (const link of links) {
      if (link.from === role) list.append(line(said.dataset.out, link.toName, link.what));
      if (link.to === role) list.append(line(said.dataset.in, link.fromName, link.what));
    }
    if (!list.children.length) list.append(Object.assign(document.createElement("li"), { textContent: said.dataset.none }));
    said.replaceChildren(title, list);
  };

  const rest = () => {
    if (!map.querySelector("a[data-role]:focus, a[data-role]:hover")) said.replaceChildren(...hint);
  };

  const centre = (card) => {
    const box = card.querySelector("rect").getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };

  // the nearest card in a quarter of the plane; what lies straight ahead counts as nearer than what lies aside
  const next = (card, across, down) => {
    const [x, y] = centre(card);
    let best = null;
    for (const other of cards) {
      const [ox, oy] = centre(other);
      const ahead = (ox - x) * across + (oy - y) * down;
      const aside = Math.abs((ox - x) * down) + Math.abs((oy - y) * across);
      if (ahead <= 1) continue;
      const far = ahead + 2 * aside;
      if (!best || far < best.far) best = { other, far };
    }
    return best?.other;
  };

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  for (const card of cards) {
    card.addEventListener("pointerenter", () => tell(card));
    card.addEventListener("pointerleave", rest);
    card.addEventListener("focus", () => tell(card));
    card.addEventListener("blur", rest);
    card.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        const box = document.querySelector(`#map-filters input[name=role][value="${CSS.escape(card.dataset.role)}"]`);
        event.preventDefault();
        box.checked = !box.checked;
        box.form.requestSubmit();
      }
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      next(card, ...move)?.focus();
    });
  }
}

// Roles ticked in the menu are shown when it closes.
const picks = document.querySelector("details[data-roles]");
let ticked = false;
picks?.addEventListener("change", () => (ticked = true));
picks?.addEventListener("toggle", () => !picks.open && ticked && picks.closest("form").requestSubmit());
