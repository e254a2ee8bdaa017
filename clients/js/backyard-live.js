/** Backyard's live sockets, rooms and the feed, through whatever networks do: for browsers and Node 22.
 * This file is all of it. README.md beside it has an example and the table of events. */

/** @typedef {{base?: string, ticket?: () => Promise<string | null>}} Options  `base`: the server's address, the page's own
 * if left out. `ticket`: gives a fresh ticket for each connection, null for nobody; leave it out where a cookie signs in. */
/** @typedef {{state: "connecting" | "online" | "waiting" | "closed", nextTry: number | null, reason: string | null,
 * code: number | null}} Link  `nextTry` in ms since 1970, to be shown; null while there is no network to try. */

const [QUICK_S, CAP_S] = [0.5, 30]; // the first retry comes within the one, the next within twice that, up to the other
const STEADY_S = 10; // a connection that lasted was a good one: after it, retries begin with the quick one
const OPEN_S = 15; // from dialling to the welcome
const SILENT_S = 30; // after so long without a word we ask
const ANSWER_S = 10; // and wait so long for any
const GIVE_UP_S = 15; // what a frame waits for its reply; questions wait for ever
const [TAPS, TAP_MS] = [50, 250]; // so many in a frame, so often
const AGAIN_PER_S = 8; // frames that are sent again; a server takes 10 a second
const MOST_QUESTIONS = 1000; // are kept; then the oldest goes
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
  then(seconds, step) {
    this.stop();
    this.#timer = setTimeout(step, seconds * 1000);
  }
  stop = () => clearTimeout(this.#timer);
}

/** A frame; an empty one for what is none. */
function parsed(data) {
  try {
    return Object(JSON.parse(data));
  } catch {
    return {};
  }
}

const now = () => performance.now(); // clocks are set, this is not
const offline = () => globalThis.navigator?.onLine === false;
const hidden = () => globalThis.document?.visibilityState === "hidden";

/** A socket that comes back: dialling, signing in, waiting, noticing dead networks, frames as promises. */
class Connection extends EventTarget {
  /** How it is, as the latest `state` event said. @type {Link} */
  link = { state: "closed", nextTry: null, reason: null, code: null };
  _open = false; // between `connect()` and the end of it
  _entered = false; // welcomed, as who we are
  #socket = null;
  #calls = new Map(); // frames without a reply yet, by their ids
  #backlog = []; // ids of those to be sent again, in their order
  #ids = 0;
  #signedIn = false; // or nothing to sign in with
  #badTickets = 0;
  #attempt = 0;
  #enteredAt = 0;
  #notBefore = 0; // the server's word
  #round = 0;
  #next = new Wait(); // the welcome, or the time for the next try
  #silence = new Wait();
  #pace = new Wait();
  #wake = () => this.#lookAgain();

  /** @param {string} path @param {Options} [options] */
  constructor(path, { base = globalThis.location?.origin, ticket } = {}) {
    super();
    this.url = new URL(path, base).href.replace(/^http/, "ws");
    this.ticket = ticket;
  }

  /** Connects, and stays so until `close()` or until the server says not to come back. Gives itself. */
  connect() {
    if (this._open) return this;
    this._open = true;
    this.#watchTheNetwork("addEventListener");
    this.#dial();
    return this;
  }
  /** Ends all: no more retries; frames that wait are rejected with `closed`. */
  close = () => this.#finish("closed", null);

