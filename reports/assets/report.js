"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Times: the reader's own beside UTC.
  for (const element of all("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(moment);
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "local";
    const utc = element.textContent;
    element.textContent = `${local} (${zone}) `;
    const small = document.createElement("small");
    small.textContent = utc;
    element.append(small);
  }

  // Tables: sort by a click on a heading, filter by words, show the long list.
  const value = (row, column) => {
    let before = 0; // a cell may span columns
    const cell = [...row.cells].find((candidate) => (before += candidate.colSpan) > column);
    if (!cell) return "";
    const text = cell.dataset.sort ?? cell.textContent.trim();
    const number = Number(text.replace(/[,\s]/g, "").replace("−", "-"));
    return text !== "" && !Number.isNaN(number) ? number : text.toLowerCase();
  };
  const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      while (head.firstChild && head.firstChild.nodeName !== "SMALL" && head.firstChild.nodeName !== "svg") button.append(head.firstChild);
      head.prepend(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => compare(value(a, column), value(b, column)) * (up ? 1 : -1));
        table.tBodies[0].append(...rows);
      });
    });
  }
  for (const tools of all(".tools[data-for]")) {
    const table = document.getElementById(tools.dataset.for);
    const filter = tools.querySelector(".filter");
    const everything = tools.querySelector(".all-rows");
    const shown = tools.querySelector(".shown");
    const apply = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const rows = [...table.tBodies[0].rows];
      let count = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const long = row.hasAttribute("data-long") && everything && !everything.checked && words.length === 0;
        row.hidden = long || !words.every((word) => text.includes(word));
        if (!row.hidden) count += 1;
      }
      shown.textContent = `${count} of ${rows.length} rows shown`;
    };
    filter.addEventListener("input", apply);
    if (everything) everything.addEventListener("change", apply);
    apply();
  }

  // Commands: copy, also where the clipboard is not allowed (a file opened from a mail).
  for (const button of all("button.copy")) {
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
      } catch {
        const range = document.createRange();
        range.selectNodeContents(button.parentElement.querySelector("pre"));
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        button.textContent = document.execCommand("copy") ? "Copied" : "Selected: press Ctrl C";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  // Charts.
  const models = document.getElementById("chart-models");
  if (!models || typeof Bokeh === "undefined") return;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  let documents = [];
  const everyModel = () => {
    const found = new Set();
    for (const doc of documents) for (const root of doc.roots()) for (const model of root.references()) found.add(model);
    return found;
  };
  const paint = () => {
    for (const model of everyModel()) {
      for (const tag of model.tags ?? []) {
        if (typeof tag !== "string" || !tag.includes("=")) continue;
        const [property, name] = tag.split("=");
        model[property] = colour(name);
      }
    }
  };
  const choices = JSON.parse(document.getElementById("chart-choices").textContent);
  const named = (name) => [...everyModel()].find((model) => model.name === name);

  const choose = (select) => {
    const chart = select.dataset.chart;
    const main = named(chart);
    const { title, limit_ms: limit, limit_words: words, columns, behind } = choices[chart][select.value];
    const clean = (data) => Object.fromEntries(Object.entries(data).map(([key, list]) => [key, list.map((item) => (item === null ? NaN : item))]));
    main.data = clean(columns);
    const other = named(`${chart}-baseline`);
    if (other && behind) other.data = clean(behind);
    const rule = named(`${chart}-limit`);
    const label = named(`${chart}-limit-label`);
    const height = limit === null ? NaN : limit;
    rule.data = { x: rule.data.x, y: [height, height] };
    label.visible = limit !== null;
    if (limit !== null) { label.y = limit; label.text = words; }
    document.getElementById(`title-${chart}`).textContent = title;
  };

  const start = async () => {
    const views = await Bokeh.embed.embed_items(JSON.parse(models.textContent), JSON.parse(document.getElementById("chart-places").textContent));
    const roots = views.flatMap((view) => (view.roots ? [...view.roots] : Array.isArray(view) ? view : [view]));
    documents = [...new Set(roots.map((view) => view.model.document))];
    paint();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);

    if (matchMedia("(pointer: coarse)").matches) {
      for (const model of everyModel()) if (model.type === "Toolbar") model.active_drag = null; // a finger scrolls the page
    }
    for (const select of all("select[data-chart]")) select.addEventListener("change", () => choose(select));

    const linked = named("stages-axis");
    const buttons = all("button.zoom");
    for (const button of buttons) {
      button.addEventListener("click", () => {
        linked.setv({ start: Number(button.dataset.start), end: Number(button.dataset.end) });
      });
    }
    const press = () => {
      for (const button of buttons) {
        const near = (a, b) => Math.abs(a - Number(b)) < 1e-6 * (1 + Math.abs(a));
        button.setAttribute("aria-pressed", String(near(linked.start, button.dataset.start) && near(linked.end, button.dataset.end)));
      }
    };
    if (linked) { linked.change.connect(press); press(); }

    // On paper a chart is a picture of what the screen shows, as wide as the page.
    addEventListener("beforeprint", () => {
      for (const view of roots) {
        const holder = document.getElementById((view.model.name ?? "").replace("plot-", "chart-"));
        if (!holder) continue;
        try {
          const picture = view.export("png", true).canvas.toDataURL();
          let image = holder.parentElement.querySelector("img.printed");
          if (!image) { image = document.createElement("img"); image.className = "printed"; image.alt = ""; holder.after(image); }
          image.src = picture;
          holder.classList.add("has-print");
        } catch { /* the canvas itself is printed */ }
      }
    });
    document.documentElement.dataset.charts = "ready";
  };
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
})();
