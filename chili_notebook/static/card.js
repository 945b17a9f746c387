// The sign-in card: Python decides, this shows. No network, no storage, no trait written.
// What is typed leaves in one custom message; a trait would be saved with the notebook.

const LAST_HOUR_S = 3600; // GraFx issues a new token only inside it
const PATIENCE_MS = 10_000;
const STALE_S = 60;
const BUSY = "The kernel is busy or gone; it answers when it’s free.";
const TRAITS =
  "phase names profile environment source token remaining_s note form".split(" ");
const FORM_PHASES = ["form", "signing-in", "failed"];
const TOKEN_PHASES = ["signed-in", "expiring", "expired"];
const KNOWN_SCOPES = {
  font: ["list", "read", "write"],
  media: ["list", "read", "write"],
  myproject: ["list", "read", "write"],
  template: ["list", "read", "write"],
  template_collection: ["list", "read", "write"],
  output: ["static", "animated"],
};
const STATES = {
  form: ["Not signed in", "M10 6a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM9.3 8.2 14 13M12 11l-1.5 1.5"],
  "signing-in": ["Signing in…", "M8 2a6 6 0 1 1-6 6"],
  "signed-in": ["Signed in", "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM5.3 8.2l1.9 1.9 3.6-4"],
  expiring: ["Last hour", "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM8 4.6V8l2.3 1.6"],
  expired: ["Token expired", "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.2M8 11.4v.2"],
  failed: ["Sign-in failed", "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0ZM6 6l4 4M10 6l-4 4"],
  "signed-out": ["Signed out", "M7 2.5H3v11h4M7 8h7M11.2 5.2 14 8l-2.8 2.8"],
};
const CHILI =
  "M19 3.2c-1.5.2-2.5 1.1-2.9 2.4M12.4 7.3c1.5-2 5.6-2.3 7.3.1 1.3 1.9.5 5.2-2.2 8.3" +
  "-3.3 3.7-8.4 5.8-14 5.1 5.4-1.6 6.3-4.2 7-7.3.5-2.3.6-4.500 1.9-6.200Z";
const EYE = "M1.500 8s2.400-4.500 6.500-4.500S14.500 8 14.500 8 12.100 12.500 8 12.500 1.500 8 1.500 8Z" +
  "M10 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z";

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
  const hear = (message) => {
    if (message?.kind !== "time" || message.serial !== anchor.serial) return;
    setAnchor(message.remaining_s);
    notify(false);
  };
  const wake = () => {
    if (document.visibilityState !== "visible") return;
    // The monotonic clock may have stood still while the machine slept.
    const { remaining, isStale } = anchor;
    const elapsed = Math.max(performance.now() - anchor.at, Date.now() - anchor.wall);
    setAnchor(remaining === null ? null : remaining - elapsed / 1000, isStale);
    notify(false);
    send({ kind: "sync" });
  };

  // The model may come from a saved notebook, hours old: believe the worse of the two.
  const sent = model.get("remaining_s");
  const byWall = (model.get("token")?.expires_at ?? 0) - Date.now() / 1000;
  setAnchor(sent == null ? null : Math.min(sent, byWall), Math.abs(sent - byWall) > STALE_S);
  for (const trait of TRAITS) model.on(`change:${trait}`, follow);
  model.on("msg:custom", hear);
  document.addEventListener("visibilitychange", wake);
  send({ kind: "sync" });

  return {
    send,
    remaining: () =>
      anchor.remaining == null
        ? null
        : anchor.remaining - (performance.now() - anchor.at) / 1000,
    isStale: () => anchor.isStale && anchor.remaining !== null,
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    stop() {
      for (const trait of TRAITS) model.off(`change:${trait}`, follow);
      model.off("msg:custom", hear);
      document.removeEventListener("visibilitychange", wake);
      watchers.clear();
    },
  };
}

