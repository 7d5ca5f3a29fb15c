// Puts photos in order and turns them, for one document. Without this file the page has
// number boxes and lists instead; both send the same fields.
(() => {
  const form = document.querySelector("form[data-photos]");
  if (!form) return;

  const list = form.querySelector("[data-list]");
  const said = form.querySelector("[data-said]");
  const rows = () => [...list.querySelectorAll("[data-photo]")];
  const use = (row) => row.querySelector("input[type=checkbox]");
  const place = (row) => row.querySelector("[data-plain] input");
  const say = (text, row) => { said.textContent = `${row.dataset.name}: ${text}`; };
  const turn = (row) => row.querySelector("select");
  let dragged = null;

  function number() {
    let page = 0;
    rows().forEach((row, index, all) => {
      place(row).value = index + 1;
      row.querySelector("[data-page]").hidden = !use(row).checked;
      if (use(row).checked) row.querySelector("[data-number]").textContent = page += 1;
      row.querySelector("[data-up]").disabled = index === 0;
      row.querySelector("[data-down]").disabled = index === all.length - 1;
    });
  }
  function show(row) {
    row.querySelector("[data-stamp]").dataset.turned = turn(row).value;
    row.classList.toggle("is-out", !use(row).checked);
  }
  function move(row, other, button) {
    if (!other) return;
    if (row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) other.after(row);
    else other.before(row);
    number();
    say(said.dataset.words.replace("%(place)s", rows().indexOf(row) + 1), row);
    // A button that has become useless gives the focus to its neighbour.
    if (button) (button.disabled ? row.querySelector("button:not(:disabled)") : button).focus();
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const row = button.closest("[data-photo]");
    if ("up" in button.dataset) move(row, row.previousElementSibling, button);
    if ("down" in button.dataset) move(row, row.nextElementSibling, button);
    if ("turn" in button.dataset) {
      turn(row).value = String((Number(turn(row).value) + 1) % 4);
      show(row);
      say(turn(row).selectedOptions[0].textContent, row);
    }
  });
  list.addEventListener("change", (event) => {
    show(event.target.closest("[data-photo]"));
    number();
  });

  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-photo]");
    event.dataTransfer.effectAllowed = "move";
  });
  const mark = (over) => rows().forEach((row) => row.classList.toggle("is-over", row === over));
  list.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    mark(event.target.closest("[data-photo]"));
  });
  list.addEventListener("drop", (event) => {
    event.preventDefault();
    const over = event.target.closest("[data-photo]");
    if (dragged && over && over !== dragged) move(dragged, over);
  });
  list.addEventListener("dragend", () => {
    dragged = null;
    mark(null);
  });

  rows().forEach((row) => {
    row.draggable = true;
    show(row);
  });
  number();
  form.querySelectorAll("[data-plain]").forEach((part) => { part.hidden = true; });
  form.querySelectorAll("[data-scripted]").forEach((part) => { part.hidden = false; });
})();