  /** Sends a frame; gives its reply or throws a LiveError. It waits for a connection, and is sent again after another when
   * no reply came: every frame may be done twice without harm.
   * @param {object} frame @param {number | null} giveUpAfter seconds; null: never @returns {Promise<any>} */
  request(frame, giveUpAfter = GIVE_UP_S) {
    return new Promise((resolve, reject) => {
      if (!this._open) return reject(new LiveError({ code: "closed" }));
      const id = `f${++this.#ids}`;
      const error = { code: "no_answer", detail: "No answer came in time." };
      const timer = giveUpAfter && setTimeout(() => this.#answer({ reply: id, error }), giveUpAfter * 1000);
      this.#calls.set(id, { frame: { ...frame, id }, resolve, reject, timer });
      if (this.#backlog.length) this.#backlog.push(id);
      else if (this._entered) this._send({ ...frame, id });
    });
  }

  // For those who inherit. Heard are frames that are no replies; replied to are frames that nobody waits for.
  _hear(frame) {}
  _replied(to, error) {
    if (error) this._emit("error", { error: new LiveError(error) });
  }
  _lost() {}
  _send = (frame) => this.#socket?.readyState === 1 && this.#socket.send(JSON.stringify(frame));
  /** Drops the connection and comes back. */
  _again = () => this.#drop(1006);
  /** After `close()` nothing is told but that. */
  _emit = (type, detail) => (this._open || type === "state") && this.dispatchEvent(new CustomEvent(type, { detail }));

  async #dial() {
    this.#say({ state: "connecting" });
    const round = ++this.#round;
    const over = () => !this._open || round !== this.#round;
    this.#next.then(OPEN_S, this._again);
    let ticket = null;
    try {
      if (this.ticket) ticket = await this.ticket();
      if (ticket !== null && !ticket) throw new LiveError({ code: "no_ticket", detail: "There was no ticket." });
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
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(parsed(data));
    socket.onclose = ({ code }) => socket === this.#socket && this.#drop(code);
  }
  #receive(frame) {
    this.#silence.then(SILENT_S, () => this.#askWhetherAlive(ANSWER_S));
    if ("reply" in frame) this.#answer(frame);
    else if (frame.type === "error") this.#refused(frame.error);
    else if (frame.type !== "welcome") this._hear(frame);
    else if (this.#signedIn) this.#enter(frame);
    // else: welcomed as nobody while our ticket is on its way; another welcome follows
  }
  #enter(welcome) {
    this.#backlog = [...this.#calls.keys()];
    this.#next.stop();
    this.#badTickets = 0;
    this.#enteredAt = now();
    this._entered = true;
    this.#say({ state: "online" });
    this._hear(welcome);
    this.#sendAgain();
  }
  #sendAgain() {
    const call = this.#calls.get(this.#backlog.shift() ?? "");
    if (call) this._send(call.frame);
    if (this.#backlog.length) this.#pace.then(1 / AGAIN_PER_S, () => this.#sendAgain());
  }
  #answer({ reply, error, ...found }) {
    const call = this.#calls.get(reply);
    if (reply === "auth") {
      this.#signedIn = !error;
      if (!error) return;
      // A ticket that grew old on its way is no reason to stay away: the next may be quicker.
      if (error.code === "bad_ticket" && this.#badTickets++ < 2) return this._again();
      this.#refused(error);
    } else if (call) {
      this.#calls.delete(reply);
      clearTimeout(call.timer);
      error ? call.reject(new LiveError(error)) : call.resolve(found);
    } else this._replied(reply, error);
  }

  /** @param {number} code the socket's; 1006 for a dead network */
  #drop(code) {
    if (!this._open) return;
    if (code >= 4500 && code <= 4999) return this.#finish(REASONS[code] ?? "refused", code);
    this.#hangUp();
    this.#attempt = this.#enteredAt && now() - this.#enteredAt > STEADY_S * 1000 ? 1 : this.#attempt + 1;
    this.#enteredAt = 0;
    const wait = Math.max(0, this.#notBefore - now()) / 1000 + backoff(this.#attempt);
    offline() ? this.#next.stop() : this.#next.then(wait, () => this.#dial());
    this.#say({ state: "waiting", nextTry: offline() ? null : Date.now() + wait * 1000, code });
  }
  #finish(reason, code) {
    if (!this._open) return;
    this._open = false;
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
    this.#backlog = [];
    this.#round += 1;
    this.#silence.stop();
    this.#pace.stop();
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
    if (!hidden() && now() >= this.#notBefore) this.#dial();
    else if (nextTry === null) this.#drop(1006); // there is a network again, but nobody looks, or the server wants time
  }
  #askWhetherAlive(seconds) {
    this._send({ type: "ping", id: "ping" });
    this.#silence.then(seconds, this._again);
  }
  #refused(error) {
    this.#holdBack(error.retry_after);
    this._emit("error", { error: new LiveError(error) });
  }
  #holdBack = (seconds) => seconds && (this.#notBefore = now() + seconds * 1000);
  #say = (link) => this._emit("state", (this.link = { nextTry: null, reason: null, code: null, ...link }));
}

/** What an event changes. A question or a list of products that changed is another object. */
function follow(state, { type, offset, id, ...news }) {
  const { room, questions, products } = state;
  const about = questions.get(news.question_id);
  if (news.question) keep(questions, news.question);
  else if (type === "pin" && about) questions.set(about.id, { ...about, pinned: news.pinned });
  else if (type === "question_changed" && about) questions.set(about.id, { ...about, upvotes: news.upvotes });
  else if (type === "hide") questions.delete(news.question_id);
  else if (type === "products") state.products = news.products;
  else if (type === "feature") state.products = products.map((one) => ({ ...one, featured: one.id === news.product_id }));
  else if (type === "settings" || type === "started" || type === "ended") {
    const { likes = state.likes, ...rest } = news;
    Object.assign(state, { likes, status: Object.assign(room, rest).status });
  }
}

/** Keeps a question; of too many the oldest go, but for pinned ones and this. */
function keep(questions, question) {
  questions.set(question.id, question);
  for (const [id, { pinned }] of questions.size > MOST_QUESTIONS ? questions : []) {
    if (!pinned && id !== question.id && questions.size > MOST_QUESTIONS) questions.delete(id);
  }
}

/** A live room. Its events come in order and once each, whatever happens in between; `reset` says when they cannot. */
export class LiveRoom extends Connection {
  state = null; // what is known of the room, kept up to date; null until the first welcome
  position = null; // epoch and offset of the last event that was delivered
  #welcome = null; // of this connection, while it is not known whether it is needed
  #held = null; // frames of events that came while `recovered` is awaited
  #resuming = new Wait();
  #taps = 0;
  #tapping;

  constructor(id, options) { super(`/ws/rooms/${id}`, options); }

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

