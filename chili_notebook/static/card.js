// The sign-in card: Python decides, this shows. No network, no storage, no trait written.
// What is typed leaves in one custom message; a trait would be saved with the notebook.

const LAST_HOUR_S = 3600; // GraFx issues a new token only inside it
const PATIENCE_MS = 10_000;
const DRIFT_S = 30; // two clocks further apart than this do not agree
const BUSY = "The kernel is busy or gone; it answers when it’s free.";
const GONE = "The kernel has been restarted or is gone, and the session with it.";
const STALE = "This is what was saved; no kernel has confirmed it yet.";
const TRAITS =
  "phase names profile environment source token remaining_s note form".split(" ");
const FORM_PHASES = ["form", "signing-in", "failed"];
const TOKEN_PHASES = ["signed-in", "expiring", "expired"];
const PAIR = ["client_id", "client_secret"];
const KEEPERS = {
  env: "Remember in .env beside the notebook",
  keyring: "Remember in the system keyring",
};
const READ_WRITE = ["list", "read", "write"];
const KNOWN_SCOPES = {
  ...{ font: READ_WRITE, media: READ_WRITE, myproject: READ_WRITE },
  ...{ template: READ_WRITE, template_collection: READ_WRITE },
  output: ["static", "animated"],
};
const RING = "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z";
const STATES = {
  form: ["Not signed in", "M10 6a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM9.3 8.2 14 13M12 11l-1.5 1.5"],
  "signing-in": ["Signing in…", "M8 2a6 6 0 1 1-6 6"],
  "signed-in": ["Signed in", `${RING}M5.3 8.2l1.9 1.9 3.6-4`],
  expiring: ["Last hour", `${RING}M8 4.6V8l2.3 1.6`],
  expired: ["Token expired", "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.2M8 11.4v.2"],
  failed: ["Sign-in failed", `${RING}M6 6l4 4M10 6l-4 4`],
  "signed-out": ["Signed out", "M7 2.5H3v11h4M7 8h7M11.2 5.2 14 8l-2.8 2.8"],
};
const EYE = "M1.5 8Q4 3.5 8 3.5T14.5 8Q12 12.5 8 12.5T1.5 8ZM10 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z";
const CHILI =
  "M12 4.7c-.2-1.4-1-2.3-2.3-2.9M9.1 6.1c1.6-1.8 4.9-1.5 5.6.8.9 3-2.7 7.1-7.4 7.6" +
  "-2.1.2-4-.1-5.6-.8 3.6-.5 5.3-2 6-4.6.3-1.2.6-2.2 1.4-3Z";

// A function, because anywidget calls it once per model: the proxies of that model
// which initialize and render get are different objects and cannot be a shared key.
export default () => {
  let clock;
  return {
    initialize({ model }) {
      clock = createClock(model);
      return clock.stop;
    },
    render: ({ model, el }) => showCard(model, el, clock),
  };
};

