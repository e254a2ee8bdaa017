/** The list of questions: still while somebody is in it, no longer than can be read, with votes and staff's acts. */

import { arrange } from "./room_lists.js";

const A_PAGE = 200;
const CALM_MS = 1_500; // after a finger or a pointer has left
const at = (id) => document.getElementById(id);

/** Gives `draw()`, `letIn()` for the next drawing to show what is new in any case, and `enable()`. */
export function questionList(room, { say, numbers, attempt, hosting }) {
  const list = at("questions");
  const voting = new Map(); // what is wanted of votes that are on their way
  const drawn = new WeakMap(); // what an item shows
  let order = "time";
  let most = A_PAGE;
  let inside = false;
  let calmFrom = 0;
  let open = true; // to what is new

  const isVoted = (id) => voting.get(id) ?? room.state.voted.has(id);
  const isUsed = () => inside || performance.now() < calmFrom || Boolean(list.querySelector(":focus-visible"));

  function fill(item, question) {
    const now = [question, isVoted(question.id), hosting.isMuted(question.author.id)];
    if (drawn.get(item)?.every((part, place) => part === now[place])) return;
    drawn.set(item, now);
    const put = (name, text) => {
      const element = item.querySelector(name);
      if (element && element.textContent !== text) element.textContent = text;
    };
    item.id = `q${question.id}`;
    item.toggleAttribute("data-pinned", question.pinned);
    put(".author", question.author.name);
    put(".text", question.text);
    put(".votes", numbers.format(question.upvotes));
    put(".answerer", question.answered_by?.name ?? "");
    put(".answer-text", question.answer ?? "");
    put("[data-act=pin]", say(question.pinned ? "unpin" : "pin"));
    put("[data-act=mute]", say(now[2] ? "unmute" : "mute"));
    item.querySelector("[data-act=mute]")?.toggleAttribute("data-lift", now[2]);
    item.querySelector(".answer").hidden = !question.answer;
    item.querySelector(".vote").setAttribute("aria-pressed", String(now[1]));
  }

  /** What to show: while the list is used, what is there stays in its place, and what is new waits. */
  function wanted(all) {
    const first = all.slice(0, most);
    if (open || !isUsed()) return first;
    const ids = new Set(first.map(({ id }) => id));
    const there = [...list.children].map((item) => room.state.questions.get(Number(item.dataset.id)));
    const staying = there.filter(Boolean);
    return staying.some(({ id }) => ids.has(id)) ? staying : first;
  }

  function draw() {
    const all = room.questions(order);
    const things = wanted(all);
    const shown = new Set(things.map(({ id }) => id));
    const unseen = all.slice(0, most).filter(({ id }) => !shown.has(id)).length;
    open = false;
    arrange(list, things, () => at("question-item").content.firstElementChild.cloneNode(true), fill);
    at("unseen").hidden = !unseen;
    at("unseen").textContent = say("asked_by_others", { count: unseen });
    at("more").hidden = all.length <= most;
    at("none").hidden = all.length > 0;
    enable();
  }

  function enable() {
    const can = room.link.state === "online" && room.state?.you.can.upvote;
    for (const button of list.querySelectorAll(".vote")) if (button.disabled !== !can) button.disabled = !can;
  }

  async function vote(id) {
    const wish = !isVoted(id);
    voting.set(id, wish);
    draw();
    const reply = await attempt(() => (wish ? room.upvote(id) : room.unvote(id)));
    if (voting.get(id) === wish) voting.delete(id);
    const question = room.state.questions.get(id);
    if (reply && question) room.state.questions.set(id, { ...question, upvotes: reply.upvotes });
    draw();
  }

  const letIn = () => (open = true);
  const drawOpen = () => room.state && draw(letIn());

  for (const button of document.querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      order = button.dataset.sort;
      for (const other of document.querySelectorAll("[data-sort]")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      drawOpen();
    });
  }
  list.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-act]");
    if (!button || !room.state) return;
    const item = button.closest(".question");
    const question = room.state.questions.get(Number(item.dataset.id));
    if (button.dataset.act === "vote") vote(Number(item.dataset.id));
    else if (question) hosting.act(button, item, question);
  });
  list.addEventListener("pointerenter", () => (inside = true));
  list.addEventListener("pointerleave", () => {
    inside = false;
    calmFrom = performance.now() + CALM_MS;
    setTimeout(() => room.state && draw(), CALM_MS + 10);
  });
  list.addEventListener("focusout", () => setTimeout(() => room.state && draw()));
  at("unseen").addEventListener("click", () => {
    drawOpen();
    list.focus();
  });
  at("more").addEventListener("click", () => {
    most += A_PAGE;
    drawOpen();
  });
  return { draw, letIn, enable };
}
