// The office: warns two minutes before a session ends, and keeps what was typed.
// Without scripts everything works; the session then ends without the warning.
"use strict";

(() => {
  const WARN_SECONDS = 120;
  const box = document.getElementById("office-session");
  if (!box) {
    return;
  }
  const idleSeconds = Number(box.dataset.idle);
  // Eight hours in all: from then on no answer makes the session young again.
  const end = Date.now() + Number(box.dataset.rest) * 1000;
  const form = box.querySelector("form");
  let lastAnswer = Date.now();
  let typedSince = false;
  let ended = false;

  const show = (state) => {
    ended = ended || state === "ended";
    box.hidden = state === "";
    for (const part of box.querySelectorAll("[data-when]")) {
      part.hidden = part.dataset.when !== state;
    }
  };

  const stayLoggedIn = async () => {
    typedSince = false;
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      redirect: "manual",
      headers: { Accept: "application/json" },
    }).catch(() => null);
    if (answer && answer.ok) {
      lastAnswer = Date.now();
      show("");
    } else if (answer) {
      show("ended");
    }
  };

  const look = () => {
    if (ended) {
      return;
    }
    const left = idleSeconds - (Date.now() - lastAnswer) / 1000;
    const rest = (end - Date.now()) / 1000;
    if (Math.min(left, rest) <= 0) {
      show("ended");
    } else if (rest <= WARN_SECONDS) {
      show("last");
    } else if (left <= WARN_SECONDS) {
      // Who types is not idle.
      if (typedSince) {
        stayLoggedIn();
      } else {
        show("soon");
      }
    }
  };

  document.addEventListener("input", () => {
    typedSince = true;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    stayLoggedIn();
  });
  document.addEventListener("visibilitychange", look);
  window.setInterval(look, 1000);

  // A step pressed twice is one step; the browser's own Back makes the buttons live again.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button && event.target.method === "post" && event.target !== form) {
      window.setTimeout(() => {
        button.disabled = true;
      });
    }
  });
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button:disabled")) {
      button.disabled = false;
    }
  });
  // Nothing typed is lost by a click beside the form.
  window.addEventListener("beforeunload", (event) => {
    const unsent = [...document.querySelectorAll("textarea[data-keep]")].some(
      (area) => area.value !== area.defaultValue && !area.form.dataset.sent,
    );
    if (unsent) {
      event.preventDefault();
    }
  });
  document.addEventListener("submit", (event) => {
    event.target.dataset.sent = "true";
  });
})();
