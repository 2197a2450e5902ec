// Filters the list of contracts as somebody types. Without it the whole list is there.
"use strict";

(() => {
  const form = document.getElementById("search");
  const field = document.getElementById("words");
  const told = document.getElementById("found");
  const rows = Array.from(document.querySelectorAll("[data-search]"));
  if (!form || !field || !told) return;

  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.getAttribute("data-search");
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    told.textContent = words.length ? `${shown} of ${rows.length} contracts` : "";
  };

  field.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