/** Put a card into `el`, keep it true, and give what takes it away again. */
function showCard(model, el, clock) {
  const ui = buildCard();
  const listeners = new AbortController();
  const blanks = new Set();
  let isEnvironmentTyped = false;
  let waiting = null; // the button that was clicked, until the kernel answers
  let isUnanswered = false;
  let patience, ticker, shownScopes;

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
  };
  const ask = (button, message) => {
    hearAnswer();
    if (clock.send(message)) expectAnswer(button);
    else isUnanswered = true;
    update();
  };
  const submit = () => {
    const typed = {};
    blanks.clear();
    for (const [name, { input }] of Object.entries(ui.fields)) {
      typed[name] = input.value.trim();
      if (!typed[name]) blanks.add(name);
    }
    if (blanks.size) {
      update();
      ui.fields[[...blanks][0]].input.focus();
      return;
    }
    forgetSecret();
    ask(ui.signIn, { kind: "sign-in", ...typed });
  };
  const forgetSecret = () => {
    ui.fields.client_secret.input.value = "";
    showSecret(false);
  };
  const showSecret = (isShown) => {
    ui.fields.client_secret.input.type = isShown ? "text" : "password";
    ui.reveal.setAttribute("aria-pressed", isShown);
  };

  const on = (node, type, handle) =>
    node.addEventListener(type, handle, { signal: listeners.signal });
  on(ui.form, "submit", (event) => {
    event.preventDefault();
    if (!waiting) submit();
  });
  on(ui.refresh, "click", () => waiting || ask(ui.refresh, { kind: "refresh" }));
  on(ui.signOut, "click", () => waiting || ask(ui.signOut, { kind: "sign-out" }));
  on(ui.reveal, "click", () =>
    showSecret(ui.reveal.getAttribute("aria-pressed") !== "true"),
  );
  on(ui.fields.environment.input, "input", () => (isEnvironmentTyped = true));
  for (const [name, { input }] of Object.entries(ui.fields)) {
    on(input, "input", () => blanks.delete(name) && update());
  }

  function update() {
    const left = clock.remaining();
    const phase = phaseAt(model, left);
    const [before, focused] = [ui.root.dataset.phase, ui.root.getRootNode().activeElement];
    const hadFocus = ui.root.contains(focused);
    ui.root.dataset.phase = phase;
    ui.root.setAttribute("aria-busy", waiting !== null);
    if (!FORM_PHASES.includes(phase)) forgetSecret();
    if (!isEnvironmentTyped) {
      ui.fields.environment.input.value = model.get("form").environment;
    }
    paintState(ui, phase);
    paintPlace(ui, model);
    paintToken(ui, model, phase, left);
    paintForm(ui, model, phase, blanks);
    paintWords(ui, model, { phase, left, isUnanswered, isStale: clock.isStale() });
    for (const [button, idle, working] of ui.buttons) {
      setText(button, waiting === button ? working : idle);
      // Not `disabled`: that would throw the keyboard's focus out of the card.
      button.setAttribute("aria-disabled", waiting !== null);
    }
    const scopes = JSON.stringify(model.get("token")?.scopes);
    if (scopes !== shownScopes) paintScopes(ui, model.get("token")?.scopes);
    shownScopes = scopes;
    if (hadFocus && phase !== before) placeFocus(ui, focused);
    tick();
  }

  function tick() {
    clearTimeout(ticker);
    const left = clock.remaining();
    if (phaseAt(model, left) !== ui.root.dataset.phase) return update();
    if (left === null || !["signed-in", "expiring"].includes(ui.root.dataset.phase)) return;
    paintTime(ui, left, model.get("token").lifetime_s);
    ticker = setTimeout(tick, Math.max(50, (left % 1) * 1000 || 1000));
  }

  const stopWatching = clock.watch((isState) => {
    if (isState) hearAnswer();
    if (isState && model.get("phase") === "signing-in") expectAnswer(ui.signIn);
    update();
  });
  if (model.get("phase") === "signing-in") expectAnswer(ui.signIn);
  update();
  el.append(ui.root);

  return () => {
    stopWatching();
    listeners.abort();
    clearTimeout(patience);
    clearTimeout(ticker);
    forgetSecret();
    ui.root.remove();
  };
}

function phaseAt(model, left) {
  const phase = model.get("phase");
  if (phase !== "signed-in" || left === null || left > LAST_HOUR_S) return phase;
  return left > 0 ? "expiring" : "expired";
}

function paintState(ui, phase) {
  const [label, path] = STATES[phase];
  setText(ui.state, label);
  ui.stateIcon.firstChild.setAttribute("d", path);
}

function paintPlace(ui, model) {
  const { name, kind, host } = model.get("environment");
  const profile = model.get("profile");
  setText(ui.environment, name || host || "Environment unknown");
  setText(ui.kind, kind);
  setText(ui.profile, profile && `profile ${profile}`);
  setText(ui.host, name ? host : "");
}