/** Follow the model, and the time left: counted from an anchor, never decremented. */
function createClock(model) {
  const watchers = new Set();
  let isGone = false;
  let anchor;

  const setAnchor = (remaining, isStale = false) => {
    const token = model.get("token");
    anchor = {
      serial: token?.serial,
      sent: model.get("remaining_s"),
      remaining: token?.expires_at == null ? null : remaining,
      isStale,
      at: performance.now(),
      wall: Date.now(),
    };
  };
  const notify = (isState) => watchers.forEach((watcher) => watcher(isState));
  const send = (message) => {
    try {
      model.send(message);
      return true;
    } catch {
      return false; // a closed comm throws
    }
  };
  const follow = () => {
    const [serial, sent] = [model.get("token")?.serial, model.get("remaining_s")];
    if (serial !== anchor.serial || sent !== anchor.sent) setAnchor(sent);
    notify(true);
  };
  const copy = async (text) => {
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      isCopied = false;
    }
    send({ kind: "copied", is_copied: isCopied });
  };
  const hear = (message) => {
    if (message?.kind === "token") return void copy(message.value);
    if (message?.kind !== "time") return;
    isGone = false;
    if (message.serial !== anchor.serial) return notify(false);
    setAnchor(message.remaining_s);
    notify(false);
  };
  const elapsed = () => (performance.now() - anchor.at) / 1000;
  const elapsedByWall = () => (Date.now() - anchor.wall) / 1000;
  const left = () => (anchor.remaining == null ? null : anchor.remaining - elapsed());
  // The monotonic clock may have stood still while the machine slept.
  const hasSlept = () => elapsedByWall() - elapsed() > DRIFT_S;
  const wake = () => {
    const slept = Math.max(0, elapsedByWall() - elapsed());
    setAnchor(left() === null ? null : left() - slept, anchor.isStale);
    notify(false);
    send({ kind: "sync" });
  };
  // The comm has gone or come back: what the kernel does not confirm is not claimed.
  const doubt = () => {
    isGone = true;
    send({ kind: "sync" });
    notify(false);
  };
  const show = () => document.visibilityState === "visible" && wake();

  // The model may come from a saved notebook, hours old: believe the worse of the two.
  const sent = model.get("remaining_s");
  const byWall = (model.get("token")?.expires_at ?? 0) - Date.now() / 1000;
  setAnchor(sent == null ? null : Math.min(sent, byWall), Math.abs(sent - byWall) > DRIFT_S);
  for (const trait of TRAITS) model.on(`change:${trait}`, follow);
  model.on("msg:custom", hear);
  model.on("comm_live_update", doubt);
  document.addEventListener("visibilitychange", show);
  send({ kind: "sync" });

  return {
    ...{ send, wake, hasSlept, remaining: left },
    isGone: () => isGone,
    isStale: () => anchor.isStale && anchor.remaining !== null,
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    stop() {
      for (const trait of TRAITS) model.off(`change:${trait}`, follow);
      model.off("msg:custom", hear);
      model.off("comm_live_update", doubt);
      document.removeEventListener("visibilitychange", show);
      watchers.clear();
    },
  };
}

