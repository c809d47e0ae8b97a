// The date control: a day picked by mouse is shown at once; one typed waits for Enter.
const typed = new WeakSet();

document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("[data-clock]") && event.key !== "Tab") typed.add(event.target);
});

document.addEventListener("pointerdown", (event) => {
  if (event.target.matches?.("[data-clock]")) typed.delete(event.target);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.matches("[data-clock]") && !typed.has(field) && field.value !== field.defaultValue && field.validity.valid) field.form?.requestSubmit();
});
