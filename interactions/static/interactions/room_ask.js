/** The box in which a viewer asks: characters left, why one may not, how long slow mode still lasts. */

export class AskBox {
  #askedAt = -Infinity; // one's latest question, by performance.now()
  #mutedUntil = 0;
  #sending = false;
  #kept = { text: "", clientId: undefined }; // a question that failed keeps its name, so that it is never asked twice
  #timer = 0;

  constructor(room, form, { say, refusal, notify }) {
    Object.assign(this, { room, form, say, refusal, notify });
    this.field = form.querySelector("textarea");
    this.button = form.querySelector("button");
    this.left = form.querySelector("#left");
    this.why = form.querySelector("#why");
    this.most = Number(form.dataset.most);
    this.memory = `asked:${location.pathname}`;
    this.#readMemory();
    this.field.addEventListener("input", () => this.refresh());
    this.field.addEventListener("keydown", (event) => {
      // While a word is being composed, Enter chooses it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.refresh();
  }

  get #text() {
    return this.field.value.replace(/\s+/g, " ").trim();
  }

  /** Shows what holds now. */
  refresh() {
    clearTimeout(this.#timer);
    const left = this.most - [...this.#text].length;
    this.left.textContent = this.say(left < 0 ? "over" : "left", { count: Math.abs(left) });
    this.left.classList.toggle("over", left < 0);
    const online = this.room.link.state === "online";
    const refused = this.#whyNot();
    this.field.disabled = online && Boolean(refused) && refused.code !== "slow_mode";
    this.button.disabled = !online || this.#sending || Boolean(refused) || left < 0 || left === this.most;
    const text = refused ? this.refusal(refused.code, { retryAfter: refused.seconds }) : this.#sending ? this.say("asking") : "";
    if (this.why.textContent !== text) this.why.textContent = text;
    if (refused?.seconds) this.#timer = setTimeout(() => this.refresh(), 250);
  }

  #whyNot() {
    if (!this.room.state) return null;
    const { you, room } = this.room.state;
    const left = (until) => Math.ceil((until - performance.now()) / 1000);
    if (left(this.#mutedUntil) > 0) return { code: "muted", seconds: left(this.#mutedUntil) };
    if (!you.can.ask) return { code: you.why_not.ask ?? "not_staff", seconds: null };
    // By the rules of now: a host may have changed them since.
    const slow = you.can.moderate ? 0 : left(this.#askedAt + room.slow_mode_s * 1000);
    return slow > 0 ? { code: "slow_mode", seconds: slow } : null;
  }

  /** We asked, or would have to wait as if we had, so many seconds ago. It is kept over a reload, where that is allowed. */
  #remember(ago = 0) {
    this.#askedAt = performance.now() - ago * 1000;
    try {
      sessionStorage.setItem(this.memory, String(Date.now() - ago * 1000));
    } catch {} // then the server says it
  }
  #readMemory() {
    try {
      const ago = Date.now() - Number(sessionStorage.getItem(this.memory));
      if (ago >= 0) this.#askedAt = performance.now() - ago;
    } catch {} // as above
  }

  /** What the server says of us: a mute, and its end. */
  told({ why_not: { ask }, retry_after: seconds }) {
    this.#mutedUntil = ask === "muted" && seconds ? performance.now() + seconds * 1000 : 0;
    this.refresh();
  }

  async #send() {
    const text = this.#text;
    if (this.button.disabled) return;
    this.#sending = true;
    this.refresh();
    try {
      const clientId = text === this.#kept.text ? this.#kept.clientId : undefined;
      const reply = await this.room.ask(text, clientId ? { clientId } : {});
      this.#kept = { text: "", clientId: undefined };
      this.field.value = "";
      this.notify(this.say(reply.status === "held" ? "held" : "asked"));
      this.#remember();
    } catch (error) {
      this.#kept = { text, clientId: error.clientId };
      const { code, retryAfter: seconds } = error;
      if (code === "slow_mode" && seconds) this.#remember(this.room.state.room.slow_mode_s - seconds);
      else if (code === "muted" && seconds) this.told({ why_not: { ask: code }, retry_after: seconds });
      else if (error.code !== "closed") this.notify(this.refusal(error.code, error));
    } finally {
      this.#sending = false;
      this.refresh();
    }
  }
}