function paintToken(ui, model, phase, left) {
  const token = model.get("token");
  const isSignedIn = TOKEN_PHASES.includes(phase);
  const isLost = phase === "expired" && !token?.renewable;
  const { client, token: handle } = model.get("names");
  ui.place.hidden = FORM_PHASES.includes(phase);
  ui.session.hidden = ui.actions.hidden = !isSignedIn;
  ui.refresh.hidden = !token?.renewable;
  ui.refresh.classList.toggle("chili-primary", phase !== "signed-in");
  if (!isSignedIn) return;
  ui.bar.hidden = left === null || !token?.lifetime_s;
  ui.unit.hidden = left === null || phase === "expired";
  if (left === null) setText(ui.countdown, "expiry unknown");
  else paintTime(ui, left, token.lifetime_s);
  const word = phase === "expired" ? "since" : "until";
  setText(ui.until, left === null ? "" : `${word} ${moment(left)}`);
  const state = isLost ? " need a new token" : " are ready";
  setText(ui.bound, code(client), " and ", code(handle), state);
  setText(ui.source, model.get("source") && `from ${model.get("source")}`);
  setText(ui.fingerprint, token?.fingerprint ? "token " : "", code(token?.fingerprint ?? ""));
}

function paintTime(ui, left, lifetime) {
  setText(ui.countdown, left > 0 ? duration(left) : "expired");
  const share = Math.min(1, Math.max(0, left / lifetime)) || 0;
  ui.bar.style.setProperty("--chili-share", share.toFixed(3));
}

