// The quick way out. Without this file the button works too, one redirect slower.
(() => {
  const form = document.querySelector("form[data-exit]");
  if (!form) return;
  const PRESSES = 3;
  const WITHIN = 2000;
  let pressed = [];

  const leave = () => {
    // No script may hold the reader back with a question, such as an upload that is on its way.
    document.dispatchEvent(new Event("leaving"));
    // Nothing stays on the screen while the next page loads.
    document.documentElement.hidden = true;
    document.title = "";
    try { sessionStorage.clear(); } catch { /* storage may be switched off */ }
    fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      keepalive: true,
      redirect: "manual",
    }).catch(() => {});
    location.replace(form.dataset.exit);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const now = Date.now();
    pressed = [...pressed.filter((moment) => now - moment < WITHIN), now];
    if (pressed.length >= PRESSES) leave();
  });

  const keys = document.querySelector("[data-exit-keys]");
  if (keys && matchMedia("(hover: hover)").matches) keys.hidden = false;
})();
