/** The box in which a viewer asks: characters left, why one may not, how long slow mode still lasts. */

const MOST = 200;

export class AskBox {
  #until = 0; // one may ask again then, in ms
  #waitsFor = "slow_mode";
  #sending = false;
  #kept = { text: "", clientId: undefined }; // a question that failed keeps its name, so that it is never asked twice
  #timer = 0;

  constructor(room, form, { say, refusal, notify }) {
    Object.assign(this, { room, form, say, refusal, notify });
    this.field = form.querySelector("textarea");
    this.button = form.querySelector("button");
    this.left = form.querySelector("#left");
    this.why = form.querySelector("#why");
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
    const left = MOST - [...this.#text].length;
    this.left.textContent = this.say(left < 0 ? "over" : "left", { count: Math.abs(left) });
    this.left.classList.toggle("over", left < 0);
    const online = this.room.link.state === "online";
    const refused = this.#whyNot();
    this.field.disabled = online && Boolean(refused) && refused.code !== "slow_mode";
    this.button.disabled = !online || this.#sending || Boolean(refused) || left < 0 || left === MOST;
    const text = refused ? this.refusal(refused.code, { retryAfter: refused.seconds }) : this.#sending ? this.say("asking") : "";
    if (this.why.textContent !== text) this.why.textContent = text;
    if (refused?.seconds) this.#timer = setTimeout(() => this.refresh(), 250);
  }

  #whyNot() {
    const you = this.room.state?.you;
    const seconds = Math.ceil((this.#until - Date.now()) / 1000);
    if (seconds > 0) return { code: this.#waitsFor, seconds };
    return you && !you.can.ask ? { code: you.why_not.ask ?? "not_staff", seconds: null } : null;
  }

  /** Not again for so many seconds. */
  wait(seconds, code = "slow_mode") {
    this.#until = Date.now() + seconds * 1000;
    this.#waitsFor = code;
    this.refresh();
  }

  /** What the server says of us: a mute, and its end. */
  told({ why_not: { ask }, retry_after: seconds }) {
    if (ask === "muted" && seconds) this.wait(seconds, "muted");
    else if (this.#waitsFor === "muted") this.#until = 0;
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
      const { you, room } = this.room.state;
      if (room.slow_mode_s && !you.can.moderate) this.wait(room.slow_mode_s);
    } catch (error) {
      this.#kept = { text, clientId: error.clientId };
      if (["slow_mode", "muted"].includes(error.code) && error.retryAfter) this.wait(error.retryAfter, error.code);
      else if (error.code !== "closed") this.notify(this.refusal(error.code, error));
    } finally {
      this.#sending = false;
      this.refresh();
    }
  }
}
