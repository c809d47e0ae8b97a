// Editing the problem rows in place: Enter saves a cell and goes to the next problem, Escape puts the old text back.
// Cells are saved one after the other, because each save carries the revision that the one before it gave.
const form = document.querySelector("[data-grid]");
const status = form.querySelector("[data-grid-status]");
let saving = Promise.resolve();
let waiting = 0;

const inputs = () => [...form.querySelectorAll(".cell__input")];

function next(input) {
  const all = inputs();
  const later = [...all.slice(all.indexOf(input) + 1), ...all.slice(0, all.indexOf(input))];
  return later.find((one) => one.getAttribute("aria-invalid") === "true") ?? form.querySelector("[name=check]");
}

function show(input, told) {
  const cell = input.closest("td");
  const note = cell.querySelector(".cell-note");
  cell.classList.remove("cell--error", "cell--warning", "cell--changed", "cell--fine");
  note.className = "cell-note";
  if (told) {
    cell.classList.add(`cell--${told.severity}`);
    note.classList.add(`cell-note--${told.severity}`);
    note.textContent = told.message;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", note.id);
    input.title = told.hint;
  } else {
    const edited = input.dataset.saved !== undefined;
    cell.classList.toggle("cell--fine", edited);
    note.classList.toggle("cell-note--fine", edited);
    note.textContent = edited ? form.dataset.fine : "";
    input.removeAttribute("aria-invalid");
    input.removeAttribute("title");
  }
}

async function save(input) {
  const value = input.value;
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "revision"]) body.set(name, form.elements[name].value);
  body.set(input.name, value);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (!answer.ok) {
      status.textContent = told.error;
      return;
    }
    form.elements.revision.value = told.revision;
    for (const other of document.querySelectorAll("input[name=revision]")) other.value = told.revision;
    status.textContent = told.said;
    input.dataset.saved = value;
    input.defaultValue = value;
    for (const [line, problems] of Object.entries(told.rows)) {
      for (const one of form.querySelectorAll(`tr[data-line="${line}"] .cell__input`)) {
        const found = problems[one.dataset.column];
        if (found || one === input) show(one, found);
      }
    }
  } catch {
    status.textContent = form.dataset.failed;
  }
}

function keep(input) {
  if (input.value === input.defaultValue) return;
  waiting += 1;
  saving = saving
    .then(() => (input.value === input.defaultValue ? undefined : save(input)))
    .finally(() => {
      waiting -= 1;
    });
}

form.addEventListener("keydown", (event) => {
  const input = event.target.closest(".cell__input");
  if (!input || event.isComposing) return;
  if (event.key === "Escape") {
    input.value = input.defaultValue;
  } else if (event.key === "Enter") {
    event.preventDefault();
    keep(input);
    const following = next(input);
    following?.focus();
    following?.select?.();
  }
});

form.addEventListener("change", (event) => {
  const input = event.target.closest(".cell__input");
  if (input) keep(input);
});

// What is still on its way is saved first. A form cannot be sent from within its own submit event, so that comes later.
form.addEventListener("submit", (event) => {
  if (!waiting) return;
  event.preventDefault();
  const button = event.submitter;
  saving.then(() => setTimeout(() => form.requestSubmit(button)));
});