  upvote = (question) => this.#vote("upvote", "add", question);
  unvote = (question) => this.#vote("unvote", "delete", question);
  answer = (question, text) => this.request({ type: "answer", question, text });
  pin = (question, pinned = true) => this.request({ type: "pin", question, pinned });
  hide = (question) => this.request({ type: "hide", question });
  approve = (question) => this.request({ type: "approve", question });
  mute = (user, seconds) => this.request({ type: "mute", user, seconds });
  /** @param {{ask_policy?: string, slow_mode_s?: number, premoderate?: boolean}} rules what is left out stays */
  settings = (rules) => this.request({ type: "settings", ...rules });
  feature = (product) => this.request({ type: "feature", product });

  /** The questions, pinned ones first. @param {"votes" | "time"} by */
  questions(by = "time") {
    const votes = ({ upvotes }) => (by === "votes" ? upvotes : 0);
    const all = [...(this.state?.questions.values() ?? [])];
    return all.sort((a, b) => Number(b.pinned) - Number(a.pinned) || votes(b) - votes(a) || b.id - a.id);
  }

  _hear(frame) {
    const { type, ...news } = frame;
    if (type === "welcome") this.#enterRoom(frame);
    else if (type === "recovered") this.#recover(frame);
    else if (type === "events") this.#held?.push(frame) ?? this.#deliver(frame);
    else if (this.state && type === "tick") this.#tell("tick", Object.assign(this.state, news));
    else if (this.state && type === "you") this.#tell("you", Object.assign(this.state.you, news));
    else if (this.state && type === "held") this._emit("held", news);
  }
  _lost() {
    this.#resuming.stop();
    this.#held = this.#welcome = null;
    this.#taps = 0;
  }
  #enterRoom(welcome) {
    const { epoch, you, likes, viewers } = welcome;
    if (!this.state) this.#begin(welcome);
    else if (this.position?.epoch && (!epoch || epoch === this.position.epoch)) {
      Object.assign(this.state, { you, likes, viewers, voted: new Set(you.voted) });
      this.#welcome = welcome;
      if (epoch) this.#resume();
    } else return this.#begin(welcome, "epoch");
    this.#tell("welcome", this.state);
  }
  #vote = (type, note, question) =>
    this.request({ type, question }).then((reply) => (this.state?.voted[note](question), reply));
  #resume() {
    this.#held ??= [];
    this.#resuming.then(ANSWER_S, this._again);
    this._send({ type: "resume", id: "resume", ...this.position });
  }
  _replied(to, error) {
    if (to !== "resume") super._replied(to, error);
    else if (error?.retry_after) this.#resuming.then(error.retry_after, () => this.#resume());
    else if (error) this._again();
  }
  #recover({ recovered, epoch, events }) {
    const [held, welcome] = [this.#held, this.#welcome];
    if (!held) return;
    this.#held = this.#welcome = null;
    this.#resuming.stop();
    if (recovered) this.#deliver({ epoch, events });
    else if (welcome) this.#begin(welcome, "position");
    else return this._again(); // in the middle of a connection: its welcome is of long ago, another is needed
    for (const frame of held) this._hear(frame);
  }

  /** The room as a welcome has it. `reset`: why what came before it cannot be told. */
  #begin({ epoch, offset, questions, room, products, likes, viewers, you }, reset) {
    const byAge = questions.map((question) => [question.id, question]).sort(([a], [b]) => a - b);
    this.position = { epoch, offset };
    const voted = new Set(you.voted);
    this.state = { room, status: room.status, questions: new Map(byAge), products, likes, viewers, you, voted };
    if (reset) this.#tell("reset", { reason: reset, ...this.state });
  }
  #deliver({ epoch, events }) {
    const at = this.position;
    if (!at) return;
    for (const event of events) {
      if (!this._open) return; // closed by who heard of the one before
      if (epoch !== at.epoch) return this._again(); // another log
      if (event.offset <= at.offset) continue; // heard of it
      if (event.offset > at.offset + 1) return this.#resume(); // a gap
      at.offset = event.offset;
      follow(this.state, event);
      this._emit("event", event);
    }
    if (events.length) this._emit("change", { because: "events" });
  }
  #tell = (type, detail) => [this._emit(type, detail), this._emit("change", { because: type })];

  #sendTaps() {
    const count = Math.min(this.#taps, TAPS);
    this.#taps -= count;
    if (count && this._entered) this._send({ type: "tap", count });
    this.#tapping = this.#taps ? setTimeout(() => this.#sendTaps(), TAP_MS) : undefined;
  }
}

const hex = (byte) => (byte + 256).toString(16).slice(1);
const randomId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), hex).join("");

/** `new_posts`, `comment_reply`, `store_live`, each also as `notice` with its `type`. It keeps nothing: after a `welcome`
 * that says `again`, fetch what matters. */
export class FeedSocket extends Connection {
  #again = false;

  constructor(options) { super("/ws/feed", options); }

  _hear({ type, ...news }) {
    const welcome = type === "welcome";
    this._emit(type, welcome ? { again: this.#again } : news);
    if (!welcome) this._emit("notice", { type, ...news });
    this.#again ||= welcome;
  }
}
