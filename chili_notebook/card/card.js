// The sign-in card: Python decides, this shows. No network, no storage, no trait written.
// What is typed leaves in one custom message; a trait would be saved with the notebook.

const LAST_HOUR_S = 3600; // GraFx issues a new token only inside it
const PATIENCE_MS = 10_000;
const DRIFT_S = 30; // two clocks further apart than this do not agree
const SKEW_S = 120; // what a shown moment may be wrong by
const BUSY = "The kernel is busy or gone; it answers when it’s free.";
const GONE = "The kernel has been restarted or is gone, and the session with it.";
const STALE = "This may be old, or a clock is wrong: no kernel has confirmed it yet.";
const TRAITS =
  "phase names profile environment source token remaining_s note form lacking masked".split(" ");
const FORM_PHASES = ["form", "signing-in", "failed"];
const TOKEN_PHASES = ["signed-in", "expiring", "expired"];
const PAIR = ["client_id", "client_secret"];
const KINDS = ["production", "sandbox"];
const KEEPERS = {
  env: "Remember in .env beside the notebook",
  keyring: "Remember in the system keyring",
};
const VERBS = ["list", "read", "write"];
const NOUNS = "font media myproject template template_collection".split(" ");
const KNOWN_SCOPES = NOUNS.flatMap((noun) => VERBS.map((verb) => `${noun}:${verb}`));
KNOWN_SCOPES.push("output:static", "output:animated");
const PASTED = new RegExp(
  "(?:^|[^\\w.-])-*(CHILI_(?:\\w+_)?)?" +
    "(client_id|client_secret|access_token|environment_type|environment|base_url)" +
    `["']?[ \\t]*[:=][ \\t]*(?:"([^"]+)"|'([^']+)'|` +
    `((?![{[])(?:(?![&,;](?:\\w+[:=]|\\s|$))[^\\s"'])+))`,
  "gi",
);
const ADDRESS = /^(?:https:\/\/)?([\w-]+)\.chili-publish(-sandbox)?\.online(:443)?(\/.*)?$/i;
const RING = "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z";
const STATES = {
  form: ["Not signed in", "M10 6a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM9.3 8.2 14 13M12 11l-1.5 1.5"],
  "signing-in": ["Signing in…", "M8 2a6 6 0 1 1-6 6"],
  "signed-in": ["Signed in", `${RING}M5.3 8.2l1.9 1.9 3.6-4`],
  expiring: ["Last hour", `${RING}M8 4.6V8l2.3 1.6`],
  expired: ["Token expired", "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.2M8 11.4v.2"],
  unconfirmed: ["Not confirmed", `${RING}M6.2 6.4a1.8 1.8 0 1 1 2.7 1.5Q8 8.4 8 9.2M8 11.3v.2`],
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
  let isConfirmed = false; // or else an old notebook's word is all there is
  let copying = {}; // the copy that was asked for, until its token comes
  let askedAt = null; // when the kernel was asked for the time, until it says anything
  let quietSince = performance.now(); // when the kernel spoke last, or was probed
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
    const at = performance.now();
    if (message.kind === "copy") copying = { nonce: (message.nonce = randomText()), at };
    try {
      model.send(message);
      return true;
    } catch {
      isGone = true; // a closed comm throws
      notify(false);
      return false;
    }
  };
  const heed = () => {
    [isGone, isConfirmed, askedAt, quietSince] = [false, true, null, performance.now()];
  };
  const follow = () => {
    heed();
    const [serial, sent] = [model.get("token")?.serial, model.get("remaining_s")];
    if (serial !== anchor.serial || sent !== anchor.sent) setAnchor(sent);
    notify(true);
  };
  // The answer to a copy reaches every browser: only the one that asked may take it,
  // and only while somebody waits for it.
  const copy = async ({ nonce, value }) => {
    const isLate = performance.now() - copying.at >= PATIENCE_MS;
    if (!nonce || nonce !== copying.nonce || isLate) return;
    copying = {};
    const is_copied = await navigator.clipboard.writeText(value).then(() => true, () => false);
    send({ kind: "copied", is_copied });
  };
  const setTime = ({ serial, remaining_s }) => {
    heed();
    if (serial === anchor.serial) setAnchor(remaining_s);
    notify(false);
  };
  const answers = { token: copy, done: follow, time: setTime };
  const hear = (message) => answers[message?.kind]?.(message);
  const elapsed = () => (performance.now() - anchor.at) / 1000;
  const left = () => (anchor.remaining == null ? null : anchor.remaining - elapsed());
  // The monotonic clock may have stood still while the machine slept.
  const slept = () => Math.max(0, (Date.now() - anchor.wall) / 1000 - elapsed());
  const hasSlept = () => slept() > DRIFT_S;
  const wake = () => {
    setAnchor(left() - slept(), anchor.isStale || hasSlept());
    askedAt ??= performance.now();
    notify(false);
    send({ kind: "sync" });
  };
  // The comm has gone or come back: what the kernel does not confirm is not claimed.
  const lose = () => {
    isGone = true;
    send({ kind: "sync" });
    notify(false);
  };
  const show = () => document.visibilityState === "visible" && wake();
  // A kernel that was shut down says nothing: only a message that fails tells.
  const probe = () => {
    if (performance.now() - quietSince < PATIENCE_MS) return;
    quietSince = performance.now();
    send({ kind: "sync" });
  };

  // The model may come from a saved notebook, hours old: believe the worse of the two.
  const byWall = () => (model.get("token")?.expires_at ?? 0) - Date.now() / 1000;
  const sent = model.get("remaining_s");
  if (sent == null) setAnchor(null, true);
  else setAnchor(Math.min(sent, byWall()), Math.abs(sent - byWall()) > DRIFT_S);
  isConfirmed = !anchor.isStale;
  const heard = { "msg:custom": hear, comm_live_update: lose };
  for (const trait of TRAITS) heard[`change:${trait}`] = follow;
  for (const [name, tell] of Object.entries(heard)) model.on(name, tell);
  document.addEventListener("visibilitychange", show);
  send({ kind: "sync" });

  return {
    ...{ send, wake, probe, hasSlept, remaining: left },
    isGone: () => isGone,
    isConfirmed: () => isConfirmed,
    isStale: () => anchor.isStale,
    isSilent: () => askedAt !== null && performance.now() - askedAt > PATIENCE_MS,
    skew: () => (left() === null ? 0 : Math.abs(byWall() - left())),
    watch: (watcher) => watchers.add(watcher) && (() => watchers.delete(watcher)),
    stop() {
      for (const [name, tell] of Object.entries(heard)) model.off(name, tell);
      document.removeEventListener("visibilitychange", show);
      watchers.clear();
    },
  };
}

