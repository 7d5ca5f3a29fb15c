// Proof of work for forms that carry data-work. Without this file the server asks for patience
// instead, or a person looks at what was sent: nobody is refused.
(() => {
  const form = document.querySelector("form[data-work]");
  if (!form || !window.Worker) return;
  const status = form.querySelector("[data-work-status]");
  const field = form.elements.work;
  let begun = null;

  const solve = () => new Promise((resolve) => {
    const [salt, , size, target] = form.dataset.work.split(".");
    const worker = new Worker(form.dataset.worker);
    const end = (number) => {
      worker.terminate();
      if (number !== null) field.value = `${form.dataset.work}.${number}`;
      resolve();
    };
    worker.onmessage = (event) => end(event.data);
    worker.onerror = () => end(null);
    worker.postMessage({ salt, size: Number(size), target });
  });
  const begin = () => { begun ??= solve(); return begun; };

  // Where it is needed for certain it is done while the reader reads.
  if ("workEarly" in form.dataset) begin();
  form.addEventListener("focusin", begin, { once: true });
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (field.value || button?.hasAttribute("formaction") || form.dataset.worked) return;
    event.preventDefault();
    if (status) status.hidden = false;
    await begin();
    form.dataset.worked = "true";
    form.requestSubmit(button);
  });
  // The page came back by the browser's Back: the sum was used up.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
