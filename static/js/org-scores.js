// Scores on the cards: asked for once the chart stands, and again for what is opened later.
const tree = document.getElementById("org-tree");
const MOST = 200;
const asked = new Set();

async function fill() {
  const empty = [...tree.querySelectorAll("[data-score]:empty")].filter((place) => !asked.has(place)).slice(0, MOST);
  if (!empty.length || !tree.org.routes.scores) return;
  empty.forEach((place) => asked.add(place));
  const [path, own] = tree.org.routes.scores.split("?");
  const query = new URLSearchParams(own);
  empty.forEach((place) => query.append("node", place.dataset.score));
  const answer = await fetch(`${path}?${query}`).catch(() => null);
  if (!answer?.ok) return;
  const scores = await answer.json();
  for (const place of empty) {
    const score = scores[place.dataset.score];
    if (!score) continue;
    const words = document.createElement(score.url ? "a" : "span");
    if (score.url) words.href = score.url;
    words.className = `node__scored node__scored--${score.band}`;
    words.textContent = `${score.text} ${score.label}`;
    words.title = score.title;
    words.tabIndex = -1;
    place.append(words);
    const item = place.closest("[role=treeitem]");
    item.setAttribute("aria-label", `${item.getAttribute("aria-label")}, ${words.textContent}`);
  }
  fill();
}

tree.addEventListener("org:drawn", fill);
fill();
