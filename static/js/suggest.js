// Suggestions below a search box, after the combobox pattern of the ARIA Authoring Practices.
// Without this file the box is a plain field, and its form finds the same.
// With data-suggest-fill, the name of a button of the form, nothing that is typed is in an
// address: it is posted, and a suggestion fills the box and presses that button.
(() => {
  const WAIT = 120;
  const LONGEST = 200;

  document.querySelectorAll("input[data-suggest]").forEach((input, number) => {
    const box = input.closest(".suggest-box") || input.parentElement;
    const list = document.createElement("ul");
    const filling = input.dataset.suggestFill;
    let options = [];
    let active = -1;
    let timer = 0;
    let request = null;

    list.id = `suggestions-${number}`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.suggestLabel || input.placeholder);
    list.hidden = true;
    box.classList.add("suggest-box");
    box.append(list);
    // The role is none of a search field's; the phone's keyboard still says "search".
    input.type = "text";
    input.setAttribute("enterkeyhint", "search");
    input.setAttribute("role", "combobox");
    input.setAttribute("autocomplete", "off");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);

    const forget = () => {
      clearTimeout(timer);
      if (request) request.abort();
      request = null;
    };

    const close = () => {
      forget();
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
    };

    const mark = (place) => {
      active = place;
      options.forEach((option, index) => {
        option.setAttribute("aria-selected", String(index === active));
      });
      if (active < 0) {
        input.removeAttribute("aria-activedescendant");
      } else {
        input.setAttribute("aria-activedescendant", options[active].id);
        options[active].scrollIntoView({ block: "nearest" });
      }
    };

    const open = () => {
      if (!options.length) return;
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
    };

    const part = (tag, text) => {
      const element = document.createElement(tag);
      element.textContent = text;
      return element;
    };

    const option = (one, index) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      if (one.url) item.dataset.url = one.url;
      item.append(part("bdi", one.label), part("small", one.kind));
      return item;
    };

    const show = (found) => {
      options = found.map(option);
      list.replaceChildren(...options);
      mark(-1);
      if (options.length) open();
      else close();
    };

    const get = (words, signal) => fetch(
      `${input.dataset.suggest}?q=${encodeURIComponent(words)}`, { signal, credentials: "omit" },
    );

    const post = (words, signal) => {
      const body = new FormData();
      body.append("csrfmiddlewaretoken", input.form.elements.csrfmiddlewaretoken.value);
      body.append("q", words);
      return fetch(input.dataset.suggest, { method: "POST", body, signal });
    };

    const ask = async (words) => {
      request = new AbortController();
      const { signal } = request;
      try {
        const answer = await (filling ? post(words, signal) : get(words, signal));
        const found = answer.ok ? (await answer.json()).suggestions : [];
        if (!signal.aborted) show(found);
      } catch {
        // Aborted, or no network: the form still works.
        if (!signal.aborted) show([]);
      }
    };

    const follow = (item) => {
      if (!filling) {
        window.location.assign(item.dataset.url);
        return;
      }
      input.value = item.querySelector("bdi").textContent;
      close();
      input.dispatchEvent(new Event("change", { bubbles: true }));
      input.form.requestSubmit(input.form.querySelector(`button[name="${filling}"]`));
    };

    input.addEventListener("input", (event) => {
      forget();
      const words = input.value.trim();
      if (event.isComposing) return;
      if (!words || words.length > LONGEST) {
        show([]);
        return;
      }
      timer = setTimeout(() => ask(input.value.slice(0, LONGEST)), WAIT);
    });
    // Letters of Chinese are composed first: what was composed is asked for when it stands.
    input.addEventListener("compositionend", () => input.dispatchEvent(new Event("input")));

    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey) return;
      const isOpen = !list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!options.length) return;
        event.preventDefault();
        if (event.altKey && isOpen && event.key === "ArrowUp") {
          close();
          return;
        }
        open();
        if (event.altKey) return;
        // One place more than options: that of the field itself.
        const step = event.key === "ArrowDown" ? 1 : -1;
        const places = options.length + 1;
        mark(((active + 1 + step + places) % places) - 1);
      } else if (event.key === "Enter" && isOpen && active >= 0) {
        event.preventDefault();
        follow(options[active]);
      } else if (event.key === "Escape" && isOpen) {
        event.preventDefault();
        event.stopPropagation();
        close();
      } else if (event.key === "Tab") {
        close();
      }
    });

    // The field keeps the focus while a suggestion is pressed.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) follow(item);
    });
    input.addEventListener("blur", close);
    // A page from the browser's memory comes back without its popup.
    window.addEventListener("pagehide", close);
  });
})();
