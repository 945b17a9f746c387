// The sign-in card. Python decides what is true; this file shows it.
//
// The file has three parts: state (the time left, and what the kernel has said), the
// view (one card in one output) and the nodes it is built from.
//
// It makes no network request, stores nothing in the browser and never writes a trait.
// What the user types is sent in one custom message, because traits are saved with the
// notebook.

// ---------------------------------------------------------------------------- types

/**
 * The phases that the kernel sends, and those that the browser derives from the time
 * left, from the check of the environment and from whether a kernel answers.
 *
 * @typedef {"form" | "signing-in" | "signed-in" | "failed" | "signed-out"} KernelPhase
 * @typedef {KernelPhase | "expiring" | "expired" | "unconfirmed" | "checking"
 *   | "unchecked" | "unusable"} Phase
 * @typedef {"client_id" | "client_secret" | "access_token" | "environment"} FieldName
 * @typedef {"env" | "keyring"} StorageName
 * @typedef {"refresh" | "copy" | "signOut" | "signIn"} ActionName
 * @typedef {"granted" | "needed" | "absent"} ScopeState
 */

/**
 * @typedef {object} Token
 * @property {number} serial Increases with each token of the session.
 * @property {string} fingerprint
 * @property {number | null} expires_at Seconds since the epoch, by the kernel's clock.
 * @property {number | null} lifetime_s
 * @property {string[] | null} scopes
 * @property {boolean} renewable
 */

/**
 * @typedef {object} Note
 * @property {"info" | "error"} kind
 * @property {string} text May contain "{moment}".
 * @property {string} hint
 * @property {"" | FieldName} field The field of the form that the note is about.
 * @property {number | null} [moment] Replaces "{moment}"; seconds since the epoch.
 */

/**
 * Whether the environment has answered and accepts the token.
 *
 * @typedef {object} Check
 * @property {string} status
 * @property {boolean} has_failed
 * @property {string} label The status in a few words.
 * @property {string} text
 * @property {string} hint
 */

/**
 * The synced traits of the Python class `Card`.
 *
 * @typedef {object} Traits
 * @property {KernelPhase} phase
 * @property {{ client: string, token: string }} names
 * @property {string} profile
 * @property {{ name: string, kind: string, host: string, token_host: string }} environment
 * @property {string} source The name of the credentials' source.
 * @property {string} login_command The magic that signed in, as it was typed.
 * @property {string} origin The kind of that source, such as `form`.
 * @property {Token | null} token
 * @property {number | null} remaining_s
 * @property {Note | null} note
 * @property {{ environment: string, environment_type: string, why: string,
 *   remember: StorageName[] }} form
 * @property {Check} check
 * @property {string[]} lacking The scopes that refused calls needed.
 * @property {boolean} masked
 */

/**
 * The part of anywidget's model that the card uses.
 *
 * @typedef {object} Model
 * @property {<Name extends keyof Traits>(name: Name) => Traits[Name]} get
 * @property {(message: object) => void} send
 * @property {(event: string, handle: (message: any) => void) => void} on
 * @property {(event: string, handle: (message: any) => void) => void} off
 */

/**
 * What a card shows at one moment: the traits, with the phase that is true now.
 *
 * @typedef {Omit<Traits, "phase"> & { phase: Phase, secondsLeft: number | null }} Snapshot
 */

/**
 * The values that were found in a pasted text.
 *
 * @typedef {Partial<Record<FieldName | "environment_type" | "base_url", string>>} Found
 */

/**
 * @typedef {object} Field
 * @property {HTMLElement} box
 * @property {HTMLInputElement} input
 * @property {HTMLElement} error
 * @property {HTMLElement | null} reveal The button that shows or hides a secret.
 */

/**
 * The nodes that change, by the `data-part` of their markup.
 *
 * @typedef {Record<"state" | "place" | "environment" | "kind" | "profile" | "host"
 *   | "session" | "countdown" | "unit" | "until" | "bar" | "names" | "source"
 *   | "fingerprint" | "masking" | "scopes" | "scopeCount" | "grid" | "advice"
 *   | "refusal" | "problem" | "note" | "doubt" | "why" | "destination" | "actions"
 *   | "switchMethod" | ActionName, HTMLElement>
 *   & { stateIcon: SVGElement, form: HTMLFormElement, kindChoice: HTMLSelectElement }} Parts
 */

/**
 * A moment from which the time left is counted.
 *
 * @typedef {object} Anchor
 * @property {number | undefined} serial The serial of the token.
 * @property {number | null} sentSeconds The time left that the kernel sent.
 * @property {number | null} secondsLeft
 * @property {boolean} isStale Whether the kernel still has to confirm the time.
 * @property {number} monotonicMs
 * @property {number} wallMs
 */

/** @typedef {ReturnType<typeof followKernel>} Kernel */
/** @typedef {ReturnType<typeof createForm>} Form */
/** @typedef {ReturnType<typeof buildCard>} Nodes */

// ------------------------------------------------------------------------ constants

const LAST_HOUR_S = 3600; // GraFx issues a new token only in the last hour
const ANSWER_TIMEOUT_MS = 10_000;
const SLEEP_S = 30; // a larger gap between the two clocks means that the machine slept
const CLOCK_DIFFERENCE_S = 120; // a smaller difference is not reported

const KERNEL_BUSY =
  "The kernel is busy or has stopped. The card updates as soon as the kernel answers.";
const KERNEL_GONE = "The kernel was restarted or stopped, which ended this session.";
const NOT_CONFIRMED = "No kernel has confirmed this card. It may be out of date.";

/** @type {(keyof Traits)[]} */
const TRAITS = [
  "phase",
  "names",
  "profile",
  "environment",
  "source",
  "login_command",
  "origin",
  "token",
  "remaining_s",
  "note",
  "form",
  "check",
  "lacking",
  "masked",
];
/** @type {Phase[]} */
const FORM_PHASES = ["form", "signing-in", "failed"];
/** @type {Phase[]} */
const VALID_PHASES = ["signed-in", "expiring", "checking", "unchecked", "unusable"];
/** @type {Phase[]} */
const TOKEN_PHASES = [...VALID_PHASES, "expired"];
/** @type {FieldName[]} */
const PAIR_FIELDS = ["client_id", "client_secret", "environment"];
/** @type {FieldName[]} */
const TOKEN_FIELDS = ["access_token", "environment"];
const KINDS = ["production", "sandbox"];

/**
 * A field with a `revealLabel` is a secret.
 *
 * @type {Record<FieldName, { label: string, help: string, placeholder?: string,
 *   revealLabel?: string }>}
 */
