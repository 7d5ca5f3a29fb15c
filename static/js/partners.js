// Forms of hospitals: searches a long list of boxes. Without scripts the list is simply long.
"use strict";

(() => {
  for (const fold of document.querySelectorAll("details[data-boxes]")) {
    const search = fold.querySelector("[data-search]");
    const boxes = [...fold.querySelectorAll("li")];
    search.closest("[hidden]").hidden = false;

    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      for (const box of boxes) {
        box.hidden = !box.textContent.toLowerCase().includes(wanted);
      }
      for (const group of fold.querySelectorAll("fieldset")) {
        group.hidden = !group.querySelector("li:not([hidden])");
      }
    });
    // Enter searches; it does not send the form.
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
      }
    });
  }
})();
