// Warns two minutes before the session ends and keeps it alive when asked to.
// What is being written never leaves the page by this.
(() => {
  const WARN_BEFORE = 120;
  const warning = document.getElementById("session-warning");
  if (!warning) return;

  const seconds = Number(warning.dataset.seconds);
  const part = (name) => warning.querySelector(`[data-${name}]`);
  let timers = [];

  const begin = () => {
    timers.forEach(clearTimeout);
    warning.hidden = true;
    timers = [
      setTimeout(() => { warning.hidden = false; }, Math.max(0, seconds - WARN_BEFORE) * 1000),
      setTimeout(end, seconds * 1000),
    ];
  };

  const end = () => {
    timers.forEach(clearTimeout);
    warning.hidden = false;
    part("ending").hidden = true;
    part("ended").hidden = false;
    warning.querySelector("button").hidden = true;
  };

  warning.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(warning.action, {
      method: "POST",
      body: new FormData(warning),
      redirect: "manual",
    }).catch(() => null);
    // Without a connection the warning stays: trying again is right.
    if (answer) answer.status === 204 ? begin() : end();
  });

  // An upload that goes on keeps the session alive by itself.
  document.addEventListener("session-used", begin);
  begin();
})();
