/** The questions that wait for a moderator: read over HTTP, grown by hints, shrunk by events. */

import { readAll } from "./room_lists.js";

export class HeldQuestions {
  /** By their ids. @type {Map<number, any>} */
  all = new Map();
  #meanwhile = null; // what came while the list was read

  /** `changed`: called when the list was read or grew. */
  constructor(room, changed) {
    Object.assign(this, { room, changed });
    room.addEventListener("held", ({ detail }) => this.#told(detail.question));
    room.addEventListener("event", ({ detail }) => this.#settle(detail));
    for (const type of ["welcome", "reset", "you"]) room.addEventListener(type, () => this.#read());
  }

  #told(question) {
    if (this.room.state.questions.has(question.id)) return; // shown meanwhile
    this.all.set(question.id, question);
    this.#meanwhile?.told.set(question.id, question);
    this.changed();
  }

  /** An event told that it is shown, or hidden for good. */
  #settle({ question, question_id: id = question?.id }) {
    this.all.delete(id);
    this.#meanwhile?.told.delete(id);
    this.#meanwhile?.settled.add(id);
  }

  async #read() {
    const { you, room } = this.room.state;
    const { told, settled } = (this.#meanwhile = { told: new Map(), settled: new Set() });
    const { found } = you.can.moderate
      ? await readAll(`/api/v1/rooms/${room.id}/questions?status=held`).catch(() => ({ found: null }))
      : { found: [] };
    if (this.#meanwhile?.told !== told) return; // it is read again
    this.#meanwhile = null;
    if (!found) return;
    this.all = new Map(found.filter(({ id }) => !settled.has(id)).map((question) => [question.id, question]));
    for (const [id, question] of told) this.all.set(id, question);
    this.changed();
  }
}