/** Put a card into `el`, keep it true, and give what takes it away again. */
function showCard(model, el, clock) {
  const ui = buildCard();
  const { client_secret: secret, access_token: token, environment } = ui.fields;
  const listeners = new AbortController();
  const blanks = new Set();
  let isEnvironmentTyped = false;
  let hasToken = false; // whether the form asks for a ready token in place of a pair
  let waiting = null; // the button that was clicked, until the kernel answers
  let isUnanswered = false;
  let patience, ticker;

  const expectAnswer = (button) => {
    waiting = button;
    patience = setTimeout(() => {
      waiting = null;
      isUnanswered = true;
      update();
    }, PATIENCE_MS);
  };
  const hearAnswer = () => {
    clearTimeout(patience);
    waiting = null;
    isUnanswered = false;
    if (model.get("phase") === "signing-in") expectAnswer(ui.signIn);
  };
  const ask = (button, message) => {
    if (waiting) return;
    isUnanswered = !clock.send(message);
    if (!isUnanswered) expectAnswer(button);
    update();
  };
  const asked = () => [...(hasToken ? ["access_token"] : PAIR), "environment"];
  const showSecret = (isShown) => {
    secret.input.type = isShown ? "text" : "password";
    ui.reveal.setAttribute("aria-pressed", isShown);
  };
  const forgetSecret = () => {
    secret.input.value = token.input.value = "";
    showSecret(false);
  };
  const swap = () => {
    hasToken = !hasToken;
    blanks.clear();
    forgetSecret();
    update();
    ui.fields[asked()[0]].input.focus();
  };
  const submit = (event) => {
    event.preventDefault();
    if (waiting) return;
    const typed = Object.fromEntries(
      asked().map((name) => [name, ui.fields[name].input.value.trim()]),
    );
    blanks.clear();
    for (const name of asked()) if (!typed[name]) blanks.add(name);
    if (blanks.size) {
      update();
      ui.fields[[...blanks][0]].input.focus();
    } else {
      forgetSecret();
      const remember = Object.keys(KEEPERS).filter((name) => ui.keepers[name].checked);
      const environment_type = ui.kindChoice.value;
      ask(ui.signIn, { kind: "sign-in", ...typed, environment_type, remember });
    }
  };

  const update = () => {
    const left = clock.remaining();
    const phase = phaseAt(model, left, clock.isGone());
    const before = ui.root.dataset.phase;
    const focused = ui.root.getRootNode().activeElement;
    const hadFocus = ui.root.contains(focused);
    ui.root.dataset.phase = phase;
    ui.root.setAttribute("aria-busy", waiting !== null);
    if (!FORM_PHASES.includes(phase)) forgetSecret();
    if (!isEnvironmentTyped) {
      environment.input.value = model.get("form").environment;
      ui.kindChoice.value = model.get("form").environment_type || "production";
    }
    paintToken(ui, model, phase, left);
    paintForm(ui, model, phase, blanks, asked());
    const doubt = clock.isGone() ? GONE : clock.isStale() ? STALE : "";
    paintWords(ui, model, phase, left, isUnanswered ? BUSY : doubt);
    for (const [button, idle, working] of ui.buttons) {
      if (button.textContent !== idle || waiting) {
        button.textContent = waiting === button ? working : idle;
      }
      // Not `disabled`: that would throw the keyboard's focus out of the card.
      button.setAttribute("aria-disabled", waiting !== null);
    }
    if (hadFocus && phase !== before) placeFocus(ui, focused);
    tick();
  };
  const tick = () => {
    clearTimeout(ticker);
    if (clock.hasSlept()) return clock.wake();
    const left = clock.remaining();
    const phase = phaseAt(model, left, clock.isGone());
    if (phase !== ui.root.dataset.phase) return update();
    if (left === null || !["signed-in", "expiring"].includes(phase)) return;
    paintTime(ui, left, model.get("token").lifetime_s);
    ticker = setTimeout(tick, Math.max(50, (left % 1) * 1000 || 1000));
  };

  const on = (node, type, handle) =>
    node.addEventListener(type, handle, { signal: listeners.signal });
  on(ui.form, "submit", submit);
  // JupyterLab takes the browser's own submission on Enter away from inputs in cells.
  on(ui.form, "keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=checkbox])")) return;
    event.preventDefault();
    ui.form.requestSubmit();
  });
  on(ui.refresh, "click", () => ask(ui.refresh, { kind: "refresh" }));
  on(ui.copy, "click", () => ask(ui.copy, { kind: "copy" }));
  on(ui.signOut, "click", () => ask(ui.signOut, { kind: "sign-out" }));
  on(ui.reveal, "click", () => showSecret(secret.input.type === "password"));
  on(ui.swap, "click", swap);
  for (const node of [environment.input, ui.kindChoice]) {
    on(node, "input", () => (isEnvironmentTyped = true));
  }
  for (const [name, { input }] of Object.entries(ui.fields)) {
    on(input, "input", () => blanks.delete(name) && update());
  }
  const unwatch = clock.watch((isState) => {
    if (isState) hearAnswer();
    update();
  });
  hearAnswer();
  update();
  el.append(ui.root);

  return () => {
    unwatch();
    listeners.abort();
    clearTimeout(patience);
    clearTimeout(ticker);
    forgetSecret();
    ui.root.remove();
  };
}

function phaseAt(model, left, isGone) {
  const phase = model.get("phase");
  if (isGone && phase === "signed-in") return "signed-out";
  if (phase !== "signed-in" || left === null || left > LAST_HOUR_S) return phase;
  return left > 0 ? "expiring" : "expired";
}

