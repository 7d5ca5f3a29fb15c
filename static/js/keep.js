// Keeps what is typed on the page that is open until the server has it (docs/decisions.md says
// why in sessionStorage: it dies with the tab). Every page works without this file.
(() => {
  const form = document.querySelector("form[data-keep]");
  const PREFIX = "inquiry:";
  const NEVER = new Set(["csrfmiddlewaretoken", "work", "shown_at", "website", "shown"]);
  const RETRY = 5000;
  // A line that says nothing for so long is lost; soon the reader is told to wait.
  const LONGEST = 30000, SOON = 700;

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
  const fields = () => [...form.elements].filter((field) => field.name && !NEVER.has(field.name)
    && !["hidden", "submit", "button"].includes(field.type));
  const say = (name) => {
    ["sending", "offline", "restored"].forEach((part) => {
      const words = document.querySelector(`[data-keep-${part}]`);
      if (words) words.hidden = part !== name;
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
  let isSending = false;
  const send = async (button) => {
    // A second press while the first is on its way is the same press.
    if (isSending) return;
    clearTimeout(waiting);
    waiting = 0;
    pressed = button;
    isSending = true;
    const soon = setTimeout(() => say("sending"), SOON);
    const body = new FormData(form);
    if (button?.name) body.append(button.name, button.value);
    const answer = await fetch(form.action || location.href, {
      method: "POST", body, redirect: "manual", headers: { "X-Page-Script": "1" },
      signal: AbortSignal.timeout?.(LONGEST),
    }).catch(() => null);
    clearTimeout(soon);
    isSending = false;
    if (!answer || answer.status >= 502) {
      say("offline");
      waiting = setTimeout(() => send(button), RETRY);
      return;
    }
    if (answer.status === 204) {
      // Until the next page is there, another press would send it once more.
      isSending = true;
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