function paintForm(ui, model, phase, blanks) {
  const { token_host: tokenHost } = model.get("environment");
  const note = model.get("note");
  ui.form.hidden = !FORM_PHASES.includes(phase);
  setText(ui.why, model.get("form").why);
  setText(ui.destination, tokenHost && `Sends to ${tokenHost}`);
  for (const [name, { input, label, error }] of Object.entries(ui.fields)) {
    const told = note?.field === name ? [note.text, note.hint].filter(Boolean).join(" ") : "";
    const text = blanks.has(name) ? `${label} is missing.` : told;
    setText(error, text);
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

function paintWords(ui, model, { phase, left, isUnanswered, isStale }) {
  const note = model.get("note");
  const isBeside = note?.field && FORM_PHASES.includes(phase);
  setText(ui.advice, ...advice(model, phase, left));
  setText(ui.note, isBeside || !note ? "" : [note.text, note.hint].filter(Boolean).join(" "));
  ui.note.dataset.kind = note?.kind ?? "info";
  const doubt = isStale && TOKEN_PHASES.includes(phase);
  const saved = doubt ? "This is what was saved; no kernel has confirmed it yet." : "";
  setText(ui.doubt, isUnanswered ? BUSY : saved);
}

/** Say what the person can do next. */
function advice(model, phase, left) {
  const token = model.get("token");
  const magic = code(`%chili_login ${model.get("profile")}`.trim());
  const paste = ["Paste a new token and run ", magic, " again."];
  if (phase === "signing-in") return ["Asking GraFx for a token."];
  if (phase === "expiring" && token.renewable) {
    return ["GraFx issues a new token now: refresh here, or let the next call do it."];
  }
  if (phase === "expiring") return ["This token cannot be renewed. ", ...paste];
  if (phase === "expired" && token.renewable) return ["The next call fetches a new token."];
  if (phase === "expired") return paste;
  if (phase !== "signed-out") return [];
  const again = ["The session is closed. To sign in again, run ", magic, "."];
  if (!token) return again;
  if (left !== null && left <= 0) return [...again, " Its token has expired."];
  const end = left === null ? "it expires" : moment(left);
  return [...again, ` GraFx tokens cannot be revoked: this one stays valid until ${end}.`];
}

function paintScopes(ui, scopes) {
  const count = scopes?.length;
  setText(ui.scopeCount, count == null ? "scopes unknown" : `${count} scope${count === 1 ? "" : "s"}`);
  ui.scopes.toggleAttribute("data-empty", !count);
  const rows = new Map(Object.entries(KNOWN_SCOPES).map(([k, v]) => [k, [...v]]));
  for (const scope of scopes ?? []) {
    const cut = scope.lastIndexOf(":");
    const [resource, verb] = cut < 0 ? ["other", scope] : [scope.slice(0, cut), scope.slice(cut + 1)];
    if (!rows.has(resource)) rows.set(resource, []);
    if (!rows.get(resource).includes(verb)) rows.get(resource).push(verb);
  }
  ui.grid.replaceChildren(
    ...[...rows].map(([resource, verbs]) => {
      const chips = verbs.map((verb) => {
        const scope = resource === "other" ? verb : `${resource}:${verb}`;
        const isGranted = (scopes ?? []).includes(scope);
        const said = h("span", { class: "chili-unseen" }, isGranted ? " granted" : " not granted");
        return h("li", { "data-granted": isGranted, title: scope }, verb, said);
      });
      return h("li", {}, h("span", {}, resource), h("ul", { role: "list" }, ...chips));
    }),
  );
}

/** What had the focus may be gone: give it to the field in error, or to the card. */
function placeFocus(ui, focused) {
  const wrong = Object.values(ui.fields).find(({ input }) => input.ariaInvalid === "true");
  if (wrong && !ui.form.hidden) wrong.input.focus();
  else if (focused.closest("[hidden]")) ui.root.focus({ preventScroll: true });
}

function duration(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

function moment(left) {
  const parts = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat(undefined, parts).format(Date.now() + left * 1000);
}

function buildCard() {
  // Random, not counted: each model has a module of its own in one document.
  const prefix = `chili-${Math.random().toString(36).slice(2)}`;
  const ui = { fields: {} };
  const part = (name, tag, attributes = {}, ...children) =>
    (ui[name] = h(tag, attributes, ...children));
  const field = (name, label, help, attributes) => {
    const id = `${prefix}-${name}`;
    const input = h("input", {
      id,
      type: "text",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-describedby": `${id}-error ${id}-help`,
      ...attributes,
    });
    const error = h("p", { id: `${id}-error`, class: "chili-error" });
    ui.fields[name] = { input, label, error };
    const line = h("div", { class: "chili-input" }, input);
    const about = h("p", { id: `${id}-help`, class: "chili-help" }, help);
    return h("div", { class: "chili-field" }, h("label", { for: id }, label), line, error, about);
  };

  part("stateIcon", "span", { class: "chili-icon", "aria-hidden": "true" });
  ui.stateIcon = icon("", 16);
  const head = h(
    "header", {}, icon(CHILI, 24), h("strong", {}, "CHILI GraFx"),
    h("span", { class: "chili-state" }, ui.stateIcon, part("state", "span", { role: "status" })),
  );
  part(
    "place", "div", { class: "chili-place" },
    part("environment", "span", { class: "chili-name" }),
    part("kind", "span", { class: "chili-badge" }),
    part("profile", "span", { class: "chili-badge" }),
    part("host", "span", { class: "chili-host" }),
  );
  part("bar", "div", { class: "chili-bar", "aria-hidden": "true" }, h("span"));
  part(
    "session", "div", { class: "chili-session" },
    h("div", { class: "chili-time" },
      h("span", {},
        part("countdown", "span", { role: "timer", "data-role": "countdown" }),
        part("unit", "span", { class: "chili-unit" }, " left")),
      part("until", "span", { class: "chili-until" })),
    ui.bar,
    part("bound", "p", { class: "chili-bound" }),
    h("p", { class: "chili-facts" },
      part("source", "span"), part("fingerprint", "span")),
    part("scopes", "details", {}, part("scopeCount", "summary"),
      part("grid", "ul", { class: "chili-scopes", role: "list" })),
  );
  part(
    "words", "div", { class: "chili-words", role: "status" },
    part("advice", "p"), part("note", "p", { class: "chili-note" }),
    part("doubt", "p", { class: "chili-note" }),
  );
  part("refresh", "button", { type: "button" });
  part("signOut", "button", { type: "button", class: "chili-quiet" });
  part("actions", "footer", {}, ui.refresh, ui.signOut);
  part("signIn", "button", { type: "submit", class: "chili-primary" });
  part("reveal", "button", {
    type: "button", class: "chili-reveal", title: "Show secret",
    "aria-label": "Show secret", "aria-pressed": "false",
  }, icon(EYE, 16));
  part(
    "form", "form", { autocomplete: "off", novalidate: "" },
    part("why", "p", { class: "chili-why" }),
    field("client_id", "Client ID", "On the Integrations page of GraFx.", {}),
    // The one value that keeps browsers from offering to save it for this site.
    field("client_secret", "Client secret", "Beside the client ID, on the same page.", {
      type: "password", autocomplete: "one-time-code",
    }),
    field("environment", "Environment",
      "Settings → Details → Technical name, or any address of the environment.",
      { placeholder: "cp-abc-123 or a URL" }),
    h("footer", {}, ui.signIn, part("destination", "span", { class: "chili-help" })),
  );
  ui.fields.client_secret.input.after(ui.reveal);
  ui.buttons = [
    [ui.refresh, "Refresh", "Refreshing…"],
    [ui.signOut, "Sign out", "Signing out…"],
    [ui.signIn, "Sign in", "Signing in…"],
  ];
  const label = { class: "chili-card", "aria-label": "CHILI GraFx sign-in", tabindex: "-1" };
  part("root", "section", label, head, ui.place, ui.session, ui.words, ui.form, ui.actions);
  return ui;
}

function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function icon(path, size) {
  const [svg, line] = ["svg", "path"].map((tag) =>
    document.createElementNS("http://www.w3.org/2000/svg", tag),
  );
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
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