function paintToken(ui, model, phase, left) {
  const token = model.get("token");
  const { name, kind, host } = model.get("environment");
  const { client, token: handle } = model.get("names");
  const [profile, source] = [model.get("profile"), model.get("source")];
  const isLost = phase === "expired" && !token?.renewable;
  setText(ui.state, STATES[phase][0]);
  ui.stateIcon.firstChild.setAttribute("d", STATES[phase][1]);
  setText(ui.environment, name || host || "Environment unknown");
  setText(ui.kind, kind);
  setText(ui.profile, profile && `profile ${profile}`);
  setText(ui.host, name && host);
  const state = isLost ? " need a new token" : " are ready";
  setText(ui.bound, code(client), " and ", code(handle), state);
  setText(ui.source, source && `from ${source}`);
  setText(ui.fingerprint, ...(token?.fingerprint ? ["token ", code(token.fingerprint)] : []));
  paintScopes(ui, token?.scopes);
  ui.place.hidden = FORM_PHASES.includes(phase);
  ui.session.hidden = ui.actions.hidden = !TOKEN_PHASES.includes(phase);
  ui.refresh.hidden = !token?.renewable;
  ui.copy.hidden = phase === "expired" || !navigator.clipboard;
  ui.refresh.classList.toggle("chili-primary", phase !== "signed-in");
  ui.bar.hidden = left === null || !token.lifetime_s;
  ui.unit.hidden = left === null || left <= 0;
  const word = phase === "expired" ? "since" : "until";
  setText(ui.until, left === null ? "" : `${word} ${moment(left)}`);
  if (left === null) setText(ui.countdown, "expiry unknown");
  else paintTime(ui, left, token.lifetime_s);
}

function paintTime(ui, left, lifetime) {
  setText(ui.countdown, left > 0 ? duration(left) : "expired");
  const share = Math.min(1, Math.max(0, left / lifetime)) || 0;
  ui.bar.style.setProperty("--chili-share", share.toFixed(3));
}

function paintForm(ui, model, phase, blanks, asked) {
  const host = model.get("environment").token_host;
  const note = model.get("note");
  ui.form.hidden = !FORM_PHASES.includes(phase);
  setText(ui.why, model.get("form").why);
  const offered = model.get("form").remember ?? [];
  for (const [name, box] of Object.entries(ui.keepers)) {
    box.parentNode.hidden = !offered.includes(name);
    if (box.parentNode.hidden || ui.form.hidden) box.checked = false;
  }
  const isPair = asked.includes(PAIR[0]);
  setText(ui.destination, isPair && host ? `Sends to ${host}` : "");
  setText(ui.swap, isPair ? "Use a ready token instead" : "Use a client ID and secret instead");
  for (const [name, { box, input, label, error }] of Object.entries(ui.fields)) {
    box.hidden = !asked.includes(name);
    const told = note?.field === name ? sentence(note) : "";
    setText(error, blanks.has(name) ? `${label} is missing.` : told);
    if (error.hidden) input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
  }
}

function paintWords(ui, model, phase, left, doubt) {
  const note = model.get("note");
  const isBesideField = note?.field && FORM_PHASES.includes(phase);
  setText(ui.advice, ...advice(model, phase, left));
  setText(ui.note, isBesideField ? "" : sentence(note));
  ui.note.dataset.kind = note?.kind ?? "info";
  setText(ui.doubt, TOKEN_PHASES.includes(phase) || doubt !== STALE ? doubt : "");
}

/** Say what is true of this state and what can be done next. */
function advice(model, phase, left) {
  const token = model.get("token");
  const magic = code(`%chili_login ${model.get("profile")}`.trim());
  const paste = ["Paste a new token and run ", magic, " again."];
  const end = left === null ? "it expires" : moment(left);
  if (phase === "signing-in") return ["Asking GraFx for a token."];
  if (phase === "expiring" && token.renewable) {
    return ["GraFx issues a new token now: refresh here, or let the next call do it."];
  }
  if (phase === "expiring") return ["This token cannot be renewed. ", ...paste];
  if (phase === "expired") return token.renewable ? ["The next call fetches a new one."] : paste;
  if (phase !== "signed-out") return [];
  const fate = left !== null && left <= 0
    ? "Its token has expired. "
    : `GraFx tokens cannot be revoked: this one stays valid until ${end}. `;
  const again = ["To sign in again, run ", magic, "."];
  return ["The session is closed. ", token ? fate : "", ...again];
}