const FIELDS = {
  client_id: {
    label: "Client ID",
    help: "Environments → ✎ (edit) → Integrations → your integration → General.",
    placeholder: "or paste a whole .env",
  },
  client_secret: {
    label: "Client secret",
    help: "Next to the client ID, on the same tab.",
    revealLabel: "Show secret",
  },
  access_token: {
    label: "Access token",
    help: "“Generate token”, next to the client secret. It cannot be renewed.",
    placeholder: "or paste a whole token response",
    revealLabel: "Show token",
  },
  environment: {
    label: "Environment",
    help: "Settings → Details → Technical name, or any of its URLs.",
    placeholder: "cp-abc-123 or a URL",
  },
};
const FIELD_NAMES = /** @type {FieldName[]} */ (Object.keys(FIELDS));
/** @type {Record<StorageName, string>} */
const STORAGES = {
  env: "Remember in .env next to the notebook",
  keyring: "Remember in the system keyring",
};
const STORAGE_NAMES = /** @type {StorageName[]} */ (Object.keys(STORAGES));
/** @type {Record<ActionName, { idle: string, busy: string }>} */
const BUTTON_LABELS = {
  refresh: { idle: "Refresh", busy: "Refreshing…" },
  copy: { idle: "Copy token", busy: "Copying…" },
  signOut: { idle: "Sign out", busy: "Signing out…" },
  signIn: { idle: "Sign in", busy: "Signing in…" },
};
const ACTION_NAMES = /** @type {ActionName[]} */ (Object.keys(BUTTON_LABELS));

const VERBS = ["list", "read", "write"];
const KNOWN_SCOPES = [
  ...["font", "media", "myproject", "template", "template_collection"].flatMap((noun) =>
    VERBS.map((verb) => `${noun}:${verb}`),
  ),
  "output:static",
  "output:animated",
];
/** @type {Record<ScopeState, string>} */
const SCOPE_TEXTS = { granted: "granted", needed: "needed", absent: "not granted" };

// One "key = value" of a .env file, JSON, YAML, a query string or a command line.
const PASTED_KEY = new RegExp(
  "(?:^|[^\\w.-])-*(?<prefix>CHILI_(?:\\w+_)?)?" +
    "(?<key>client_id|client_secret|access_token|environment_type|environment|base_url)" +
    `["']?[ \\t]*[:=][ \\t]*(?:"(?<double>[^"]+)"|'(?<single>[^']+)'|` +
    `(?<bare>(?![{[])(?:(?![&,;](?:\\w+[:=]|\\s|$))[^\\s"'])+))`,
  "gi",
);
const ADDRESS = /^(?:https:\/\/)?([\w-]+)\.chili-publish(-sandbox)?\.online(:443)?(\/.*)?$/i;

const RING = "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z";
const QUESTION = `${RING}M6.2 6.4a1.8 1.8 0 1 1 2.7 1.5Q8 8.4 8 9.2M8 11.3v.2`;
const CROSS = `${RING}M6 6l4 4M10 6l-4 4`;
const TURNING = "M8 2a6 6 0 1 1-6 6";
/** @type {Record<Phase, { label: string, icon: string }>} */
const STATES = {
  form: {
    label: "Not signed in",
    icon: "M10 6a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM9.3 8.2 14 13M12 11l-1.5 1.5",
  },
  "signing-in": { label: "Signing in…", icon: TURNING },
  "signed-in": { label: "Signed in", icon: `${RING}M5.3 8.2l1.9 1.9 3.6-4` },
  expiring: { label: "Last hour", icon: `${RING}M8 4.6V8l2.3 1.6` },
  expired: {
    label: "Token expired",
    icon: "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.2M8 11.4v.2",
  },
  unconfirmed: { label: "Not confirmed", icon: QUESTION },
  checking: { label: "Checking…", icon: TURNING },
  unchecked: { label: "Not checked", icon: QUESTION },
  unusable: { label: "", icon: CROSS }, // the label of the check
  failed: { label: "Sign-in failed", icon: CROSS },
  "signed-out": {
    label: "Signed out",
    icon: "M7 2.5H3v11h4M7 8h7M11.2 5.2 14 8l-2.8 2.8",
  },
};
const EYE = "M1.5 8Q4 3.5 8 3.5T14.5 8Q12 12.5 8 12.5T1.5 8ZM10 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z";
const CHILI =
  "M12 4.7c-.2-1.4-1-2.3-2.3-2.9M9.1 6.1c1.6-1.8 4.9-1.5 5.6.8.9 3-2.7 7.1-7.4 7.6" +
  "-2.1.2-4-.1-5.6-.8 3.6-.5 5.3-2 6-4.6.3-1.2.6-2.2 1.4-3Z";

// ---------------------------------------------------------------------- entry point

// A function, because anywidget calls it once per model. `initialize` and `render` get
// different proxies of that model, so the model itself cannot be used as a shared key.
export default () => {
  /** @type {Kernel} */
  let kernel;
  return {
    /** @param {{ model: Model }} context */
    initialize({ model }) {
      kernel = followKernel(model);
      return kernel.stop;
    },
    /** @param {{ model: Model, el: HTMLElement }} context */
    render({ model, el }) {
      return showCard(model, el, kernel);
    },
  };
};

// ---------------------------------------------------------------------------- state

/**
 * Count the time left from an anchor. It is never decremented, because the browser
 * slows down the timers of a tab in the background.
 *
 * @param {Model} model
 */