/** Put a card into `el`, keep it true, and give what takes it away again. */
function showCard(model, el, clock) {
  const ui = buildCard();
  const { environment } = ui.fields;
  const listeners = new AbortController();
  let blanks = new Set();
  let isEnvironmentTyped = false;
  let hasToken = false; // whether the form asks for a ready token in place of a pair
  let waiting = null; // the button that was clicked, until the kernel answers
  let isUnanswered = false;
  let told = ""; // what became of a paste
  let mended = null; // the note whose field has been edited since
  let patience, ticker;

  const expectAnswer = (button) => {
    waiting = button;
    patience = setTimeout(() => {
      [waiting, isUnanswered] = [null, true];
      update();
    }, PATIENCE_MS);
  };
  const hearAnswer = () => {
    clearTimeout(patience);
    [waiting, isUnanswered] = [null, false];
    if (model.get("phase") === "signing-in") expectAnswer(ui.signIn);
  };
  const ask = (button, message) => {
    if (waiting || !clock.send(message)) return;
    isUnanswered = false;
    expectAnswer(button);
    update();
  };
  const asked = () => [...(hasToken ? ["access_token"] : PAIR), "environment"];
  const reveal = ({ input, button }, isShown) => {
    input.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", isShown);
  };
  const hideSecrets = () => {
    for (const field of ui.secrets) reveal(field, false);
    told = "";
  };
  const forgetSecrets = () => {
    hideSecrets();
    for (const { input } of ui.secrets) input.value = "";
  };
  const askFor = (isToken) => {
    if (hasToken === isToken) return;
    hasToken = isToken;
    blanks.clear();
    forgetSecrets();
  };
  const swap = () => {
    askFor(!hasToken);
    update();
    ui.fields[asked()[0]].input.focus();
  };
  const mend = (name) => {
    const note = model.get("note");
    if (note?.field === name) mended = note;
    blanks.delete(name);
  };
  const fill = (found) => {
    const names = asked().filter((name) => found[name]);
    for (const name of names) ui.fields[name].input.value = found[name];
    names.forEach(mend);
    isEnvironmentTyped ||= names.includes("environment");
    const kind = found.environment_type?.toLowerCase();
    if (KINDS.includes(kind)) ui.kindChoice.value = kind;
    return names;
  };
  const paste = (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    const found = takeApart(text);
    const isPair = PAIR.some((name) => found[name]);
    told = "";
    if (!isPair && !found.access_token && !found.environment) return update();
    event.preventDefault();
    if (isPair || found.access_token) askFor(!isPair);
    const labels = fill(found).map((name) => ui.fields[name].label);
    told = `Filled in from what was pasted: ${labels.join(", ")}.`;
    // A form sends where it says; an address that came along must not change that.
    if (/_TOKEN_URL\b/i.test(text)) told += " CHILI_TOKEN_URL was left out: --env-file takes it.";
    update();
    const empty = asked().find((name) => !ui.fields[name].input.value);
    (empty ? ui.fields[empty].input : ui.signIn).focus();
  };
  const submit = (event) => {
    event.preventDefault();
    if (waiting) return;
    const typed = asked().map((name) => [name, ui.fields[name].input.value.trim()]);
    const missing = typed.filter(([, text]) => !text).map(([name]) => name);
    blanks = new Set(missing);
    if (blanks.size) {
      update();
      return ui.fields[missing[0]].input.focus();
    }
    hideSecrets(); // not emptied: what fails may be another field's fault
    const remember = Object.keys(KEEPERS).filter((name) => ui.keepers[name].checked);
    const choices = { environment_type: ui.kindChoice.value, remember };
    ask(ui.signIn, { kind: "sign-in", ...Object.fromEntries(typed), ...choices });
  };

  const update = () => {
    const left = clock.remaining();
    const phase = phaseAt(model, left, clock);
    const before = ui.root.dataset.phase;
    const focused = ui.root.getRootNode().activeElement;
    const hadFocus = ui.root.contains(focused);
    ui.root.dataset.phase = phase;
    ui.root.setAttribute("aria-busy", waiting !== null);
    if (!FORM_PHASES.includes(phase)) forgetSecrets();
    if (!isEnvironmentTyped) {
      environment.input.value = model.get("form").environment;
      ui.kindChoice.value = model.get("form").environment_type || "production";
    }
    paintToken(ui, model, phase, left);
    paintForm(ui, model, phase, { blanks, mended, asked: asked() });
    const advised = phase === "signing-in" || !told ? advice(model, phase, left) : [told];
    paintWords(ui, model, phase, left, advised);
    ui.root.dataset.silent = clock.isSilent();
    setText(ui.doubt, doubt(clock, phase, isUnanswered));
    for (const [button, idle, working] of ui.buttons) {
      const said = waiting === button ? working : idle;
      if (button.textContent !== said) button.textContent = said;
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
    const phase = phaseAt(model, left, clock);
    const shown = ui.root.dataset;
    if (phase !== shown.phase || String(clock.isSilent()) !== shown.silent) return update();
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
  for (const [button, , , kind] of ui.buttons) {
    if (kind) on(button, "click", () => ask(button, { kind }));
  }
  for (const field of ui.secrets) {
    on(field.button, "click", () => reveal(field, field.input.type === "password"));
  }
  on(ui.swap, "click", swap);
  on(ui.form, "paste", paste);
  on(environment.input, "change", () => fill(readAddress(environment.input.value)));
  const setTyped = () => (isEnvironmentTyped = true);
  for (const node of [environment.input, ui.kindChoice]) on(node, "input", setTyped);
  for (const [name, { input }] of Object.entries(ui.fields)) {
    on(input, "input", () => update(mend(name)));
  }
  for (const approach of ["focusin", "pointerenter"]) on(ui.root, approach, clock.probe);
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
    forgetSecrets();
    ui.root.remove();
  };
}

function phaseAt(model, left, clock) {
  const phase = model.get("phase");
  if (clock.isGone()) return { "signed-in": "signed-out", "signing-in": "failed" }[phase] ?? phase;
  if (phase === "signed-in" && !clock.isConfirmed()) return "unconfirmed";
  if (phase !== "signed-in" || left === null || left > LAST_HOUR_S) return phase;
  return left > 0 ? "expiring" : "expired";
}

function paintToken(ui, model, phase, left) {
  const token = model.get("token");
  const { name, kind, host } = model.get("environment");
  const { client, token: handle } = model.get("names");
  const [profile, source] = [model.get("profile"), model.get("source")];
  const label = ["CHILI GraFx sign-in", profile || name || host].filter(Boolean).join(", ");
  ui.root.setAttribute("aria-label", label);
  setText(ui.state, STATES[phase][0]);
  ui.stateIcon.firstChild.setAttribute("d", STATES[phase][1]);
  setText(ui.environment, name || host || "Environment unknown");
  setText(ui.kind, kind);
  setText(ui.profile, profile && `profile ${profile}`);
  setText(ui.host, name && host);
  const ended = token?.renewable ? " are bound" : " need a new token";
  const use = phase === "expired" ? ended : " are ready";
  setText(ui.bound, code(client), " and ", code(handle), use);
  setText(ui.source, source && `from ${source}`);
  setText(ui.fingerprint, ...(token?.fingerprint ? ["token ", code(token.fingerprint)] : []));
  setText(ui.masking, model.get("masked") === false ? "outputs are not masked" : "");
  paintScopes(ui, token?.scopes, model.get("lacking") ?? []);
  ui.place.hidden = FORM_PHASES.includes(phase);
  ui.session.hidden = ui.actions.hidden = !TOKEN_PHASES.includes(phase);
  ui.refresh.hidden = !token?.renewable;
  ui.copy.hidden = phase === "expired" || !navigator.clipboard;
  ui.refresh.classList.toggle("chili-primary", phase !== "signed-in");
  ui.bar.hidden = left === null || !token.lifetime_s;
  ui.unit.hidden = left === null || left <= 0;
  setText(ui.until, left === null ? "" : `${left > 0 ? "until" : "since"} ${moment(left)}`);
  paintTime(ui, left, token?.lifetime_s);
}

function paintTime(ui, left, lifetime) {
  const word = left === null ? "expiry unknown" : "expired";
  setText(ui.countdown, left > 0 ? duration(left) : word);
  const share = Math.min(1, Math.max(0, left / lifetime)) || 0;
  ui.bar.style.setProperty("--chili-share", share.toFixed(3));
}

function paintForm(ui, model, phase, { blanks, mended, asked }) {
  const [note, { why, remember }] = [model.get("note"), model.get("form")];
  const host = model.get("environment").token_host;
  ui.form.hidden = !FORM_PHASES.includes(phase);
  setText(ui.why, phase === "form" ? why : "");
  for (const [name, box] of Object.entries(ui.keepers)) {
    box.parentNode.hidden = !remember?.includes(name);
    if (box.parentNode.hidden || ui.form.hidden) box.checked = false;
  }
  const isPair = asked.includes(PAIR[0]);
  setText(ui.destination, isPair && host ? `Sends to ${host}` : "");
  setText(ui.swap, isPair ? "Use a ready token instead" : "Use a client ID and secret instead");
  for (const [name, { box, input, label, error }] of Object.entries(ui.fields)) {
    box.hidden = !asked.includes(name);
    const told = note?.field === name && note !== mended ? sentence(note) : "";
    setText(error, blanks.has(name) ? `${label} is missing.` : told);
    if (error.hidden) input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
  }
}

function paintWords(ui, model, phase, left, advised) {
  const [note, token, lacking] = ["note", "token", "lacking"].map((name) => model.get(name));
  const isBesideField = note?.field && FORM_PHASES.includes(phase);
  const due = note?.moment && token ? left - (token.expires_at - note.moment) : 0;
  const said = sentence(note).replace("{moment}", () => moment(due, true));
  setText(ui.advice, ...advised);
  setText(ui.note, isBesideField ? "" : said);
  ui.note.dataset.kind = note?.kind ?? "info";
  const needed = (lacking ?? []).flatMap((scope) => [", ", code(scope)]).slice(1);
  const isRefused = needed.length && TOKEN_PHASES.includes(phase);
  const calls = lacking?.length > 1 ? "calls that probably need" : "a call that probably needs";
  const refusal = [`GraFx refused ${calls} `, ...needed, "."];
  setText(ui.refusal, ...(isRefused ? refusal : []));
}

/** Say why what is shown may not be so. */
function doubt(clock, phase, isUnanswered) {
  if (clock.isGone()) return GONE;
  if (isUnanswered || clock.isSilent()) return BUSY;
  if (![...TOKEN_PHASES, "unconfirmed"].includes(phase)) return "";
  if (clock.isStale()) return STALE;
  if (clock.skew() < SKEW_S) return "";
  const apart = `This computer’s clock and the kernel’s are ${duration(clock.skew())} apart`;
  return `${apart}: the time left is right, the moment is by this computer’s.`;
}

/** Say what is true of this state and what can be done next. */
function advice(model, phase, left) {
  const [token, profile] = [model.get("token"), model.get("profile")];
  const magic = code(`%chili_login ${profile}`.trim());
  const middle = profile && `${profile.replaceAll("-", "_").toUpperCase()}_`;
  const key = code(`CHILI_${middle}ACCESS_TOKEN`);
  let paste = ["Paste a new token into ", key, " and run ", magic, " again."];
  if (model.get("origin") === "form") paste = ["Run ", magic, " again and paste a new token."];
  if (phase === "signing-in") return ["Asking GraFx for a token."];
  const due = ["GraFx issues a new token now: refresh here, or let the next call do it."];
  const last = ["This token cannot be renewed. ", ...paste];
  if (phase === "expiring") return token.renewable ? due : last;
  if (phase === "expired") return token.renewable ? ["The next call fetches a new one."] : paste;
  if (!["signed-out", "unconfirmed"].includes(phase)) return [];
  const end = left === null ? "it expires" : moment(left);
  const lives = `GraFx tokens cannot be revoked: this one stays valid until ${end}. `;
  const fate = left !== null && left <= 0 ? "Its token has expired. " : lives;
  const closed = phase === "signed-out" ? "The session is closed. " : "";
  return [closed, token ? fate : "", "To sign in again, run ", magic, "."];
}

/** Show resource by verb; a scope that nobody knew of gets its row, or its place in one. */
function paintScopes(ui, scopes, lacking) {
  const shown = JSON.stringify([scopes ?? null, lacking]);
  if (ui.grid.dataset.shown === shown) return;
  ui.grid.dataset.shown = shown;
  const count = scopes?.length;
  setText(ui.scopeCount, scopes ? `${count} scope${count === 1 ? "" : "s"}` : "scopes unknown");
  ui.scopes.toggleAttribute("data-empty", !scopes);
  ui.scopeCount.tabIndex = scopes ? 0 : -1;
  const rows = new Map();
  for (const scope of [...KNOWN_SCOPES, ...(scopes ?? []), ...lacking]) {
    const [, resource, verb] = scope.match(/^(.+):(.+)$/) ?? ["", "", scope];
    rows.set(resource, (rows.get(resource) ?? new Set()).add(verb));
  }
  const mark = (tag, resource, verb, name) => {
    const scope = resource ? `${resource}:${verb}` : verb;
    const missing = lacking.includes(scope) ? "needed" : "not granted";
    const state = scopes?.includes(scope) ? "granted" : missing;
    const said = { class: state === "needed" ? "chili-needed" : "chili-unseen" };
    return h(tag, { "data-scope": state }, name, h("span", said, ` ${state}`));
  };
  const row = ([resource, verbs]) => {
    const others = [...verbs].filter((verb) => !VERBS.includes(verb));
    const named = others.map((verb) => mark("span", resource, verb, verb));
    const usual = VERBS.map((verb) => (verbs.has(verb) ? mark("td", resource, verb, "") : h("td")));
    const lines = verbs.size > others.length ? [usual] : [];
    if (named.length) lines.push([h("td", { colspan: VERBS.length }, ...named)]);
    lines[0].unshift(h("th", { scope: "row", rowspan: lines.length }, resource || "other"));
    return lines.map((line) => h("tr", {}, ...line));
  };
  const heads = ["resource", ...VERBS].map((name) => h("th", { scope: "col" }, name));
  ui.grid.replaceChildren(
    h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...[...rows].flatMap(row)),
  );
}

