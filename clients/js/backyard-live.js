// @ts-check
/** Backyard's live sockets, rooms and the feed, through whatever networks do: for browsers and Node 22.
 * It needs room-state.js beside it, and nothing else. README.md has an example and the table of events. */

import { HeldQuestions, follow, inOrder, stateOf } from "./room-state.js";

/** @typedef {{base?: string, ticket?: () => Promise<string | null>, headers?: () => Record<string, string>}} Options
 * `base`: the server's address, the page's own if left out. `ticket`: gives a fresh ticket (POST /api/v1/ws-tickets) for
 * each connection; leave it out where the cookie signs in, or to watch as nobody. `headers`: with tickets, what signs a
 * moderator in over HTTP (`X-Session-Token`), to read held questions. */
/** @typedef {{state: "connecting" | "online" | "waiting" | "closed", nextTry: number | null, reason: string | null,
 * code: number | null}} Link  `nextTry` in ms since 1970, null while there is no network to try. */

const QUICK_S = 0.5; // the first retry comes within this, the second within twice that, and so on up to the cap
const CAP_S = 30;
const STEADY_S = 10; // a connection that lasted was a good one: after it, retries begin with the quick one
const OPEN_S = 15; // from dialling to the welcome
const SILENT_S = 30; // after so long without a word we ask
const ANSWER_S = 10; // and wait so long for any
const GIVE_UP_S = 15; // what a frame waits for its reply; questions wait for ever
const TAP_MS = 250;
const TAPS = 50;
const REASONS = { 4500: "signed_out", 4501: "room_ended", 4503: "forbidden", 4504: "bad_frames" };

/** Why something was refused: `code` as the protocol names it, `retryAfter` in seconds where waiting helps. */
export class LiveError extends Error {
  /** @param {{code: string, detail?: string, retry_after?: number | null, errors?: object[] | null}} error */
  constructor({ code, detail = code, retry_after = null, errors = null }) {
    super(detail);
    Object.assign(this, { name: "LiveError", code, detail, retryAfter: retry_after, errors });
  }
}

/** Seconds to wait before the n-th retry, n from 1: anything up to a bound that doubles ("full jitter"). */
export function backoff(attempt, random = Math.random) {
  return random() * Math.min(CAP_S, QUICK_S * 2 ** (attempt - 1));
}

/** One thing waited for: another takes its place. */
class Wait {
  #timer;
  /** @param {number} seconds @param {() => void} step */
  then(seconds, step) {
    this.stop();
    this.#timer = setTimeout(step, seconds * 1000);
  }
  stop = () => clearTimeout(this.#timer);
}

const offline = () => globalThis.navigator?.onLine === false;
const hidden = () => globalThis.document?.visibilityState === "hidden";

/** A socket that comes back: dialling, signing in, waiting, noticing dead networks, frames as promises. */
class Connection extends EventTarget {
  /** @type {Link} how it is, as the latest `state` event said */
  link = { state: "closed", nextTry: null, reason: null, code: null };
  /** @protected whether we were welcomed, as who we are */
  _entered = false;
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Map<string, any>} frames without a reply yet */ #calls = new Map();
  #ids = 0;
  #started = false;
  #signedIn = false; // or nothing to sign in with
  #badTickets = 0;
  #attempt = 0;
  #enteredAt = 0;
  #notBefore = 0; // the server's word, in ms
  #round = 0;
  #next = new Wait(); // the welcome, or the time for the next try
  #silence = new Wait();
  #wake = () => this.#lookAgain();

  /** @param {string} path @param {Options} [options] */
  constructor(path, { base = globalThis.location?.origin, ticket } = {}) {
    super();
    this.url = new URL(path, base).href.replace(/^http/, "ws");
    this.ticket = ticket;
  }