function createCountdown(model) {
  /** @type {(secondsLeft: number | null, isStale: boolean) => Anchor} */
  const createAnchor = (secondsLeft, isStale) => {
    const token = model.get("token");
    const hasEnd = token !== null && token.expires_at !== null;
    return {
      serial: token?.serial,
      sentSeconds: model.get("remaining_s"),
      secondsLeft: hasEnd ? secondsLeft : null,
      isStale,
      monotonicMs: performance.now(),
      wallMs: Date.now(),
    };
  };
  const secondsLeftByWallClock = () => (model.get("token")?.expires_at ?? 0) - Date.now() / 1000;
  const createFirstAnchor = () => {
    const sent = model.get("remaining_s");
    if (sent === null) return createAnchor(null, true);
    // The model may come from a notebook that was saved hours ago: use the smaller time.
    const byWallClock = secondsLeftByWallClock();
    const isStale = Math.abs(sent - byWallClock) > SLEEP_S;
    return createAnchor(Math.min(sent, byWallClock), isStale);
  };

  let anchor = createFirstAnchor();
  const elapsed = () => (performance.now() - anchor.monotonicMs) / 1000;
  const secondsLeft = () => (anchor.secondsLeft === null ? null : anchor.secondsLeft - elapsed());
  // The monotonic clock may stop while the machine sleeps; the wall clock does not.
  const secondsAsleep = () => Math.max(0, (Date.now() - anchor.wallMs) / 1000 - elapsed());
  const hasSlept = () => secondsAsleep() > SLEEP_S;

  return {
    secondsLeft,
    hasSlept,
    /** Return whether the kernel still has to confirm the time. */
    isStale: () => anchor.isStale,
    /** Return how many seconds the browser's clock differs from the kernel's. */
    clockDifference() {
      const left = secondsLeft();
      return left === null ? 0 : Math.abs(secondsLeftByWallClock() - left);
    },
    /** Start again if the kernel sent another token or another time. */
    followTraits() {
      const sent = model.get("remaining_s");
      const isSame = model.get("token")?.serial === anchor.serial && sent === anchor.sentSeconds;
      if (!isSame) anchor = createAnchor(sent, false);
    },
    /**
     * Start again from the kernel's answer, unless it is about an older token.
     *
     * @param {number} serial
     * @param {number | null} remaining
     */
    confirm(serial, remaining) {
      if (serial === anchor.serial) anchor = createAnchor(remaining, false);
    },
    /** Subtract the time during which the machine was asleep. */
    subtractSleep() {
      const left = secondsLeft();
      const corrected = left === null ? null : left - secondsAsleep();
      anchor = createAnchor(corrected, anchor.isStale || hasSlept());
    },
  };
}

/**
 * Follow the model: what the kernel says, and whether it still answers.
 *
 * @param {Model} model
 */
function followKernel(model) {
  const countdown = createCountdown(model);
  /** @type {Set<(isAnswer: boolean) => void>} */
  const watchers = new Set();
  let isGone = false;
  let isConfirmed = !countdown.isStale(); // false: all we have is a saved notebook
  let lastContactMs = performance.now(); // when the kernel last spoke or was probed
  /** @type {number | null} */
  let unansweredSinceMs = null; // when the card first asked for the time in vain
  /** @type {{ nonce: string, sentMs: number } | null} */
  let pendingCopy = null;

  /** @param {boolean} isAnswer Whether an action of a view may have ended. */
  const notify = (isAnswer) => {
    for (const watcher of watchers) watcher(isAnswer);
  };
  /**
   * Send a message; return whether the kernel can still receive one.
   *
   * @param {{ kind: string, [key: string]: unknown }} message
   */
  const send = (message) => {
    try {
      model.send(message);
      return true;
    } catch {
      isGone = true; // a closed comm throws
      notify(false);
      return false;
    }
  };
  const requestTime = () => send({ kind: "sync" });
  const noteContact = () => {
    isGone = false;
    isConfirmed = true;
    unansweredSinceMs = null;
    lastContactMs = performance.now();
  };

  const handleTraits = () => {
    noteContact();
    countdown.followTraits();
    notify(true);
  };
  /** @param {{ serial: number, remaining_s: number | null }} message */
  const handleTime = ({ serial, remaining_s }) => {
    noteContact();
    countdown.confirm(serial, remaining_s);
    notify(false);
  };
  /**
   * Copy the token. The kernel sends it to every browser; only the one that asked may
   * copy it, and only while its user is still waiting.
   *
   * @param {{ nonce?: string, value: string }} message
   */
  const handleToken = async ({ nonce, value }) => {
    if (pendingCopy === null || nonce !== pendingCopy.nonce) return;
    if (performance.now() - pendingCopy.sentMs >= ANSWER_TIMEOUT_MS) return;
    pendingCopy = null;
    const is_copied = await navigator.clipboard.writeText(value).then(
      () => true,
      () => false,
    );
    send({ kind: "copied", is_copied });
  };
  /** @param {any} message */
  const handleMessage = (message) => {
    if (message?.kind === "token") handleToken(message);
    else if (message?.kind === "done") handleTraits();
    else if (message?.kind === "time") handleTime(message);
  };
  /** The comm was lost or came back: claim nothing until the kernel confirms it. */
  const handleCommChange = () => {
    isGone = true;
    requestTime();
    notify(false);
  };
  /** Correct the time after the page or the machine was asleep, and ask the kernel. */
  const wake = () => {
    countdown.subtractSleep();
    unansweredSinceMs ??= performance.now();
    notify(false);
    requestTime();
  };
  const handleVisibility = () => {
    if (document.visibilityState === "visible") wake();
  };

  /** @type {[string, (message: any) => void][]} */
  const subscriptions = [
    ["msg:custom", handleMessage],
    ["comm_live_update", handleCommChange],
  ];
  for (const trait of TRAITS) subscriptions.push([`change:${trait}`, handleTraits]);
  for (const [event, handle] of subscriptions) model.on(event, handle);
  document.addEventListener("visibilitychange", handleVisibility);
  requestTime();

  return {
    countdown,
    send,
    wake,
    isGone: () => isGone,
    isConfirmed: () => isConfirmed,
    /** Return whether the kernel has not answered for too long. */
    isSilent: () =>
      unansweredSinceMs !== null && performance.now() - unansweredSinceMs > ANSWER_TIMEOUT_MS,
    /** Ask for the token; the nonce marks the answer as this browser's. */
    requestCopy() {
      pendingCopy = { nonce: randomText(), sentMs: performance.now() };
      return send({ kind: "copy", nonce: pendingCopy.nonce });
    },
    /** Find out whether the kernel was shut down: only sending a message shows it. */
    probe() {
      if (performance.now() - lastContactMs < ANSWER_TIMEOUT_MS) return;
      lastContactMs = performance.now();
      requestTime();
    },
    /**
     * Call a function after each change; return a function that ends this.
     *
     * @param {(isAnswer: boolean) => void} watcher
     */
    watch(watcher) {
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
      };
    },
    stop() {
      for (const [event, handle] of subscriptions) model.off(event, handle);
      document.removeEventListener("visibilitychange", handleVisibility);
      watchers.clear();
    },
  };
}

/**
 * Return what is true now.
 *
 * @param {Model} model
 * @param {Kernel} kernel
 * @returns {Snapshot}
 */
function takeSnapshot(model, kernel) {
  const traits = /** @type {Traits} */ (
    Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]))
  );
  const secondsLeft = kernel.countdown.secondsLeft();
  return {
    ...traits,
    phase: derivePhase(traits.phase, traits.check, secondsLeft, kernel),
    secondsLeft,
  };
}

/**
 * @param {KernelPhase} phase
 * @param {Check} check
 * @param {number | null} secondsLeft
 * @param {Kernel} kernel
 * @returns {Phase}
 */