function paintScopes(ui, scopes) {
  const shown = JSON.stringify(scopes ?? null);
  if (ui.grid.dataset.shown === shown) return;
  ui.grid.dataset.shown = shown;
  const count = scopes?.length;
  setText(ui.scopeCount, scopes ? `${count} scope${count === 1 ? "" : "s"}` : "scopes unknown");
  ui.scopes.toggleAttribute("data-empty", !count);
  const rows = new Map(Object.entries(KNOWN_SCOPES).map(([k, verbs]) => [k, new Set(verbs)]));
  for (const scope of scopes ?? []) {
    const [, resource, verb] = scope.match(/^(.+):(.+)$/) ?? ["", "", scope];
    rows.set(resource, (rows.get(resource) ?? new Set()).add(verb));
  }
  const cell = (resource, verb) => {
    const isGranted = scopes?.includes(resource ? `${resource}:${verb}` : verb) ?? false;
    const said = h("span", { class: "chili-unseen" }, isGranted ? " granted" : " not granted");
    return h("li", { "data-granted": isGranted }, verb, said);
  };
  const row = ([resource, verbs]) => {
    const cells = [...verbs].map((verb) => cell(resource, verb));
    return h("li", {}, h("span", {}, resource || "other"), h("ul", { role: "list" }, ...cells));
  };
  ui.grid.replaceChildren(...[...rows].map(row));
}

/** What had the focus may be gone: give it to the field in error, or to the card. */
function placeFocus(ui, focused) {
  const wrong = ui.form.querySelector("[aria-invalid]");
  if (wrong && !ui.form.hidden) wrong.focus();
  else if (focused.closest("[hidden]")) ui.root.focus({ preventScroll: true });
}

function sentence(note) {
  return note ? `${note.text} ${note.hint}`.trim() : "";
}

