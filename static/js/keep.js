// Keeps what is typed on the page that is open until the server has it (docs/decisions.md says
// why in sessionStorage: it dies with the tab). Every page works without this file.
(() => {
  const form = document.querySelector("form[data-keep]");
  const PREFIX = "inquiry:";
  const NEVER = new Set(["csrfmiddlewaretoken", "work", "shown_at", "website", "shown"]);
  const RETRY = 5000;

  const store = {
    read(key) { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } },
    write(key, value) {
      try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* full, or off */ }
    },
    forget() {
      try {
        Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX))
          .forEach((key) => sessionStorage.removeItem(key));
      } catch { /* off */ }
    },
  };
  // A page that no longer asks anything: sent, gone, or signed out.
  if (!form) { store.forget(); return; }

  // The last part of the path: the copy also holds after a change of the language.
  const page = location.pathname.split("/").filter(Boolean).pop();
  const key = `${PREFIX}${form.dataset.keep}:${page}`;
  const status = document.querySelector("[data-keep-status]");
  const fields = () => [...form.elements].filter((field) => field.name && !NEVER.has(field.name)
    && !["hidden", "submit", "button"].includes(field.type));
  const say = (name) => {
    status.hidden = !name;
    ["offline", "restored"].forEach((part) => {
      status.querySelector(`[data-keep-${part}]`).hidden = part !== name;
    });
  };

  const typed = () => fields().map((field) => [
    field.name, field.type === "checkbox" || field.type === "radio" ? field.value : null,
    field.type === "checkbox" || field.type === "radio" ? field.checked : field.value,
  ]);
  const find = (name, value) => fields().find((other) => other.name === name
    && (value === null || other.value === value));
  // A look-up brings choices that the copy does not know: they are no difference.
  const differs = ([name, value, state]) => {
    const field = find(name, value);
    return field && (value === null ? field.value : field.checked) !== state;
  };
  const restore = (kept) => {
    for (const [name, value, state] of kept) {
      const field = find(name, value);
      if (!field) continue;
      if (value === null) field.value = state;
      else field.checked = state;
    }
  };

  const kept = store.read(key);
  if (kept && !document.querySelector(".error-summary") && kept.some(differs)) {
    restore(kept);
    say("restored");
  }
  form.addEventListener("input", () => store.write(key, typed()));
  form.addEventListener("change", () => store.write(key, typed()));

  let waiting = 0;
  let pressed = null;
  const send = async (button) => {
    clearTimeout(waiting);
    waiting = 0;
    pressed = button;
    const body = new FormData(form);
    if (button?.name) body.append(button.name, button.value);
    const answer = await fetch(form.action || location.href, {
      method: "POST", body, redirect: "manual", headers: { "X-Page-Script": "1" },
    }).catch(() => null);
    if (!answer || answer.status >= 502) {
      say("offline");
      waiting = setTimeout(() => send(button), RETRY);
      return;
    }
    if (answer.status === 204) {
      page === "check" ? store.forget() : sessionStorage.removeItem(key);
      location.assign(answer.headers.get("X-Next"));
      return;
    }
    // An error to be read, or a page that only the browser itself can show.
    form.removeEventListener("submit", onSubmit);
    button ? form.requestSubmit(button) : form.requestSubmit();
  };

  const onSubmit = (event) => {
    const button = event.submitter;
    // Another script is not ready yet, and will submit again.
    if (event.defaultPrevented) return;
    // The language menu and the look-up show this page again; the browser does that.
    if (button && (button.hasAttribute("formaction") || button.name === "search")) return;
    event.preventDefault();
    store.write(key, typed());
    send(button);
  };
  form.addEventListener("submit", onSubmit);
  window.addEventListener("online", () => { if (waiting) send(pressed); });
})();
