// Comforts only: every page of the inquiry works without this file.
(() => {
  // The zone of this device, for dates in the family's own time.
  const zone = document.querySelector("[data-browser-zone]");
  if (zone && !zone.value) {
    zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  }

  // "None of these" and a sign exclude each other.
  const none = document.querySelector('input[name="signs"][value="none"]');
  if (none) {
    const signs = [...document.querySelectorAll('input[name="signs"]')].filter((box) => box !== none);
    none.addEventListener("change", () => {
      if (none.checked) signs.forEach((box) => { box.checked = false; });
    });
    signs.forEach((box) => box.addEventListener("change", () => {
      if (box.checked) none.checked = false;
    }));
  }
})();