function duration(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

function moment(left) {
  const day = { weekday: "short", day: "numeric", month: "short" };
  const format = new Intl.DateTimeFormat(undefined, { ...day, hour: "2-digit", minute: "2-digit" });
  return format.format(Date.now() + left * 1000);
}

/** Build every node once, and keep those that change by name. */
function buildCard() {
  // Random, not counted: each model has a module of its own in one document.
  const prefix = `chili-${Math.random().toString(36).slice(2)}`;
  const ui = { fields: {}, keepers: {}, stateIcon: icon("") };
  const part = (name, tag, attributes = {}, ...children) =>
    (ui[name] = h(tag, attributes, ...children));
  const reveal = { "aria-label": "Show secret", title: "Show secret", "aria-pressed": false };
  const field = (name, label, help, attributes, ...beside) => {
    const id = `${prefix}-${name}`;
    const plain = { autocomplete: "off", autocapitalize: "off", spellcheck: false };
    const about = { "aria-describedby": `${id}-error ${id}-help` };
    const input = h("input", { id, type: "text", ...plain, ...about, ...attributes });
    const error = h("p", { id: `${id}-error`, class: "chili-error" });
    const box = h("div", { class: "chili-field" },
      h("label", { for: id }, label),
      h("div", { class: "chili-input" }, input, ...beside),
      error,
      h("p", { id: `${id}-help`, class: "chili-help" }, help));
    ui.fields[name] = { box, input, label, error };
    return box;
  };

  // English in a page that runs the other way would read "h 57 min 21".
  const english = { lang: "en", dir: "ltr" };
  const label = { class: "chili-card", "aria-label": "CHILI GraFx sign-in", tabindex: -1 };
  part("root", "section", { ...label, ...english },
    h("header", {}, icon(CHILI), h("strong", {}, "CHILI GraFx"),
      h("span", { class: "chili-state" }, ui.stateIcon, part("state", "span", { role: "status" }))),
    part("place", "div", { class: "chili-place" },
      part("environment", "span", { class: "chili-name" }),
      part("kind", "span", { class: "chili-badge" }),
      part("profile", "span", { class: "chili-badge" }),
      part("host", "span", { class: "chili-host" })),
    part("session", "div", { class: "chili-session" },
      h("div", { class: "chili-time" },
        h("span", {},
          part("countdown", "span", { role: "timer", "data-role": "countdown" }),
          part("unit", "span", { class: "chili-unit" }, " left")),
        part("until", "span", { class: "chili-until" })),
      part("bar", "div", { class: "chili-bar", "aria-hidden": true }, h("span")),
      part("bound", "p", { class: "chili-bound" }),
      h("p", { class: "chili-facts" }, part("source", "span"), part("fingerprint", "span")),
      part("scopes", "details", {},
        part("scopeCount", "summary"),
        part("grid", "ul", { class: "chili-scopes", role: "list" }))),
    h("div", { class: "chili-words", role: "status" },
      part("advice", "p"),
      part("note", "p", { class: "chili-note" }),
      part("doubt", "p", { class: "chili-note" })),
    part("form", "form", { autocomplete: "off", novalidate: "" },
      part("why", "p", { class: "chili-why" }),
      field("client_id", "Client ID", "On the Integrations page of GraFx.", {}),
      field("client_secret", "Client secret", "Beside the client ID, on the same page.",
        // The one value that keeps browsers from offering to save it for this site.
        { type: "password", autocomplete: "one-time-code" },
        part("reveal", "button", { type: "button", class: "chili-reveal", ...reveal }, icon(EYE))),
      field("access_token", "Access token", "Copied from GraFx; it cannot be renewed.",
        { type: "password", autocomplete: "one-time-code" }),
      h("div", { class: "chili-where" },
        field("environment", "Environment",
          "Settings → Details → Technical name, or any address of the environment.",
          { placeholder: "cp-abc-123 or a URL" }),
        h("div", { class: "chili-field" },
          h("label", { for: `${prefix}-kind` }, "Kind"),
          part("kindChoice", "select", { id: `${prefix}-kind`, autocomplete: "off" },
            ...["production", "sandbox"].map((kind) => h("option", { value: kind }, kind))))),
      ...Object.entries(KEEPERS).map(([name, label]) => {
        ui.keepers[name] = h("input", { type: "checkbox", autocomplete: "off" });
        return h("label", { class: "chili-keep" }, ui.keepers[name], label);
      }),
      h("footer", {},
        part("signIn", "button", { type: "submit", class: "chili-primary" }),
        part("swap", "button", { type: "button", class: "chili-quiet" })),
      part("destination", "p", { class: "chili-help" })),
    part("actions", "footer", {},
      part("refresh", "button", { type: "button" }),
      part("copy", "button", { type: "button" }),
      part("signOut", "button", { type: "button", class: "chili-quiet" })));
  ui.buttons = [
    [ui.refresh, "Refresh", "Refreshing…"],
    [ui.copy, "Copy token", "Copying…"],
    [ui.signOut, "Sign out", "Signing out…"],
    [ui.signIn, "Sign in", "Signing in…"],
  ];
  return ui;
}

function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function icon(path) {
  const create = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const [svg, line] = [create("svg"), create("path")];
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function code(text) {
  return h("code", {}, text);
}

/** Change a node only if it says something else: a screen reader reads each change. */
function setText(node, ...parts) {
  const text = parts.map((part) => part?.textContent ?? part ?? "").join("");
  if (node.textContent !== text) node.replaceChildren(...parts);
  node.hidden = text === "";
}