/** Find in a pasted text what the form asks for: in a .env, an answer, an address. */
function takeApart(text) {
  const lines = text.replace(/^\s*#.*$/gm, "");
  const isOurs = /\bCHILI_\w+["']?\s*[:=]/i.test(lines); // then no other key counts
  const found = { CHILI_: {} };
  for (const [, prefix, key, ...values] of lines.matchAll(PASTED)) {
    const keys = (found[prefix?.toUpperCase() ?? "CHILI_"] ??= {});
    if (isOurs === Boolean(prefix)) keys[key.toLowerCase()] ??= values.find(Boolean);
  }
  // One prefix gives id and secret: a secret goes only where its id belongs.
  const sets = Object.values(found);
  const having = (names) => sets.find((set) => names.every((name) => set[name]));
  const one = having(PAIR) ?? having(["access_token"]);
  const { client_id, client_secret, access_token, ...place } = found.CHILI_;
  const told = { ...place, ...(one ?? sets.find((set) => Object.keys(set).length)) };
  return { ...told, ...readAddress(told.environment ?? told.base_url ?? text) };
}

/** Read the environment's name and kind in one of its addresses, as far as it tells. */
function readAddress(text) {
  const [, name, sandbox] = text.trim().match(ADDRESS) ?? [];
  const named = text.match(/\/environments?\/([^/?#\s]+)/)?.[1] ?? name?.toLowerCase();
  if (!name || named.toLowerCase() !== name.toLowerCase()) return {};
  return { environment: named, environment_type: KINDS[sandbox ? 1 : 0] };
}

/** What had the focus may be gone: give it to the field in error, or to the card. */
function placeFocus(ui, focused) {
  const wrong = ui.form.querySelector("[aria-invalid]");
  if (wrong && !ui.form.hidden) {
    wrong.focus();
    wrong.select(); // what is pasted now takes its place
  } else if (focused.closest("[hidden]")) ui.root.focus({ preventScroll: true });
}

const sentence = (note) => (note ? `${note.text} ${note.hint}`.trim() : "");

function duration(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** Give a moment in the reader's time zone; `isBrief` leaves out the day if it is today. */
function moment(left, isBrief = false) {
  const then = new Date(Date.now() + left * 1000);
  const isToday = then.toDateString() === new Date().toDateString();
  const day = { weekday: "short", day: "numeric", month: "short" };
  const time = { hour: "2-digit", minute: "2-digit" };
  const shown = isBrief && isToday ? time : { ...day, ...time };
  return new Intl.DateTimeFormat(undefined, shown).format(then);
}

/** Build every node once, and keep those that change by name. */
function buildCard() {
  // Random, not counted: each model has a module of its own in one document.
  const prefix = `chili-${randomText()}`;
  const ui = { fields: {}, keepers: {}, secrets: [], stateIcon: icon("") };
  const part = (name, tag, attributes = {}, ...children) =>
    (ui[name] = h(tag, attributes, ...children));
  const field = (name, label, help, attributes, reveal = "") => {
    const id = `${prefix}-${name}`;
    const plain = { autocomplete: "off", autocapitalize: "off", spellcheck: false };
    const about = { "aria-describedby": `${id}-error ${id}-help` };
    const input = h("input", { id, type: "text", ...plain, ...about, ...attributes });
    const error = h("p", { id: `${id}-error`, class: "chili-error" });
    const shows = { "aria-label": reveal, title: reveal, "aria-pressed": false };
    const button = h("button", { type: "button", class: "chili-reveal", ...shows }, icon(EYE));
    const box = h("div", { class: "chili-field" },
      h("label", { for: id }, label),
      h("div", { class: "chili-input" }, input, ...(reveal ? [button] : [])),
      error,
      h("p", { id: `${id}-help`, class: "chili-help" }, help));
    ui.fields[name] = { box, input, label, error, button };
    if (reveal) ui.secrets.push(ui.fields[name]);
    return box;
  };
  // The one value that keeps browsers from offering to save it for this site.
  const secret = { type: "password", autocomplete: "one-time-code" };

  // English in a page that runs the other way would read "h 57 min 21".
  const english = { lang: "en", dir: "ltr" };
  part("root", "div", { class: "chili-card", role: "group", tabindex: -1, ...english },
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
      h("p", { class: "chili-facts" },
        part("source", "span"), part("fingerprint", "span"), part("masking", "span")),
      part("scopes", "details", { open: "" },
        part("scopeCount", "summary"),
        part("grid", "table", { class: "chili-scopes" }))),
    h("div", { class: "chili-words", role: "status" },
      part("advice", "p"),
      part("refusal", "p", { class: "chili-note", "data-kind": "error" }),
      part("note", "p", { class: "chili-note" }),
      part("doubt", "p", { class: "chili-note" })),
    part("form", "form", { autocomplete: "off", novalidate: "" },
      part("why", "p", { class: "chili-why" }),
      field("client_id", "Client ID",
        "Environments → pencil → Integrations page → your integration → General.",
        { placeholder: "or paste a whole .env" }),
      field("client_secret", "Client secret", "Beside the client ID, on the same tab.",
        secret, "Show secret"),
      field("access_token", "Access token",
        "“Generate token”, beside the client secret; it cannot be renewed.",
        { ...secret, placeholder: "or paste a whole token response" }, "Show token"),
      h("div", { class: "chili-where" },
        field("environment", "Environment",
          "Settings → Details → Technical name, or any address of the environment.",
          { placeholder: "cp-abc-123 or a URL" }),
        h("div", { class: "chili-field" },
          h("label", { for: `${prefix}-kind` }, "Kind"),
          part("kindChoice", "select", { id: `${prefix}-kind`, autocomplete: "off" },
            ...KINDS.map((kind) => h("option", { value: kind }, kind))))),
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
    [ui.refresh, "Refresh", "Refreshing…", "refresh"],
    [ui.copy, "Copy token", "Copying…", "copy"],
    [ui.signOut, "Sign out", "Signing out…", "sign-out"],
    [ui.signIn, "Sign in", "Signing in…"],
  ];
  // With the focus on one of these, keys of JupyterLab would act on the cell instead.
  for (const node of ui.root.querySelectorAll("button, select, summary, [type=checkbox]"))
    node.dataset.lmSuppressShortcuts = true;
  return ui;
}

function h(tag, attributes = {}, ...children) {
  const node = tag.nodeType ? tag : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function icon(path) {
  const create = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const look = { viewBox: "0 0 16 16", "aria-hidden": true };
  return h(create("svg"), look, h(create("path"), { d: path }));
}

const code = (text) => h("code", {}, text);
const randomText = () => Math.random().toString(36).slice(2);

/** Change a node only if it says something else: a screen reader reads each change. */
function setText(node, ...parts) {
  const text = parts.map((part) => part?.textContent ?? part ?? "").join("");
  if (node.textContent !== text) node.replaceChildren(...parts);
  node.hidden = text === "";
}