function derivePhase(phase, check, secondsLeft, kernel) {
  if (kernel.isGone() && phase === "signing-in") return "failed";
  if (phase !== "signed-in") return phase;
  if (kernel.isGone()) return "signed-out";
  if (!kernel.isConfirmed()) return "unconfirmed";
  if (secondsLeft !== null && secondsLeft <= 0) return "expired";
  if (check.has_failed) return "unusable";
  if (secondsLeft !== null && secondsLeft <= LAST_HOUR_S) return "expiring";
  if (check.status === "answered") return "signed-in";
  return check.status === "checking" ? "checking" : "unchecked";
}

/**
 * Find credentials in a pasted text: a .env file, a token response, code or a URL.
 *
 * @param {string} text
 * @returns {Found}
 */
function parsePaste(text) {
  const uncommented = text.replace(/^\s*#.*$/gm, "");
  // Next to CHILI_ keys, keys without that prefix belong to another service.
  const hasChiliKeys = /\bCHILI_\w+["']?\s*[:=]/i.test(uncommented);
  /** @type {Found} */
  const plain = {};
  /** @type {Map<string, Found>} */
  const foundByPrefix = new Map([["CHILI_", plain]]);
  for (const { groups } of uncommented.matchAll(PASTED_KEY)) {
    const { prefix, key, double, single, bare } = groups ?? {};
    const fullPrefix = prefix?.toUpperCase() ?? "CHILI_";
    const found = foundByPrefix.get(fullPrefix) ?? {};
    foundByPrefix.set(fullPrefix, found);
    const name = /** @type {keyof Found} */ (key?.toLowerCase());
    if (hasChiliKeys === Boolean(prefix)) found[name] ??= double || single || bare;
  }
  // ID and secret come from the same prefix: a secret is sent only with its own ID.
  const candidates = [...foundByPrefix.values()];
  const credentials =
    candidates.find((found) => found.client_id && found.client_secret) ??
    candidates.find((found) => found.access_token) ??
    candidates.find((found) => Object.keys(found).length);
  const { client_id, client_secret, access_token, ...place } = plain;
  const found = { ...place, ...credentials };
  return { ...found, ...parseAddress(found.environment ?? found.base_url ?? text) };
}

/**
 * Read the name and the kind of an environment from one of its URLs.
 *
 * @param {string} text
 * @returns {Found}
 */
function parseAddress(text) {
  const [, host, sandbox] = text.trim().match(ADDRESS) ?? [];
  if (!host) return {};
  const inPath = text.match(/\/environments?\/([^/?#\s]+)/)?.[1];
  const environment = inPath ?? host.toLowerCase();
  if (environment.toLowerCase() !== host.toLowerCase()) return {};
  return { environment, environment_type: sandbox ? "sandbox" : "production" };
}

// ----------------------------------------------------------------------------- view

/**
 * Put a card into `el` and keep it up to date.
 *
 * @param {Model} model
 * @param {HTMLElement} el
 * @param {Kernel} kernel
 * @returns {() => void} Removes the card.
 */
function showCard(model, el, kernel) {
  const ui = buildCard();
  const form = createForm(ui);
  const listeners = new AbortController();
  /** @type {ActionName | null} */
  let pendingAction = null; // what was clicked, until the kernel answers
  let isUnanswered = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let answerTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let countdownTimer;

  /** @param {ActionName} action */
  const awaitAnswer = (action) => {
    pendingAction = action;
    answerTimer = setTimeout(() => {
      pendingAction = null;
      isUnanswered = true;
      update();
    }, ANSWER_TIMEOUT_MS);
  };
  const endAction = () => {
    clearTimeout(answerTimer);
    pendingAction = null;
    isUnanswered = false;
    if (model.get("phase") === "signing-in") awaitAnswer("signIn");
  };
  /**
   * Send a request, unless another one is still waiting for its answer.
   *
   * @param {ActionName} action
   * @param {() => boolean} send
   */
  const request = (action, send) => {
    if (pendingAction !== null || !send()) return;
    isUnanswered = false;
    awaitAnswer(action);
    update();
  };

  const update = () => {
    const shown = takeSnapshot(model, kernel);
    const previousPhase = ui.root.dataset.phase;
    const focused = findFocus(ui.root);
    ui.root.dataset.phase = shown.phase;
    ui.root.dataset.silent = String(kernel.isSilent());
    ui.root.setAttribute("aria-busy", String(pendingAction !== null));
    if (!FORM_PHASES.includes(shown.phase)) form.clearSecrets();
    showSession(ui, shown);
    showForm(ui, shown, form);
    showMessages(ui, shown, form.pasteMessage());
    setText(ui.doubt, explainDoubt(shown, kernel, isUnanswered));
    for (const action of ACTION_NAMES) {
      const { idle, busy } = BUTTON_LABELS[action];
      replaceText(ui[action], action === pendingAction ? busy : idle);
      // Not `disabled`, which would move the keyboard focus out of the card.
      ui[action].setAttribute("aria-disabled", String(pendingAction !== null));
    }
    if (focused && shown.phase !== previousPhase) moveFocus(ui, focused);
    tick();
  };
  const tick = () => {
    clearTimeout(countdownTimer);
    if (kernel.countdown.hasSlept()) return kernel.wake(); // which updates this view
    const { phase, secondsLeft, token } = takeSnapshot(model, kernel);
    const { phase: shownPhase, silent } = ui.root.dataset;
    if (phase !== shownPhase || silent !== String(kernel.isSilent())) return update();
    if (secondsLeft === null || !VALID_PHASES.includes(phase)) return;
    showTime(ui, secondsLeft, token);
    const toNextSecondMs = (secondsLeft % 1) * 1000 || 1000;
    countdownTimer = setTimeout(tick, Math.max(50, toNextSecondMs));
  };

  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    if (pendingAction !== null) return;
    const message = form.read();
    if (message) return request("signIn", () => kernel.send(message));
    update();
    form.focusFirst(form.isMissing);
  };
  /** @param {KeyboardEvent} event */
  const submitOnEnter = (event) => {
    const { target } = event;
    if (event.key !== "Enter" || !(target instanceof HTMLInputElement)) return;
    if (target.type === "checkbox") return;
    event.preventDefault();
    ui.form.requestSubmit();
  };
  /** @param {ClipboardEvent} event */
  const paste = (event) => {
    const isUsed = form.paste(event.clipboardData?.getData("text") ?? "");
    if (isUsed) event.preventDefault();
    update();
    if (isUsed) form.focusFirst(form.isEmpty);
  };
  const switchMethod = () => {
    form.switchMethod();
    update();
    form.focusFirst(() => true);
  };

  /** @type {(node: HTMLElement, type: string, handle: (event: any) => void) => void} */
  const listen = (node, type, handle) =>
    node.addEventListener(type, handle, { signal: listeners.signal });
  const actions = {
    refresh: () => kernel.send({ kind: "refresh" }),
    copy: kernel.requestCopy,
    signOut: () => kernel.send({ kind: "sign-out" }),
  };
  for (const name of /** @type {const} */ (["refresh", "copy", "signOut"]))
    listen(ui[name], "click", () => request(name, actions[name]));
  listen(ui.form, "submit", submit);
  // JupyterLab keeps Enter from submitting a form in a cell.
  listen(ui.form, "keydown", submitOnEnter);
  listen(ui.form, "paste", paste);
  listen(ui.switchMethod, "click", switchMethod);
  form.listen(listen, update);
  listen(ui.root, "focusin", kernel.probe);
  listen(ui.root, "pointerenter", kernel.probe);

  const unwatch = kernel.watch((isAnswer) => {
    if (isAnswer) endAction();
    update();
  });
  endAction();
  update();
  el.append(ui.root);

  return () => {
    unwatch();
    listeners.abort();
    clearTimeout(answerTimer);
    clearTimeout(countdownTimer);
    form.clearSecrets();
    ui.root.remove();
  };
}

/**
 * Hold what one view of the form knows: what is typed, pasted, missing and corrected.
 *
 * @param {Nodes} ui
 */
function createForm(ui) {
  const { fields } = ui;
  let usesToken = false; // an access token instead of a client ID and secret
  let isEnvironmentTyped = false;
  /** @type {Set<FieldName>} */
  const missing = new Set();
  /** @type {Note | null} */
  let correctedNote = null; // its field was edited since the kernel sent it
  /** @type {Note | null} */
  let currentNote = null;
  let pasteMessage = "";

  const requiredFields = () => (usesToken ? TOKEN_FIELDS : PAIR_FIELDS);
  /** @param {FieldName} name */
  const typedValue = (name) => fields[name].input.value.trim();
  /** @type {(field: Field, isRevealed: boolean) => void} */
  const setRevealed = ({ input, reveal }, isRevealed) => {
    input.type = isRevealed ? "text" : "password";
    reveal?.setAttribute("aria-pressed", String(isRevealed));
  };
  const hideSecrets = () => {
    for (const field of ui.secretFields) setRevealed(field, false);
    pasteMessage = "";
  };
  const clearSecrets = () => {
    hideSecrets();
    for (const { input } of ui.secretFields) input.value = "";
  };
  /** @param {boolean} isToken */
  const setMethod = (isToken) => {
    if (usesToken === isToken) return;
    usesToken = isToken;
    missing.clear();
    clearSecrets();
  };
  /** @param {FieldName} name */
  const markEdited = (name) => {
    if (currentNote?.field === name) correctedNote = currentNote;
    missing.delete(name);
  };
  /** @param {Found} found */
  const fill = (found) => {
    const names = requiredFields().filter((name) => found[name]);
    for (const name of names) {
      fields[name].input.value = found[name] ?? "";
      markEdited(name);
    }
    isEnvironmentTyped ||= names.includes("environment");
    const kind = found.environment_type?.toLowerCase() ?? "";
    if (KINDS.includes(kind)) ui.kindChoice.value = kind;
    return names;
  };

  return {
    clearSecrets,
    requiredFields,
    usesToken: () => usesToken,
    pasteMessage: () => pasteMessage,
    switchMethod: () => setMethod(!usesToken),
    /** @param {FieldName} name */
    isMissing: (name) => missing.has(name),
    /** @param {FieldName} name */
    isEmpty: (name) => !typedValue(name),
    /**
     * Take over the kernel's values, but never over what the user typed.
     *
     * @param {Snapshot} shown
     */
    followTraits({ note, form }) {
      currentNote = note;
      if (isEnvironmentTyped) return;
      fields.environment.input.value = form.environment;
      ui.kindChoice.value = form.environment_type || "production";
    },
    /**
     * Return the note that is about a field and still applies.
     *
     * @param {FieldName} name
     */
    noteFor: (name) =>
      currentNote?.field === name && currentNote !== correctedNote ? currentNote : null,
    /**
     * Fill the form from a pasted text; return whether it contained anything usable.
     *
     * @param {string} text
     */
    paste(text) {
      pasteMessage = "";
      const found = parsePaste(text);
      const hasPair = Boolean(found.client_id || found.client_secret);
      const hasToken = Boolean(found.access_token);
      if (!hasPair && !hasToken && !found.environment) return false;
      if (hasPair || hasToken) setMethod(!hasPair);
      const labels = fill(found).map((name) => FIELDS[name].label);
      pasteMessage = `Filled in from the pasted text: ${labels.join(", ")}.`;
      // The form shows where it sends the secret. A pasted address must not change that.
      if (/_TOKEN_URL\b/i.test(text))
        pasteMessage += " CHILI_TOKEN_URL was ignored; to use it, pass the file with --env-file.";
      return true;
    },
    /** Return the message that signs in, or null if a field is empty. */
    read() {
      missing.clear();
      for (const name of requiredFields()) {
        if (!typedValue(name)) missing.add(name);
      }
      if (missing.size) return null;
      hideSecrets(); // but keep them: the sign-in may fail because of another field
      const typed = requiredFields().map((name) => [name, typedValue(name)]);
      const storages = ui.storages.filter(({ input }) => input.checked);
      return {
        kind: "sign-in",
        ...Object.fromEntries(typed),
        environment_type: ui.kindChoice.value,
        remember: storages.map(({ name }) => name),
      };
    },
    /**
     * Focus the first field that meets a condition, or else the button that signs in.
     *
     * @param {(name: FieldName) => boolean} condition
     */
    focusFirst(condition) {
      const name = requiredFields().find(condition);
      (name ? fields[name].input : ui.signIn).focus();
    },
    /**
     * @param {(node: HTMLElement, type: string, handle: () => void) => void} listen
     * @param {() => void} update
     */
    listen(listen, update) {
      const environment = fields.environment.input;
      for (const field of ui.secretFields)
        if (field.reveal)
          listen(field.reveal, "click", () => setRevealed(field, field.input.type === "password"));
      for (const node of [environment, ui.kindChoice])
        listen(node, "input", () => {
          isEnvironmentTyped = true;
        });
      listen(environment, "change", () => {
        fill(parseAddress(environment.value));
      });
      for (const name of FIELD_NAMES)
        listen(fields[name].input, "input", () => {
          markEdited(name);
          update();
        });
    },
  };
}

/**
 * Show the environment, the token and what can be done with it.
 *
 * @param {Nodes} ui
 * @param {Snapshot} shown
 */
function showSession(ui, shown) {
  const { phase, token, secondsLeft, profile, source } = shown;
  const { name, kind, host } = shown.environment;
  const hasToken = TOKEN_PHASES.includes(phase);
  const label = ["CHILI GraFx sign-in", profile || name || host].filter(Boolean);
  ui.root.setAttribute("aria-label", label.join(", "));
  setText(ui.state, STATES[phase].label || shown.check.label);
  ui.stateIcon.setAttribute("d", STATES[phase].icon);
  setText(ui.environment, name || host || "Environment unknown");
  setText(ui.kind, kind);
  setText(ui.profile, profile && `profile ${profile}`);
  setText(ui.host, name && host);
  const isBound = phase === "unusable" || (phase === "expired" && token?.renewable);
  const use = isBound ? "bound" : phase === "expired" ? "" : "ready";
  const names = [code(shown.names.client), " and ", code(shown.names.token)];
  setText(ui.names, ...names, use ? ` are ${use}` : " need a new token");
  setText(ui.source, source && `from ${source}`);
  setText(ui.fingerprint, ...(token ? ["token ", code(token.fingerprint)] : []));
  setText(ui.masking, shown.masked ? "" : "outputs are not masked");
  showScopes(ui, token?.scopes ?? null, shown.lacking);
  ui.place.hidden = FORM_PHASES.includes(phase);
  ui.session.hidden = !hasToken;
  ui.actions.hidden = !hasToken;
  ui.refresh.hidden = !token?.renewable;
  ui.refresh.classList.toggle("chili-primary", ["expiring", "expired"].includes(phase));
  ui.copy.hidden = phase === "expired" || !navigator.clipboard;
  showTime(ui, secondsLeft, token);
}

/**
 * Show the time left. This alone changes each second.
 *
 * @param {Nodes} ui
 * @param {number | null} secondsLeft
 * @param {Token | null} token
 */
function showTime(ui, secondsLeft, token) {
  const lifetime = token?.lifetime_s;
  ui.bar.hidden = secondsLeft === null || !lifetime;
  ui.unit.hidden = secondsLeft === null || secondsLeft <= 0;
  if (secondsLeft === null) {
    setText(ui.countdown, "expiry unknown");
    setText(ui.until, "");
    return;
  }
  const isValid = secondsLeft > 0;
  setText(ui.countdown, isValid ? formatDuration(secondsLeft) : "expired");
  setText(ui.until, `${isValid ? "until" : "since"} ${formatMoment(secondsLeft)}`);
  const share = lifetime ? Math.min(1, Math.max(0, secondsLeft / lifetime)) : 0;
  ui.bar.style.setProperty("--chili-share", share.toFixed(3));
}

/**
 * @param {Nodes} ui
 * @param {Snapshot} shown
 * @param {Form} form
 */
function showForm(ui, shown, form) {
  form.followTraits(shown);
  const tokenHost = shown.environment.token_host;
  ui.form.hidden = !FORM_PHASES.includes(shown.phase);
  setText(ui.why, shown.phase === "form" ? shown.form.why : "");
  for (const { name, input } of ui.storages) {
    const isOffered = shown.form.remember.includes(name);
    if (input.parentElement) input.parentElement.hidden = !isOffered;
    if (!isOffered || ui.form.hidden) input.checked = false;
  }
  const sendsPair = !form.usesToken();
  setText(ui.destination, sendsPair && tokenHost ? `Sends to ${tokenHost}` : "");
  setText(
    ui.switchMethod,
    `Use ${sendsPair ? "an access token" : "a client ID and secret"} instead`,
  );
  const required = form.requiredFields();
  for (const name of FIELD_NAMES) {
    const { box, input, error } = ui.fields[name];
    box.hidden = !required.includes(name);
    const isMissing = form.isMissing(name);
    const note = form.noteFor(name);
    setText(error, isMissing ? `${FIELDS[name].label} is missing.` : noteText(note));
    if (isMissing || note) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

/**
 * Show what a screen reader announces: advice, the refused scopes and the kernel's note.
 *
 * @param {Nodes} ui
 * @param {Snapshot} shown
 * @param {string} pasteMessage
 */
function showMessages(ui, shown, pasteMessage) {
  const { phase, check, note, token, lacking, secondsLeft } = shown;
  const showsPaste = pasteMessage && phase !== "signing-in";
  setText(ui.advice, ...(showsPaste ? [pasteMessage] : advise(shown)));

  const isShownAtField = note?.field && FORM_PHASES.includes(phase);
  let secondsToMoment = 0;
  if (note?.moment && token?.expires_at && secondsLeft !== null)
    secondsToMoment = secondsLeft - (token.expires_at - note.moment);
  const moment = formatMoment(secondsToMoment, true);
  setText(ui.note, isShownAtField ? "" : noteText(note).replace("{moment}", () => moment));
  ui.note.dataset.kind = note?.kind ?? "info";

  setText(ui.problem, phase === "unusable" ? `${check.text} ${check.hint}`.trim() : "");

  const calls = lacking.length > 1 ? "calls that probably need" : "a call that probably needs";
  const scopes = lacking.flatMap((scope) => [", ", code(scope)]).slice(1);
  const isRefused = lacking.length > 0 && TOKEN_PHASES.includes(phase);
  setText(ui.refusal, ...(isRefused ? [`GraFx refused ${calls} `, ...scopes, "."] : []));
}

/**
 * Return why what the card shows may be wrong, or an empty text.
 *
 * @param {Snapshot} shown
 * @param {Kernel} kernel
 * @param {boolean} isUnanswered
 */
function explainDoubt({ phase }, kernel, isUnanswered) {
  if (kernel.isGone()) return KERNEL_GONE;
  if (isUnanswered || kernel.isSilent()) return KERNEL_BUSY;
  if (phase !== "unconfirmed" && !TOKEN_PHASES.includes(phase)) return "";
  if (kernel.countdown.isStale()) return NOT_CONFIRMED;
  const difference = kernel.countdown.clockDifference();
  if (difference < CLOCK_DIFFERENCE_S) return "";
  return (
    `This computer’s clock and the kernel’s differ by ${formatDuration(difference)}. ` +
    "The time left is correct; the date and time are by this computer’s clock."
  );
}

/**
 * Return what to do next in this phase.
 *
 * @param {Snapshot} shown
 * @returns {(string | Node)[]}
 */
function advise({ phase, check, token, profile, login_command, origin, secondsLeft }) {
  const login = code(login_command || "%chili_login");
  const prefix = profile && `${profile.replaceAll("-", "_").toUpperCase()}_`;
  const key = code(`CHILI_${prefix}ACCESS_TOKEN`);
  let newToken = ["Paste a new token into ", key, " and run ", login, " again."];
  if (origin === "form") newToken = ["Run ", login, " again and paste a new token."];
  switch (phase) {
    case "signing-in":
      return ["Asking GraFx for a token."];
    case "checking":
      return ["Asking the environment whether it accepts the token."];
    case "unchecked":
      return [check.text];
    case "expiring":
      if (!token?.renewable) return ["This token cannot be renewed. ", ...newToken];
      return ["GraFx now issues a new token: refresh here, or the next call fetches it."];
    case "expired":
      return token?.renewable ? ["The next call fetches a new token."] : newToken;
    case "signed-out":
    case "unconfirmed":
      return [
        phase === "signed-out" ? "The session is closed. " : "",
        token ? describeValidity(secondsLeft) : "",
        "To sign in again, run ",
        login,
        ".",
      ];
    default:
      return [];
  }
}

/** @param {number | null} secondsLeft */
function describeValidity(secondsLeft) {
  if (secondsLeft !== null && secondsLeft <= 0) return "Its token has expired. ";
  const end = secondsLeft === null ? "it expires" : formatMoment(secondsLeft);
  return `GraFx cannot revoke tokens; this one stays valid until ${end}. `;
}

/**
 * Show the scopes as a table of resource by verb, with a cell or a row for unknown ones.
 *
 * @param {Nodes} ui
 * @param {string[] | null} scopes
 * @param {string[]} lacking
 */
function showScopes(ui, scopes, lacking) {
  const version = JSON.stringify([scopes, lacking]);
  if (ui.grid.dataset.version === version) return;
  ui.grid.dataset.version = version;
  const plural = scopes?.length === 1 ? "" : "s";
  setText(ui.scopeCount, scopes ? `${scopes.length} scope${plural}` : "scopes unknown");
  ui.scopes.toggleAttribute("data-empty", scopes === null);
  ui.scopeCount.tabIndex = scopes ? 0 : -1;

  /** @type {Map<string, Set<string>>} */
  const verbsByResource = new Map();
  for (const scope of [...KNOWN_SCOPES, ...(scopes ?? []), ...lacking]) {
    const { resource, verb } = splitScope(scope);
    const verbs = verbsByResource.get(resource) ?? new Set();
    verbsByResource.set(resource, verbs.add(verb));
  }
  /** @type {(scope: string) => ScopeState} */
  const stateOf = (scope) => {
    if (scopes?.includes(scope)) return "granted";
    return lacking.includes(scope) ? "needed" : "absent";
  };
  const heads = ["resource", ...VERBS].map((name) => h("th", { scope: "col" }, name));
  const rows = [...verbsByResource].flatMap(([resource, verbs]) =>
    buildScopeRows(resource, verbs, stateOf),
  );
  ui.grid.replaceChildren(h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows));
}

/** @param {string} scope */
function splitScope(scope) {
  const [, resource = "", verb = scope] = scope.match(/^(.+):(.+)$/) ?? [];
  return { resource, verb };
}

/**
 * Build the row of a resource, and a second one if it has verbs without a column.
 *
 * @param {string} resource Empty for scopes that name no resource.
 * @param {Set<string>} verbs
 * @param {(scope: string) => ScopeState} stateOf
 */
function buildScopeRows(resource, verbs, stateOf) {
  /** @type {(tag: "td" | "span", verb: string, label: string) => HTMLElement} */
  const mark = (tag, verb, label) => {
    const state = stateOf(resource ? `${resource}:${verb}` : verb);
    const text = h("span", {}, ` ${SCOPE_TEXTS[state]}`);
    text.classList.toggle("chili-unseen", state !== "needed"); // a sign shows these two
    return h(tag, { "data-scope": state }, label, text);
  };
  const columns = VERBS.map((verb) => (verbs.has(verb) ? mark("td", verb, "") : h("td")));
  const others = [...verbs].filter((verb) => !VERBS.includes(verb));
  const marks = others.map((verb) => mark("span", verb, verb));
  const rows = [
    ...(verbs.size > others.length ? [columns] : []),
    ...(others.length ? [[h("td", { colspan: VERBS.length }, ...marks)]] : []),
  ];
  const head = h("th", { scope: "row", rowspan: rows.length }, resource || "other");
  return rows.map((cells, index) => h("tr", {}, ...(index ? cells : [head, ...cells])));
}

/**
 * Return the focused element if it is inside the card.
 *
 * @param {HTMLElement} root
 */
function findFocus(root) {
  const scope = /** @type {Document | ShadowRoot} */ (root.getRootNode());
  const { activeElement } = scope; // undefined while the card is not in the page
  return activeElement && root.contains(activeElement) ? activeElement : null;
}

/**
 * Move the focus after a change of phase: to the wrong field, or else to the card if
 * the focused element is no longer shown.
 *
 * @param {Nodes} ui
 * @param {Element} focused
 */
function moveFocus(ui, focused) {
  const wrong = Object.values(ui.fields).find((field) => field.input.hasAttribute("aria-invalid"));
  if (wrong && !ui.form.hidden) {
    wrong.input.focus();
    wrong.input.select(); // so that the next paste replaces the value
  } else if (focused.closest("[hidden]")) {
    ui.root.focus({ preventScroll: true });
  }
}

/** @param {Note | null} note */
function noteText(note) {
  return note ? `${note.text} ${note.hint}`.trim() : "";
}

/** @param {number} seconds */
function formatDuration(seconds) {
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/**
 * Return a moment in the reader's time zone.
 *
 * @param {number} secondsFromNow
 * @param {boolean} isBrief Whether to leave out the date if it is today.
 */
function formatMoment(secondsFromNow, isBrief = false) {
  const moment = new Date(Date.now() + secondsFromNow * 1000);
  const isToday = moment.toDateString() === new Date().toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const date = { weekday: "short", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(undefined, {
    ...(isBrief && isToday ? {} : date),
    hour: "2-digit",
    minute: "2-digit",
  }).format(moment);
}

// ---------------------------------------------------------------------------- nodes

/** Build the nodes of a card, and return those that change. */
function buildCard() {
  // Random, not counted: each model loads this module again into the same document.
  const prefix = `chili-${randomText()}`;
  const holder = document.createElement("div");
  holder.innerHTML = cardMarkup(prefix);
  const root = findNode(holder, ".chili-card", HTMLElement);

  /** @type {Record<string, Element>} */
  const parts = {};
  for (const node of root.querySelectorAll("[data-part]"))
    parts[node.getAttribute("data-part") ?? ""] = node;
  const named = /** @type {Parts} */ (parts);
  /** @param {FieldName} name */
  const findField = (name) => {
    const box = findNode(root, `[data-field="${name}"]`, HTMLElement);
    return {
      box,
      input: findNode(box, "input", HTMLInputElement),
      error: findNode(box, ".chili-error", HTMLElement),
      reveal: /** @type {HTMLElement | null} */ (box.querySelector(".chili-reveal")),
    };
  };
  const fields = {
    client_id: findField("client_id"),
    client_secret: findField("client_secret"),
    access_token: findField("access_token"),
    environment: findField("environment"),
  };
  const storages = STORAGE_NAMES.map((name) => ({
    name,
    input: findNode(root, `[data-storage="${name}"]`, HTMLInputElement),
  }));
  // Without this, JupyterLab applies keys pressed on these controls to the cell.
  for (const node of root.querySelectorAll("button, select, summary, [type=checkbox]"))
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  const secretFields = [fields.client_secret, fields.access_token];
  return { ...named, root, fields, secretFields, storages };
}

/**
 * Return the markup of a card. Values of the kernel or the user are never part of it.
 *
 * @param {string} prefix Makes the ids of this card unique in the page.
 */
function cardMarkup(prefix) {
  const kinds = KINDS.map((kind) => `<option value="${kind}">${kind}</option>`);
  // With `dir`, because a right-to-left page would reorder "57 min 21 s".
  return `<div class="chili-card" role="group" tabindex="-1" lang="en" dir="ltr">
    <header>
      ${iconMarkup(`d="${CHILI}"`)}
      <strong>CHILI GraFx</strong>
      <span class="chili-state">
        ${iconMarkup('data-part="stateIcon"')}
        <span data-part="state" role="status"></span>
      </span>
    </header>
    <div data-part="place" class="chili-place">
      <span data-part="environment" class="chili-name"></span>
      <span data-part="kind" class="chili-badge"></span>
      <span data-part="profile" class="chili-badge"></span>
      <span data-part="host" class="chili-host"></span>
    </div>
    <div data-part="session" class="chili-session">
      <div class="chili-time">
        <span>
          <span data-part="countdown" class="chili-countdown" role="timer"></span>
          <span data-part="unit" class="chili-unit">left</span>
        </span>
        <span data-part="until" class="chili-until"></span>
      </div>
      <div data-part="bar" class="chili-bar" aria-hidden="true"><span></span></div>
      <p data-part="names" class="chili-names"></p>
      <p class="chili-facts">
        <span data-part="source"></span>
        <span data-part="fingerprint"></span>
        <span data-part="masking"></span>
      </p>
      <details data-part="scopes" open>
        <summary data-part="scopeCount"></summary>
        <table data-part="grid"></table>
      </details>
    </div>
    <div class="chili-messages" role="status">
      <p data-part="advice"></p>
      <p data-part="problem" class="chili-note" data-kind="error"></p>
      <p data-part="refusal" class="chili-note" data-kind="error"></p>
      <p data-part="note" class="chili-note"></p>
      <p data-part="doubt" class="chili-note"></p>
    </div>
    <form data-part="form" autocomplete="off" novalidate>
      <p data-part="why" class="chili-why"></p>
      ${fieldMarkup(prefix, "client_id")}
      ${fieldMarkup(prefix, "client_secret")}
      ${fieldMarkup(prefix, "access_token")}
      <div class="chili-where">
        ${fieldMarkup(prefix, "environment")}
        <div class="chili-field">
          <label for="${prefix}-kind">Kind</label>
          <select data-part="kindChoice" id="${prefix}-kind" autocomplete="off">
            ${kinds.join("")}
          </select>
        </div>
      </div>
      ${STORAGE_NAMES.map(checkboxMarkup).join("")}
      <footer>
        <button data-part="signIn" type="submit" class="chili-primary"></button>
        <button data-part="switchMethod" type="button" class="chili-quiet"></button>
      </footer>
      <p data-part="destination" class="chili-help"></p>
    </form>
    <footer data-part="actions">
      <button data-part="refresh" type="button"></button>
      <button data-part="copy" type="button"></button>
      <button data-part="signOut" type="button" class="chili-quiet"></button>
    </footer>
  </div>`;
}

/**
 * @param {string} prefix
 * @param {FieldName} name
 */
function fieldMarkup(prefix, name) {
  const id = `${prefix}-${name}`;
  const { label, help, placeholder = "", revealLabel = "" } = FIELDS[name];
  // "one-time-code" is the only value that keeps browsers from offering to save a secret.
  const [type, autocomplete] = revealLabel ? ["password", "one-time-code"] : ["text", "off"];
  const reveal = `<button type="button" class="chili-reveal" title="${revealLabel}"
    aria-label="${revealLabel}" aria-pressed="false">${iconMarkup(`d="${EYE}"`)}</button>`;
  return `<div class="chili-field" data-field="${name}">
    <label for="${id}">${label}</label>
    <div class="chili-input">
      <input id="${id}" type="${type}" autocomplete="${autocomplete}" autocapitalize="off"
        spellcheck="false" placeholder="${placeholder}"
        aria-describedby="${id}-error ${id}-help">
      ${revealLabel && reveal}
    </div>
    <p id="${id}-error" class="chili-error"></p>
    <p id="${id}-help" class="chili-help">${help}</p>
  </div>`;
}

/** @param {StorageName} name */
function checkboxMarkup(name) {
  const input = `<input data-storage="${name}" type="checkbox" autocomplete="off">`;
  return `<label class="chili-remember">${input}${STORAGES[name]}</label>`;
}

/** @param {string} pathAttribute */
function iconMarkup(pathAttribute) {
  return `<svg viewBox="0 0 16 16" aria-hidden="true"><path ${pathAttribute}></path></svg>`;
}

/**
 * @template {Element} Type
 * @param {Element} root
 * @param {string} selector
 * @param {new () => Type} type
 */
function findNode(root, selector, type) {
  const node = root.querySelector(selector);
  if (!(node instanceof type)) throw new TypeError(`Expected ${type.name} at ${selector}`);
  return node;
}

/**
 * Build an element. Strings become text, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(string | Node)} children
 */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {string} text */
function code(text) {
  return h("code", {}, text);
}

function randomText() {
  return Math.random().toString(36).slice(2);
}

/**
 * Show a text, or hide the node if the text is empty.
 *
 * @param {HTMLElement} node
 * @param {...(string | Node)} parts
 */
function setText(node, ...parts) {
  replaceText(node, ...parts);
  node.hidden = node.textContent === "";
}

/**
 * Replace a text by another. A screen reader announces every change, so an equal text
 * is left alone.
 *
 * @param {HTMLElement} node
 * @param {...(string | Node)} parts
 */
function replaceText(node, ...parts) {
  const texts = parts.map((part) => (typeof part === "string" ? part : part.textContent));
  if (node.textContent !== texts.join("")) node.replaceChildren(...parts);
}
