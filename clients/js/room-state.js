// @ts-check
/** What is known of a live room: as a welcome has it, and what events, hints and one's own votes make of that. */

const PAGES = 10; // of held questions are read at most

/** The room as a welcome has it. @param {any} welcome */
export function stateOf({ room, questions, products, likes, viewers, you }) {
  const byId = new Map(questions.map((question) => [question.id, question]));
  const own = { you, voted: new Set(you.voted), held: new Map() };
  return { room, status: room.status, questions: byId, products, likes, viewers, ...own };
}

/** What an event changes. @param {any} state @param {any} event */
export function follow(state, { type, offset, id, ...news }) {
  const { room, questions } = state;
  const about = questions.get(news.question_id);
  if (type === "question_changed") Object.assign(about ?? {}, { upvotes: news.upvotes ?? about?.upvotes });
  else if (news.question) questions.set(news.question.id, news.question);
  else if (type === "pin" && about) about.pinned = news.pinned;
  else if (type === "hide") questions.delete(news.question_id);
  else if (type === "feature") for (const product of state.products) product.featured = product.id === news.product_id;
  else if (type === "products") state.products = news.products;
  else if (type === "settings" || type === "started" || type === "ended") {
    const { likes = state.likes, ...rest } = news;
    Object.assign(room, rest);
    Object.assign(state, { likes, status: room.status });
  }
}

/** Sorts questions, pinned ones first. @param {any[]} all @param {string} by "votes" or "time" */
export function inOrder(all, by) {
  const rank = (question) => (by === "votes" ? question.upvotes : 0);
  return all.sort((a, b) => Number(b.pinned) - Number(a.pinned) || rank(b) - rank(a) || b.id - a.id);
}

/** Keeps `state.held`, the questions that wait for a moderator: read over HTTP, grown by hints, shrunk by events. */
export class HeldQuestions {
  /** @type {{told: Map<number, any>, settled: Set<number>} | null} what came while the list was read */ #meanwhile = null;

  /** @param {string} socket the room's @param {() => Record<string, string>} [headers] */
  constructor(socket, headers = () => ({})) {
    const { protocol, host, pathname } = new URL(socket);
    this.url = `${protocol.replace("ws", "http")}//${host}${pathname.replace("/ws/", "/api/v1/")}/questions?status=held`;
    this.headers = headers;
  }

  /** A hint; whether it is news. @param {any} state @param {any} question */
  told(state, question) {
    if (state.questions.has(question.id)) return false; // shown meanwhile
    state.held.set(question.id, question);
    this.#meanwhile?.told.set(question.id, question);
    return true;
  }

  /** An event told that it is shown, or hidden for good. @param {any} state @param {any} event */
  settle(state, { question, question_id: id = question?.id }) {
    state.held.delete(id);
    this.#meanwhile?.told.delete(id);
    this.#meanwhile?.settled.add(id);
  }

  /** Reads the list, which is empty for who may not moderate. Whether there is a new one. @param {any} state */
  async read(state) {
    const before = state.held.size;
    const meanwhile = (this.#meanwhile = { told: new Map(), settled: new Set() });
    const { told, settled } = meanwhile;
    const moderates = state.you.can.moderate;
    const found = moderates ? await readAll(this.url, this.headers()).catch(() => null) : [];
    if (this.#meanwhile !== meanwhile) return false; // it is read again
    this.#meanwhile = null;
    if (!found || (!moderates && !before)) return false;
    state.held = new Map(found.filter(({ id }) => !settled.has(id)).map((question) => [question.id, question]));
    for (const [id, question] of told) state.held.set(id, question);
    return true;
  }
}

/** All pages of a list. @param {string} url @param {Record<string, string>} headers @returns {Promise<any[]>} */
async function readAll(url, headers) {
  const found = [];
  for (let page = 0, cursor = ""; page < PAGES && cursor !== null; page += 1) {
    const answer = await fetch(`${url}&limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { headers });
    if (!answer.ok) throw new Error(String(answer.status));
    const { items, next_cursor: next } = await answer.json();
    found.push(...items);
    cursor = next;
  }
  return found;
}
