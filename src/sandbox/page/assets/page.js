// What the page does in the browser: sends what is clicked and typed, puts fragments that the
// server has drawn into their place, and tells times in the reader's zone. It knows nothing of
// requests or approvals.
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const page = document.body;
  const window_ = { as: page.dataset.as, at: page.dataset.at };

  // ---- Times ------------------------------------------------------------------------------

  // How far the demo's clock is ahead of the browser's.
  let ahead = Number(page.dataset.now) - Date.now();
  const now = () => new Date(Date.now() + ahead);

  const form = (options) => {
    const made = new Intl.DateTimeFormat(undefined, options);
    return (at) => made.format(at);
  };
  const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
  const pretty = (plain) => (at) => {
    const days = Math.round((midnight(at) - midnight(now())) / 86_400_000);
    return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? plain(at);
  };
  const date = form({ year: "numeric", month: "long", day: "numeric" });
  const short = form({ year: "numeric", month: "short", day: "numeric" });
  const long = form({ weekday: "long", year: "numeric", month: "long", day: "numeric" });
  const two = (number) => String(number).padStart(2, "0");
  // https://docs.slack.dev/messaging/formatting-message-text#date-formatting
  const tokens = {
    date,
    date_num: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    date_slash: form({ year: "numeric", month: "2-digit", day: "2-digit" }),
    date_short: short,
    date_long: long,
    date_pretty: pretty(date),
    date_short_pretty: pretty(short),
    date_long_pretty: pretty(long),
    time: form({ hour: "numeric", minute: "2-digit" }),
    time_secs: form({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
    ago: (at) => {
      const away = (now() - at) / 1000;
      return away < 0 ? `in ${length(-away)}` : `${length(away)} ago`;
    },
  };

  // The two largest units: "59 min 3 s".
  function length(seconds) {
    const parts = [];
    let left = Math.max(0, Math.ceil(seconds));
    for (const [size, unit] of [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]]) {
      if (left >= size) parts.push(`${Math.floor(left / size)} ${unit}`);
      left %= size;
    }
    return parts.slice(0, 2).join(" ") || "0 s";
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tellTimes(root) {
    for (const time of root.querySelectorAll("time[data-unix][data-format]")) {
      const at = new Date(Number(time.dataset.unix) * 1000);
      time.dateTime = at.toISOString();
      time.title = at.toLocaleString();
      write(time, time.dataset.format.replace(/\{(\w+)\}/g, (whole, token) => Object.hasOwn(tokens, token) ? tokens[token](at) : whole));
    }
    tick(root);
  }

  function tick(root) {
    for (const left of root.querySelectorAll(".left[data-until]")) {
      const seconds = Number(left.dataset.until) - now() / 1000;
      write(left, seconds > 0 ? `${length(seconds)} left` : "time is up");
    }
    const clock = root.querySelector("#now");
    if (clock) write(clock, `${tokens.date_short(now())}, ${tokens.time_secs(now())}`);
  }
  setInterval(() => tick(document), 1000);

  // A message that is taller than its place is read from its first line.
  function showNewest(pane) {
    const newest = [...pane.querySelectorAll(".post")].at(-1);
    if (newest) pane.scrollTop = newest.offsetTop - pane.offsetTop;
  }

  // ---- Fragments --------------------------------------------------------------------------

  // Filled in here and not by the server: left alone.
  const kept = new WeakSet();
  // Changed here and not yet known to the server: what stands there counts.
  const ours = new WeakSet();

  const isField = (node) => ["INPUT", "TEXTAREA", "SELECT"].includes(node.nodeName);

  function morph(have, want) {
    if (kept.has(have)) return;
    if (have.nodeType !== Node.ELEMENT_NODE) {
      if (have.data !== want.data) have.data = want.data;
      return;
    }
    for (const { name } of [...have.attributes]) {
      const stays = name === "open" && have.nodeName === "DETAILS";
      if (!want.hasAttribute(name) && !stays) have.removeAttribute(name);
    }
    for (const { name, value } of want.attributes) {
      if (have.getAttribute(name) !== value) have.setAttribute(name, value);
    }
    if (have.nodeName === "TEXTAREA") {
      if (have.defaultValue !== want.defaultValue) have.defaultValue = want.defaultValue;
    } else {
      morphChildren(have, want);
    }
    if (!isField(have) || ours.has(have)) return;
    if (have.type === "radio" || have.type === "checkbox") have.checked = want.checked;
    else if ((have.nodeName === "SELECT" || have !== document.activeElement) && have.value !== want.value) have.value = want.value;
  }

  function fits(have, want) {
    return have && have.nodeName === want.nodeName && (have.id || "") === (want.id || "");
  }

  function morphChildren(have, want) {
    const named = new Map();
    for (const child of have.children) if (child.id) named.set(child.id, child);
    let place = have.firstChild;
    for (const next of [...want.childNodes]) {
      const known = next.id && named.get(next.id);
      if (known && known.nodeName === next.nodeName) {
        if (known === place) place = place.nextSibling;
        else have.insertBefore(known, place);
        morph(known, next);
      } else if (fits(place, next)) {
        const here = place;
        place = place.nextSibling;
        morph(here, next);
      } else {
        have.insertBefore(document.importNode(next, true), place);
      }
    }
    while (place) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  }

  let shownView = null;

  function show(name, html) {
    const pane = $(`pane-${name}`);
    if (!pane) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    tellTimes(fresh.content);
    const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 80;
    const view = fresh.content.querySelector("[data-view]")?.dataset.view ?? null;
    if (name === "modal" && view !== shownView) {
      pane.replaceChildren(document.importNode(fresh.content, true));
    } else {
      morphChildren(pane, fresh.content);
    }
    if (name === "messages" && atEnd) showNewest(pane);
    if (name === "modal") showDialog(view);
  }

  // ---- The modal --------------------------------------------------------------------------

  const dialog = $("modal");
  let showError = false;

  function showDialog(view) {
    shownView = view;
    if (view && !dialog.open) dialog.showModal();
    if (!view && dialog.open) dialog.close();
    if (!view) return;
    const title = dialog.querySelector("h1, h2, h3");
    if (title) dialog.setAttribute("aria-label", title.textContent);
    const focused = document.activeElement;
    if (showError) focusError();
    else if (!dialog.contains(focused) || focused === dialog || focused.dataset.act === "close") focusFirst();
  }

  function focusFirst() {
    const fields = dialog.querySelectorAll("input:not([type=hidden]), select, textarea");
    const first = [...fields].find((field) => !field.disabled && (field.type !== "radio" || field.checked));
    (first ?? dialog.querySelector("button"))?.focus();
  }

  function focusError() {
    const wrong = dialog.querySelector(".field-error");
    if (!wrong) return;
    showError = false;
    const field = wrong.id && dialog.querySelector(`[aria-describedby~="${CSS.escape(wrong.id)}"]`);
    if (field) (field.matches("input, select, textarea") ? field : field.querySelector("input, select, textarea") ?? field).focus();
  }

  let closing = null;
  async function closeView() {
    const view = shownView;
    if (!view || view === closing) return;
    closing = view;
    const answer = await send("close", { view });
    if (!answer.ok) closing = null;
  }

  dialog.addEventListener("cancel", (event) => {
    if (event.target !== dialog) return;
    event.preventDefault();
    closeView();
  });
  // The browser may insist on closing.
  dialog.addEventListener("close", () => closeView());

  // ---- Talking to the server --------------------------------------------------------------

  let quietTimer;
  function alarm(text) {
    $("alarm").textContent = text;
    clearTimeout(quietTimer);
    quietTimer = setTimeout(() => ($("alarm").textContent = ""), 10_000);
  }

  const say = (text) => ($("said").textContent = text);

  async function post(what, details) {
    try {
      const response = await fetch(`/do/${what}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...window_, ...details }),
      });
      const answer = await response.json().catch(() => ({}));
      if (!response.ok) alarm(answer.says ?? `The demo answered ${response.status}.`);
      return { ok: response.ok, ...answer };
    } catch {
      alarm("The demo does not answer. Does it still run?");
      return { ok: false };
    }
  }

  // One after the other, so that what was typed is known before the form is sent.
  let queue = Promise.resolve();
  function send(what, details = {}) {
    const turn = queue.then(() => post(what, details));
    queue = turn;
    return turn;
  }

  // What changes together: of radio buttons, one that is checked unchecks another.
  function groupOf(field) {
    const isChoice = field.type === "radio" || field.type === "checkbox";
    const group = isChoice && field.closest("fieldset");
    return group ? [...group.querySelectorAll("input")] : [field];
  }

  async function sendField(field, what, details) {
    const group = groupOf(field);
    for (const one of group) ours.add(one);
    const answer = await send(what, details);
    for (const one of group) ours.delete(one);
    return answer;
  }

  const events = new EventSource(`/events?${new URLSearchParams(window_)}`);
  events.onmessage = ({ data }) => {
    const news = JSON.parse(data);
    const jumped = news.now - now() > 5_000;
    ahead = news.now - Date.now();
    for (const [name, html] of Object.entries(news.panes)) show(name, html);
    if (jumped) {
      tellTimes(document);
      say(`The clock shows ${tokens.time_secs(now())}.`);
    }
  };
  events.onopen = () => write($("link"), "");
  events.onerror = () => write($("link"), "The connection is lost; trying again…");

  // ---- Clicks -----------------------------------------------------------------------------

  // Slack asks in a dialog of its own before it sends such a click.
  function confirmed(question) {
    if (!question) return Promise.resolve(true);
    const ask = $("confirm");
    write($("confirm-title"), question.title ?? "Are you sure?");
    write($("confirm-text"), question.text ?? "");
    write($("confirm-yes"), question.confirm ?? "Yes");
    write($("confirm-deny"), question.deny ?? "Cancel");
    $("confirm-yes").classList.toggle("danger", question.style === "danger");
    return new Promise((resolve) => {
      let answer = false;
      $("confirm-yes").onclick = () => ((answer = true), ask.close());
      $("confirm-deny").onclick = () => ask.close();
      ask.onclose = () => resolve(answer);
      ask.showModal();
    });
  }

  const questionOf = ({ dataset }) => (dataset.confirm ? JSON.parse(dataset.confirm) : null);
  const placeOf = ({ dataset }) => ({ block: dataset.block, action: dataset.action });
  const viewOf = (element) => element.closest("[data-view]")?.dataset.view;

  async function press(button) {
    if (button.getAttribute("aria-busy") === "true") return;
    const question = questionOf(button);
    if (!(await confirmed(question))) return;
    button.setAttribute("aria-busy", "true");
    const view = viewOf(button);
    const message = button.closest("[data-message]")?.dataset;
    const details = { ...placeOf(button), confirmed: question !== null };
    if (view) {
      await send("press", { ...details, view });
    } else if (message) {
      const { channel, ts } = message;
      await send("click", { ...details, channel, ts, value: button.dataset.value });
    }
    button.removeAttribute("aria-busy");
  }

  // A choice from a menu that stands on a message or in the home tab; resolves to whether it
  // was made.
  async function choose(menu, value) {
    const question = questionOf(menu);
    if (!(await confirmed(question))) return false;
    const details = { ...placeOf(menu), confirmed: question !== null };
    const view = viewOf(menu);
    const message = menu.closest("[data-message]")?.dataset;
    if (view && !menu.closest(".home")) {
      await send("choose", { ...details, view, values: [value] });
    } else if (view) {
      await send("pick", { ...details, view, value });
    } else if (message) {
      await send("pick", { ...details, channel: message.channel, ts: message.ts, value });
    }
    return true;
  }

  // What Slack asks for before it sends anything; said under each field that is empty.
  function isIncomplete(sheet) {
    for (const old of sheet.querySelectorAll(".field-error[data-empty]")) {
      const field = $(old.dataset.empty);
      field?.removeAttribute("aria-invalid");
      const ids = field?.getAttribute("aria-describedby")?.split(" ") ?? [];
      const left = ids.filter((id) => id !== old.id).join(" ");
      if (left) field.setAttribute("aria-describedby", left);
      else field?.removeAttribute("aria-describedby");
      old.remove();
    }
    const isEmpty = (field) => {
      if (field.matches("fieldset")) return !field.querySelector("input:checked");
      return field.value.trim() === "";
    };
    const asked = [...sheet.querySelectorAll("[aria-required=true]")];
    const empty = asked.filter((field) => !field.closest("[disabled]") && isEmpty(field));
    for (const field of empty) {
      const says = document.createElement("p");
      says.className = "field-error";
      says.id = `${field.id}-empty`;
      says.dataset.empty = field.id;
      says.textContent = "Please complete this field.";
      const described = field.getAttribute("aria-describedby");
      field.setAttribute("aria-describedby", described ? `${described} ${says.id}` : says.id);
      field.setAttribute("aria-invalid", "true");
      (field.closest(".input") ?? field.parentElement).append(says);
    }
    const [first] = empty;
    if (first) (first.matches("fieldset") ? first.querySelector("input") : first).focus();
    return empty.length > 0;
  }

  async function submit(sheet) {
    if (isIncomplete(sheet)) return;
    const fields = [...sheet.querySelectorAll("[data-act=type]")];
    const typed = fields.map((field) => ({ ...placeOf(field), text: field.value }));
    showError = true;
    const answer = await send("submit", { view: sheet.dataset.view, typed });
    if (answer.outcome === "errors") focusError();
    else showError = false;
  }

  const own = {
    clock: ({ dataset }) => send("clock", { seconds: Number(dataset.seconds) }),
    fault: ({ dataset }) => send("fault", { fault: dataset.fault }),
    shortcut: ({ dataset }) => send("shortcut", { callback: dataset.callback }),
    "message-shortcut": (button) => {
      const { channel, ts } = button.closest("[data-message]").dataset;
      button.closest("details").open = false;
      return send("message-shortcut", { channel, ts, callback: button.dataset.callback });
    },
    "tell-again": ({ dataset }) => send("tell-again", { run: dataset.run }),
    "end-run": ({ dataset }) => send("end-run", { run: dataset.run }),
    dismiss: (button) => {
      const { channel, ts } = button.closest("[data-message]").dataset;
      return send("dismiss", { channel, ts });
    },
  };

  document.addEventListener("click", (event) => {
    foldMenus(event.target);
    const picked = event.target.closest("[data-pick]");
    if (picked) {
      const menu = picked.closest("details");
      menu.open = false;
      choose(menu, picked.dataset.pick);
      return;
    }
    const target = event.target.closest("[data-act], button[data-do]");
    if (!target) return;
    const { act, do: mine } = target.dataset;
    if (mine) (own[mine] ?? (() => send(mine)))(target);
    else if (act === "click") press(target);
    else if (act === "submit" || act === "close") {
      event.preventDefault();
      if (act === "submit") submit(target.closest("[data-view]"));
      else closeView();
    }
  });

  // A menu closes when something else is used, and on Escape.
  function foldMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(except)) menu.open = false;
    }
  }

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
    if (!menu) return;
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (event.target === workflow) return runStep();
    if (event.target.dataset.view) return submit(event.target);
    if (event.target.id !== "composer") return;
    const words = $("words");
    const answer = await send("write", { words: words.value });
    if (answer.ok) words.value = "";
  });

  // ---- Fields -----------------------------------------------------------------------------

  document.addEventListener("input", ({ target }) => {
    if (target.dataset.act === "type") ours.add(target);
    if (target.getAttribute("role") === "combobox") search(target);
  });

  document.addEventListener("change", async ({ target }) => {
    const { act } = target.dataset;
    const view = viewOf(target);
    if (!view || target.closest(".home")) {
      // A menu outside of modals remembers nothing until the app says so.
      if (act !== "choose" || target.nodeName !== "SELECT") return;
      const { value } = target;
      ours.add(target);
      const chosen = await choose(target, value);
      ours.delete(target);
      if (!chosen) target.value = [...target.options].find((one) => one.defaultSelected)?.value ?? "";
      return;
    }
    if (act === "type") {
      sendField(target, "type", { ...placeOf(target), view, text: target.value });
    } else if (act === "choose") {
      sendField(target, "choose", { ...placeOf(target), view, values: chosenIn(target) });
    }
  });

  function chosenIn(field) {
    if (field.type === "checkbox") {
      const all = field.closest("fieldset, form").querySelectorAll("input[type=checkbox]");
      const same = [...all].filter((one) => one.dataset.action === field.dataset.action);
      return same.filter((one) => one.checked).map((one) => one.value);
    }
    const values = field.multiple ? [...field.selectedOptions].map((one) => one.value) : [field.value];
    return values.filter((value) => value !== "");
  }

  // A menu whose options the bot finds while one types.
  const menuOf = (box) => box.closest("[data-act=search]");
  const listOf = (box) => menuOf(box)?.querySelector("[role=listbox]");

  let searching;
  function search(box) {
    const menu = menuOf(box);
    if (!menu) return;
    kept.add(menu);
    clearTimeout(searching);
    searching = setTimeout(async () => {
      const text = box.value;
      const found = await post("search", { ...placeOf(menu), view: viewOf(menu), text });
      if (box.value === text && found.ok) offer(box, found.options ?? []);
    }, 100);
  }

  function offer(box, options) {
    const list = listOf(box);
    const lines = options.map((option, number) => {
      const line = document.createElement("li");
      line.id = `${list.id || "found"}-${number}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      line.dataset.value = option.value;
      line.textContent = option.text?.text ?? option.value;
      if (option.description?.text) {
        const more = document.createElement("small");
        more.textContent = option.description.text;
        line.append(" ", more);
      }
      return line;
    });
    list.replaceChildren(...lines);
    list.hidden = lines.length === 0;
    box.setAttribute("aria-expanded", String(lines.length > 0));
    box.removeAttribute("aria-activedescendant");
    if (lines.length === 0) say("Nothing found.");
  }

  function fold(box) {
    const list = listOf(box);
    if (list) list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function pick(box, line) {
    const menu = menuOf(box);
    box.value = line.firstChild.textContent.trim();
    fold(box);
    sendField(box, "choose", { ...placeOf(menu), view: viewOf(menu), values: [line.dataset.value] })
      .then(() => kept.delete(menu));
  }

  document.addEventListener("focusin", ({ target }) => {
    if (target.getAttribute("role") === "combobox" && target.value === "") search(target);
  });

  document.addEventListener("focusout", ({ target }) => {
    if (target.getAttribute("role") !== "combobox") return;
    // What was typed and not chosen is nothing.
    clearTimeout(searching);
    fold(target);
    if (ours.has(target)) return;
    target.value = target.defaultValue;
    kept.delete(menuOf(target));
  });

  document.addEventListener("pointerdown", (event) => {
    const line = event.target.closest("[role=listbox] [role=option]");
    if (!line) return;
    event.preventDefault();
    const box = line.closest("[data-act=search]")?.querySelector("[role=combobox]");
    if (box) pick(box, line);
  });

  document.addEventListener("keydown", (event) => {
    const box = event.target;
    if (box.getAttribute?.("role") !== "combobox") return;
    const lines = [...(listOf(box)?.children ?? [])];
    const isOpen = box.getAttribute("aria-expanded") === "true";
    const at = lines.findIndex((line) => line.id === box.getAttribute("aria-activedescendant"));
    const move = (to) => {
      const line = lines[(to + lines.length) % lines.length];
      for (const other of lines) other.setAttribute("aria-selected", String(other === line));
      box.setAttribute("aria-activedescendant", line.id);
      line.scrollIntoView({ block: "nearest" });
    };
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) search(box);
      else move(event.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1);
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      if (lines[at]) pick(box, lines[at]);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      fold(box);
    }
  });

  // ---- Workflows --------------------------------------------------------------------------

  // Stays as it is while the panes change: it is drawn once.
  const workflow = $("workflow");
  const shownStep = () => workflow.querySelector("fieldset[data-step]:not([hidden])");

  function filledIn(step) {
    const fields = [...step.querySelectorAll("[data-input]")];
    const held = (field) => (field.type === "checkbox" ? field.checked : field.value.trim());
    return Object.fromEntries(fields.map((field) => [field.dataset.input, held(field)]));
  }

  const labelOf = (step, name) => {
    const field = step.querySelector(`[data-input="${CSS.escape(name)}"]`);
    return field?.labels[0].textContent.replace(" (optional)", "") ?? name;
  };

  function offerIn(menu, options, empty) {
    const before = menu.value;
    const line = (value, text) => {
      const option = document.createElement("option");
      option.value = value;
      option.textContent = text;
      return option;
    };
    const described = ({ text, description }) => (description ? `${text} – ${description}` : text);
    menu.replaceChildren(line("", empty), ...options.map((one) => line(one.value, described(one))));
    menu.value = options.some((one) => one.value === before) ? before : "";
  }

  // Asks the app for the choices of a menu, as Workflow Builder does when it is opened.
  async function fillMenu(step, menu) {
    const given = filledIn(step);
    const needs = menu.dataset.needs.split(" ").filter(Boolean);
    const first = needs.find((name) => !given[name]);
    menu.disabled = first !== undefined;
    if (first !== undefined) return offerIn(menu, [], `Choose “${labelOf(step, first)}” first`);
    const turn = (menu.dataset.turn = String(Number(menu.dataset.turn ?? 0) + 1));
    const details = { function: step.dataset.step, input: menu.dataset.input, inputs: given };
    const answer = await post("options", details);
    if (menu.dataset.turn !== turn) return;
    const options = answer.ok ? answer.options : [];
    offerIn(menu, options, options.length > 0 ? "Choose…" : "Nothing to choose");
  }

  async function runStep() {
    const step = shownStep();
    if (!step || isIncomplete(step)) return;
    const button = step.querySelector("[type=submit]");
    button.setAttribute("aria-busy", "true");
    const answer = await send("run", { function: step.dataset.step, inputs: filledIn(step) });
    button.removeAttribute("aria-busy");
    if (answer.ok) say("The step runs.");
  }

  workflow?.addEventListener("change", ({ target }) => {
    if (target.id === "step") {
      for (const step of workflow.querySelectorAll("fieldset[data-step]")) {
        step.hidden = step.disabled = step.dataset.step !== target.value;
      }
    }
    const step = shownStep();
    if (!step) return;
    const changed = target.dataset.input;
    for (const menu of step.querySelectorAll("[data-menu]")) {
      const follows = menu.dataset.needs.split(" ").includes(changed);
      if (changed === undefined || follows) fillMenu(step, menu);
    }
  });

  // The app may have been away when the menu was opened first.
  workflow?.addEventListener("focusin", ({ target }) => {
    if ("menu" in target.dataset && target.options.length < 2) fillMenu(shownStep(), target);
  });

  // ---- The wire ---------------------------------------------------------------------------

  document.addEventListener("toggle", async ({ target }) => {
    const pre = target.querySelector?.("pre");
    if (!target.dataset?.wire || !target.open || !pre || kept.has(pre)) return;
    kept.add(pre);
    const response = await fetch(target.dataset.wire);
    pre.textContent = await response.text();
  }, true);

  // ---- The beginning ----------------------------------------------------------------------

  tellTimes(document);
  showNewest($("pane-messages"));
  showDialog($("pane-modal").querySelector("[data-view]")?.dataset.view ?? null);
  if (window_.at === "home") send("home");
})();
