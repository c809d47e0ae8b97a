// The weight editor: live total, locks, and spreading the rest over what is not locked. Counts in hundredths: no float drift.
const hundredths = (text) => Math.round(Number(text || 0) * 100);
const written = (count) => (count / 100).toFixed(2);

function rowsOf(editor) {
  return [...editor.querySelectorAll("[data-weight]")].map((input) => {
    const row = input.closest(".weights__row");
    return { input, slider: row.querySelector("[data-slider]"), lock: row.querySelector("[data-lock]") };
  });
}

function show(editor) {
  const sum = rowsOf(editor).reduce((total, { input }) => total + hundredths(input.value), 0);
  const rest = hundredths(editor.dataset.total) - sum;
  const output = editor.querySelector("[data-sum]");
  const words = `${written(Math.abs(rest))} ${rest > 0 ? output.dataset.short : output.dataset.over}`;
  const isChinese = document.documentElement.lang.startsWith("zh");
  const note = rest === 0 ? "" : isChinese ? `（${words}）` : ` (${words})`;
  output.textContent = written(sum) + note;
  output.classList.toggle("is-off", rest !== 0);
  rowsOf(editor)[0]?.input.setCustomValidity(rest === 0 ? "" : output.textContent);
}

function spread(editor) {
  const rows = rowsOf(editor);
  const open = rows.filter(({ lock }) => lock.getAttribute("aria-pressed") !== "true");
  const kept = rows.filter((row) => !open.includes(row)).reduce((sum, { input }) => sum + hundredths(input.value), 0);
  const free = hundredths(editor.dataset.total) - kept;
  if (!open.length || free < 0) return;
  // Largest remainder: what rounding leaves goes where it was cut most, so the parts always make up the whole.
  const before = open.reduce((sum, { input }) => sum + hundredths(input.value), 0);
  const exact = open.map(({ input }) => (before ? (free * hundredths(input.value)) / before : free / open.length));
  const parts = exact.map(Math.floor);
  const order = exact.map((part, at) => [part - parts[at], at]);
  order.sort(([one, first], [other, second]) => other - one || first - second);
  const left = free - parts.reduce((sum, part) => sum + part, 0);
  for (const [, at] of order.slice(0, left)) parts[at] += 1;
  open.forEach(({ input, slider }, at) => {
    input.value = written(parts[at]);
    slider.value = input.value;
  });
  show(editor);
}

document.addEventListener("input", (event) => {
  const editor = event.target.closest("[data-weights]");
  if (!editor) return;
  const row = rowsOf(editor).find(({ input, slider }) => input === event.target || slider === event.target);
  if (row?.slider === event.target) row.input.value = written(hundredths(row.slider.value));
  else if (row) row.slider.value = row.input.value;
  show(editor);
});

document.addEventListener("click", (event) => {
  const editor = event.target.closest("[data-weights]");
  if (!editor) return;
  const lock = event.target.closest("[data-lock]");
  if (lock) lock.setAttribute("aria-pressed", String(lock.getAttribute("aria-pressed") !== "true"));
  if (event.target.closest("[data-spread]")) spread(editor);
});

function start() {
  document.querySelectorAll("[data-weights]").forEach(show);
}
document.addEventListener("htmx:load", start);
start();