  /** Connects, and stays so until `close()` or until the server says not to come back. Gives itself. */
  connect() {
    if (this.#started) return this;
    this.#started = true;
    this.#watchTheNetwork("addEventListener");
    this.#dial();
    return this;
  }

  /** Ends all: no more retries; frames that wait are rejected with `closed`. */
  close = () => this.#finish("closed", null);

  /** Sends a frame; gives its reply or throws a LiveError. It waits for a connection, and is sent again after a reconnect
   * when no reply came: every frame may be done twice without harm.
   * @param {object} frame @param {number | null} giveUpAfter seconds; null: never @returns {Promise<any>} */
  request(frame, giveUpAfter = GIVE_UP_S) {
    return new Promise((resolve, reject) => {
      if (!this.#started) return reject(new LiveError({ code: "closed" }));
      const id = `f${++this.#ids}`;
      const lost = () => this.#answer({ reply: id, error: { code: "no_answer", detail: "No answer came in time." } });
      const timer = giveUpAfter && setTimeout(lost, giveUpAfter * 1000);
      this.#calls.set(id, { frame: { ...frame, id }, resolve, reject, timer });
      if (this._entered) this._send({ ...frame, id });
    });
  }

  /** @protected @param {object} frame */
  _send(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }
  /** @protected A frame that is no reply. @param {any} frame */
  _hear(frame) {}
  /** @protected The reply to a frame that nobody waits for. @param {string | null} to @param {any} error */
  _replied(to, error) {
    if (error) this._emit("error", { error: new LiveError(error) });
  }
  /** @protected The connection is gone, for now or for good. */
  _lost() {}
  /** @protected Drops the connection and comes back. */
  _again = () => this.#drop(1006);
  /** @protected @param {string} type @param {object} detail */
  _emit = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail }));

  async #dial() {
    this.#say({ state: "connecting" });
    const round = ++this.#round;
    const over = () => !this.#started || round !== this.#round;
    this.#next.then(OPEN_S, this._again);
    let ticket = null;
    try {
      ticket = await this.ticket?.();
    } catch (/** @type {any} */ error) {
      if (over()) return;
      this._emit("error", { error });
      this.#holdBack(error.retryAfter);
      return error.code === "not_signed_in" ? this.#finish("signed_out", null) : this._again();
    }
    if (over()) return;
    const socket = (this.#socket = new WebSocket(this.url));
    this.#signedIn = !ticket;
    socket.onopen = () => ticket && this._send({ type: "auth", id: "auth", ticket });
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#drop(code);
  }

  #receive(frame) {
    this.#silence.then(SILENT_S, () => this.#askWhetherAlive(ANSWER_S));
    if ("reply" in frame) return this.#answer(frame);
    if (frame.type === "error") {
      this.#holdBack(frame.error.retry_after);
      this._emit("error", { error: new LiveError(frame.error) });
    } else if (frame.type !== "welcome") {
      this._hear(frame);
    } else if (this.#signedIn) {
      this.#enter(frame);
    } // else: welcomed as nobody while our ticket is on its way; another welcome follows
  }

  #enter(welcome) {
    const waiting = [...this.#calls.values()];
    this.#next.stop();
    this.#badTickets = 0;
    this.#enteredAt = Date.now();
    this._entered = true;
    this.#say({ state: "online" });
    this._hear(welcome);
    for (const { frame } of waiting) this._send(frame);
  }

  #answer({ reply, error, ...found }) {
    const call = this.#calls.get(reply);
    if (reply === "auth") {
      this.#signedIn = !error;
      // A ticket that grew old on its way is no reason to stay away: the next may be quicker.
      if (error?.code === "bad_ticket" && this.#badTickets++ < 2) this.#drop(1006);
    } else if (call) {
      this.#calls.delete(reply);
      clearTimeout(call.timer);
      error ? call.reject(new LiveError(error)) : call.resolve(found);
    } else {
      this._replied(reply, error);
    }
  }

  /** @param {number} code the socket's; 1006 for a dead network */
  #drop(code) {
    if (!this.#started) return;
    if (code >= 4500 && code <= 4999) return this.#finish(REASONS[code] ?? "refused", code);
    this.#hangUp();
    const now = Date.now();
    this.#attempt = this.#enteredAt && now - this.#enteredAt > STEADY_S * 1000 ? 1 : this.#attempt + 1;
    this.#enteredAt = 0;
    const at = Math.max(now, this.#notBefore) + backoff(this.#attempt) * 1000;
    offline() ? this.#next.stop() : this.#next.then((at - now) / 1000, () => this.#dial());
    this.#say({ state: "waiting", nextTry: offline() ? null : at, code });
  }
  #finish(reason, code) {
    if (!this.#started) return;
    this.#started = false;
    this.#watchTheNetwork("removeEventListener");
    this.#hangUp();
    this.#next.stop();
    for (const id of [...this.#calls.keys()]) this.#answer({ reply: id, error: { code: "closed", detail: reason } });
    this.#say({ state: "closed", reason, code });
  }
  #hangUp() {
    const socket = this.#socket;
    this.#socket = null; // what it still says is nobody's
    this._entered = false;
    this.#round += 1;
    this.#silence.stop();
    socket?.close();
    this._lost();
  }
  #watchTheNetwork(act) {
    for (const type of ["online", "offline"]) globalThis[act]?.(type, this.#wake);
    globalThis.document?.[act]("visibilitychange", this.#wake);
  }
  /** The network came or went, or the page is looked at again. */
  #lookAgain() {
    const { state, nextTry } = this.link;
    if (state === "online" && !hidden()) this.#askWhetherAlive(ANSWER_S / 2);
    if (state !== "waiting" || offline()) return;
    if (!hidden() && Date.now() >= this.#notBefore) this.#dial();
    else if (nextTry === null) this.#drop(1006); // there is a network again, but nobody looks, or the server wants time
  }
  #askWhetherAlive(seconds) {
    this._send({ type: "ping", id: "ping" });
    this.#silence.then(seconds, this._again);
  }

  #holdBack = (seconds) => seconds && (this.#notBefore = Date.now() + seconds * 1000);
  #say = (link) => this._emit("state", (this.link = { nextTry: null, reason: null, code: null, ...link }));
}

/** A live room. Its events come in order and once each, whatever happens in between; `reset` says when they cannot. */
export class LiveRoom extends Connection {
  /** @type {any} what is known of the room, kept up to date; null until the first welcome */
  state = null;
  /** @type {{epoch: string | null, offset: number} | null} the last event that was delivered */
  position = null;
  /** @type {any} of this connection */ #welcome = null;
  /** @type {any[] | null} frames of events that came while `recovered` is awaited */ #held = null;
  #resuming = new Wait();
  #waiting;
  #taps = 0;
  /** @type {any} */ #tapping;

  /** @param {number} id @param {Options} [options] */
  constructor(id, options) {
    super(`/ws/rooms/${id}`, options);
    this.#waiting = new HeldQuestions(this.url, options?.headers);
  }

  /** Asks. With the same `clientId` it is the same question, however often it is sent; an error bears it.
   * @param {string} text @param {{clientId?: string}} options */
  ask(text, { clientId = randomId() } = {}) {
    const asked = this.request({ type: "ask", text, client_id: clientId }, null);
    return asked.catch((error) => Promise.reject(Object.assign(error, { clientId })));
  }

  /** Hearts, added up and sent at most four times a second. Those that cannot be sent are forgotten. */
  tap(count = 1) {
    this.#taps = Math.min(this.#taps + count, 4 * TAPS);
    this.#tapping ??= setTimeout(() => this.#sendTaps(), TAP_MS);
  }

  upvote = (question) => this.#vote("upvote", question);
  unvote = (question) => this.#vote("unvote", question);
  answer = (question, text) => this.request({ type: "answer", question, text });
  pin = (question, pinned = true) => this.request({ type: "pin", question, pinned });
  hide = (question) => this.request({ type: "hide", question });
  approve = (question) => this.request({ type: "approve", question });
  mute = (user, seconds) => this.request({ type: "mute", user, seconds });
  /** @param {{ask_policy?: string, slow_mode_s?: number, premoderate?: boolean}} rules what is left out stays */
  settings = (rules) => this.request({ type: "settings", ...rules });
  feature = (product) => this.request({ type: "feature", product });

  /** The questions, pinned ones first. @param {"votes" | "time"} by */
  questions = (by = "time") => inOrder([...(this.state?.questions.values() ?? [])], by);

  /** @protected @param {any} frame */
  _hear(frame) {
    const { type, ...news } = frame;
    if (type === "welcome") this.#enterRoom(frame);
    else if (type === "recovered") this.#recover(frame);
    else if (type === "events") this.#held?.push(frame) ?? this.#deliver(frame);
    else if (this.state && type === "tick") this.#tell("tick", Object.assign(this.state, news));
    else if (this.state && type === "held" && this.#waiting.told(this.state, news.question)) {
      this.#tell("held", this.state.held);
    } else if (this.state && type === "you") {
      this.#tell("you", Object.assign(this.state.you, news));
      this.#readHeld(); // of a moderator who was none, or is none any more
    }
  }

  /** @protected */
  _lost() {
    this.#resuming.stop();
    this.#held = null;
    this.#taps = 0;
  }

  #enterRoom(welcome) {
    const { epoch, you, likes, viewers } = (this.#welcome = welcome);
    if (!this.state) this.#begin();
    else if (this.position?.epoch && (!epoch || epoch === this.position.epoch)) {
      Object.assign(this.state, { you, likes, viewers, voted: new Set(you.voted) });
      this.#readHeld();
      if (epoch) this.#resume();
    } else {
      return this.#begin("epoch");
    }
    this.#tell("welcome", this.state);
  }
  async #readHeld() {
    if (await this.#waiting.read(this.state)) this.#tell("held", this.state.held);
  }
  async #vote(type, question) {
    const reply = await this.request({ type, question });
    type === "upvote" ? this.state?.voted.add(question) : this.state?.voted.delete(question);
    return reply;
  }
  #resume() {
    this.#held ??= [];
    this.#resuming.then(ANSWER_S, this._again);
    this._send({ type: "resume", id: "resume", ...this.position });
  }
  /** @protected @param {string | null} to @param {any} error */
  _replied(to, error) {
    if (to !== "resume") super._replied(to, error);
    else if (error?.retry_after) this.#resuming.then(error.retry_after, () => this.#resume());
    else if (error) this._again();
  }

  #recover({ recovered, epoch, events }) {
    const held = this.#held;
    if (!held) return;
    this.#held = null;
    this.#resuming.stop();
    recovered ? this.#deliver({ epoch, events }) : this.#begin("position");
    for (const frame of held) this._hear(frame);
  }

  /** The room as this connection's welcome has it. @param {string} [reset] why what came before it cannot be told */
  #begin(reset) {
    const { epoch, offset } = this.#welcome;
    this.position = { epoch, offset };
    this.state = stateOf(this.#welcome);
    this.#readHeld();
    if (reset) this.#tell("reset", { reason: reset, ...this.state });
  }

  #deliver({ epoch, events }) {
    const at = this.position;
    if (!at) return;
    for (const event of events) {
      if (epoch !== at.epoch) return this._again(); // another log
      if (event.offset <= at.offset) continue; // heard of it
      if (event.offset > at.offset + 1) return this.#resume(); // a gap
      at.offset = event.offset;
      follow(this.state, event);
      this.#waiting.settle(this.state, event);
      this._emit("event", event);
    }
    if (events.length) this._emit("change", { because: "events" });
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    this._emit(type, detail);
    this._emit("change", { because: type });
  }

  #sendTaps() {
    const count = Math.min(this.#taps, TAPS);
    this.#taps -= count;
    if (count && this._entered) this._send({ type: "tap", count });
    this.#tapping = this.#taps ? setTimeout(() => this.#sendTaps(), TAP_MS) : undefined;
  }
}

const hex = (byte) => (byte + 256).toString(16).slice(1);
const randomId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), hex).join("");

/** New posts and personal notices: `new_posts`, `comment_reply`, `store_live`, each also as `notice` with its `type`. The
 * socket keeps nothing: after a `welcome` that says `again`, fetch what matters. */
export class FeedSocket extends Connection {
  #again = false;

  /** @param {Options} [options] */
  constructor(options) { super("/ws/feed", options); }

  /** @protected @param {any} frame */
  _hear({ type, ...news }) {
    const welcome = type === "welcome";
    this._emit(type, welcome ? { again: this.#again } : news);
    if (!welcome) this._emit("notice", { type, ...news });
    this.#again ||= welcome;
  }
}
