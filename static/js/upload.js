// Sends files by the tus protocol: a bar for each, pause, going on after a lost line.
// Without this file the form sends them in one go. Nothing is kept in the browser: what is
// unfinished stands in the page's list, so any device can go on with it.
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form || !window.tus || !window.tus.isSupported) return;

  const AT_ONCE = 2;
  const RETRIES = [0, 1000, 3000, 5000, 10000, 20000];
  // A part takes about four seconds: small ones on a weak line, where little is then lost.
  const SMALLEST = 256 * 1024, LARGEST = 8 * 1024 * 1024, SECONDS = 4;
  const LOOK_AGAIN = 4000, LOOKS = 45;
  // A weak line comes back without the browser noticing.
  const TRY_AGAIN = 10000;

  const list = document.querySelector("[data-uploads]");
  const template = document.querySelector("template[data-row]");
  const said = document.querySelector("[data-said]");
  const endings = form.dataset.endings.split(",");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const running = new Set();
  const waiting = [];
  let chunk = 2 * SMALLEST;
  let looks = 0;

  const word = (name, values = {}) =>
    Object.entries(values).reduce(
      (text, [key, value]) => text.replace(`%(${key})s`, value),
      document.querySelector(`[data-word="${name}"]`).textContent,
    );
  const number = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
  const readable = (size) =>
    new Intl.NumberFormat(document.documentElement.lang, {
      style: "unit", unit: size < 1048576 ? "kilobyte" : "megabyte", maximumFractionDigits: 1,
    }).format(Math.max(size / (size < 1048576 ? 1024 : 1048576), 0.1));

  // As the server: files of a disc have no ending, or a number for one.
  const endingOf = (name) => {
    const ending = name.includes(".") ? name.split(".").pop().toLowerCase() : "";
    return /^\d+$/.test(ending) ? "" : ending;
  };
  const refusal = (file) => {
    const ending = endingOf(file.name);
    if (ending && !endings.includes(ending)) return "kind";
    if (!file.size) return "empty";
    const isScan = ["", "dcm", "dicom", "ima", "zip"].includes(ending);
    const most = Number(isScan ? form.dataset.imagingMax : form.dataset.paperMax);
    return file.size > most ? "large" : "";
  };
  const unfinished = (file) =>
    [...document.querySelectorAll("[data-unfinished]")].find(
      ({ dataset }) =>
        dataset.name === file.name.normalize("NFC") && dataset.size === String(file.size) &&
        dataset.modified === String(file.lastModified),
    );

  function add(file) {
    const row = template.content.firstElementChild.cloneNode(true);
    const part = (name) => row.querySelector(`[data-${name}]`);
    const bar = row.querySelector("progress");
    part("name").textContent = file.name;
    bar.setAttribute("aria-label", file.name);
    part("size").textContent = readable(file.size);
    list.append(row);

    const say = (text, aloud = false) => {
      part("state").textContent = text;
      if (aloud) said.textContent = `${file.name}: ${text}`;
    };
    const show = (state) => {
      row.dataset.state = state;
      part("pause").hidden = !["waiting", "sending"].includes(state);
      part("resume").hidden = !["paused", "offline", "failed"].includes(state);
      part("cancel").hidden = ["arrived"].includes(state);
    };
    const percent = () => number.format(Math.floor(bar.value) / 100);

    const refused = refusal(file);
    if (refused) {
      show("refused");
      say(word(refused), true);
      bar.hidden = true;
      part("cancel").textContent = word("close");
      part("cancel").addEventListener("click", () => row.remove());
      return;
    }

    const kept = unfinished(file);
    const metadata = { filename: file.name, modified: String(file.lastModified) };
    const item = form.querySelector("[name=item]");
    if (item && item.value) metadata.item = item.value;
    if (crypto.randomUUID) metadata.submission = crypto.randomUUID();
    let began = 0;
    const upload = new window.tus.Upload(file, {
      endpoint: form.dataset.url,
      uploadUrl: kept ? kept.dataset.unfinished : null,
      metadata,
      chunkSize: chunk,
      retryDelays: RETRIES,
      onShouldRetry: (error) => {
        const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
        return !status || status >= 500 || [409, 423, 429].includes(status);
      },
      headers: { "X-CSRFToken": token },
      storeFingerprintForResuming: false,
      onBeforeRequest: () => { began = performance.now(); },
      onProgress: (sent, total) => {
        bar.value = (100 * sent) / total;
        if (row.dataset.state === "sending") say(word("sending", { percent: percent() }));
      },
      onChunkComplete: (size) => {
        fit(size, (performance.now() - began) / 1000);
        upload.options.chunkSize = chunk;
        // The server has seen us: its clock of this session began again.
        document.dispatchEvent(new Event("session-used"));
      },
      onError: (error) => stop(error),
      onSuccess: () => {
        bar.value = 100;
        show("arrived");
        say(word("arrived"), true);
        end();
        look();
      },
    });
    const job = { start, isOffline: () => row.dataset.state === "offline" };

    function start() {
      running.add(job);
      show("sending");
      say(word("sending", { percent: percent() }));
      upload.start();
    }
    function end() {
      running.delete(job);
      if (waiting.length && running.size < AT_ONCE) waiting.shift().start();
    }
    function stop(error) {
      const answer = error.originalResponse;
      const status = answer ? answer.getStatus() : 0;
      const isText = answer && (answer.getHeader("Content-Type") || "").startsWith("text/plain");
      if (!status) {
        show("offline");
        say(word("offline"), true);
        setTimeout(() => { if (job.isOffline()) queue(job); }, TRY_AGAIN);
      } else {
        show(status === 422 || status === 413 ? "refused" : "failed");
        say(status === 403 ? word("ended") : isText ? answer.getBody() : word("failed"), true);
      }
      // A new upload when the old one is gone.
      if ([404, 410].includes(status)) upload.url = upload.options.uploadUrl = null;
      end();
    }

    part("pause").addEventListener("click", () => {
      const place = waiting.indexOf(job);
      if (place >= 0) waiting.splice(place, 1);
      upload.abort();
      show("paused");
      say(word("paused", { percent: percent() }), true);
      end();
    });
    part("resume").addEventListener("click", () => { if (!running.has(job)) queue(job); });
    part("cancel").addEventListener("click", async () => {
      await upload.abort(true).catch(() => {});
      row.remove();
      end();
      look();
    });
    window.addEventListener("online", () => { if (job.isOffline()) queue(job); });

    show("waiting");
    say(word("waiting"));
    queue(job);
  }

  function queue(job) {
    if (running.size < AT_ONCE) job.start();
    else waiting.push(job);
  }

  function fit(size, seconds) {
    const wanted = (size / Math.max(seconds, 0.05)) * SECONDS;
    chunk = Math.round(Math.min(LARGEST, Math.max(SMALLEST, Math.min(wanted, 2 * chunk))));
  }

  // The list as the server sees it now, and again while something is being checked.
  async function look() {
    const answer = await fetch(location.href).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-list]");
    const old = document.querySelector("[data-list]");
    if (!fresh || old.contains(document.activeElement)) return again();
    old.replaceWith(fresh);
    tidy();
    again();
  }
  // What the list tells of by now need not stand here as "being checked".
  function tidy() {
    if (running.size || waiting.length || document.querySelector('[data-status="checking"]')) return;
    list.querySelectorAll('[data-state="arrived"]').forEach((row) => row.remove());
  }
  function again() {
    if (document.querySelector('[data-status="checking"], [data-waiting]') && looks < LOOKS) {
      looks += 1;
      setTimeout(look, LOOK_AGAIN);
    }
  }

  const take = (files) => { looks = 0; [...files].forEach(add); };
  form.querySelectorAll("input[type=file]").forEach((input) => {
    input.addEventListener("change", () => {
      take(input.files);
      input.value = "";
    });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("is-over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("is-over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("is-over");
    take(event.dataTransfer.files);
  });
  window.addEventListener("beforeunload", (event) => {
    if (running.size) event.preventDefault();
  });
  document.addEventListener("leaving", () => running.clear());

  form.querySelectorAll("[data-plain]").forEach((part) => { part.hidden = true; });
  form.querySelectorAll("[data-scripted]").forEach((part) => { part.hidden = false; });
  again();
})();
