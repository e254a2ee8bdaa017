/** The host's panel and the acts of staff beside each question. Without staff's controls in the page it does nothing. */

import { HeldQuestions } from "./room_held.js";
import { arrange, readAll } from "./room_lists.js";

const MUTE_S = 600;
const at = (id) => document.getElementById(id);

/** Gives `act(button, item, question)` and `isMuted(person)` for the list of questions, and `draw()` for the room's rules.
 * `redraw`: called when that list is to be drawn anew. */
export function host(room, { say, notify, attempt, redraw }) {
  const muted = new Map(); // until when, by people's ids
  const held = at("held") && new HeldQuestions(room, drawHeld);
  const hidden = new Map(); // what we hid ourselves, to be shown again
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;

  async function post(path) {
    const answer = await fetch(path, { method: "POST", headers: { "X-CSRFToken": token ?? "" } });
    if (answer.ok) return answer.json();
    const { code = "bad_answer", detail = String(answer.status), retry_after: retryAfter } = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(detail), { code, detail, retryAfter });
  }

  // --- beside a question -----------------------------------------------------------------------------------------

  function toggleReply(button, item, question, open) {
    const form = item.querySelector(".reply");
    form.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return button.focus();
    const field = form.querySelector("textarea");
    field.value ||= question.answer ?? "";
    field.focus();
    form.onkeydown = ({ key }) => key === "Escape" && toggleReply(button, item, question, false);
    form.onsubmit = async (event) => {
      event.preventDefault();
      const reply = await attempt(() => room.answer(question.id, field.value.trim()));
      if (!reply) return;
      field.value = "";
      toggleReply(button, item, question, false);
    };
  }

  const isMuted = (person) => (muted.get(person) ?? 0) > performance.now();

  function noteMute(person, seconds) {
    muted.set(person, performance.now() + seconds * 1000);
    if (seconds > 0) setTimeout(redraw, seconds * 1000 + 50);
    redraw();
  }

  async function readMutes() {
    if (!held || !room.state.you.can.moderate) return;
    const { found, asOf } = await readAll(`/api/v1/rooms/${room.state.room.id}/mutes`).catch(() => ({ found: [], asOf: 0 }));
    for (const { user, until } of found) noteMute(user.id, (Date.parse(until) - asOf) / 1000);
  }

  /** What the button says, whatever was done elsewhere meanwhile. */
  async function mute(button, { author }) {
    const lift = "lift" in button.dataset;
    if (!(await attempt(() => room.mute(author.id, lift ? 0 : MUTE_S)))) return;
    noteMute(author.id, lift ? 0 : MUTE_S);
    notify(say(lift ? "unmuted_person" : "muted_person", { name: author.name }));
  }

  async function hide(question) {
    if (!(await attempt(() => room.hide(question.id)))) return;
    hidden.set(question.id, question);
    notify(say("hidden_one"));
    drawHeld();
  }

  const ACTS = {
    answer: (button, item, question) => toggleReply(button, item, question, item.querySelector(".reply").hidden),
    pin: (_, __, question) => attempt(() => room.pin(question.id, !question.pinned)).then(() => redraw({ letIn: true })),
    hide: (_, __, question) => hide(question),
    mute: (button, _, question) => mute(button, question),
  };

  // --- not shown: held by the rules, or hidden by us ------------------------------------------------------------------

  function drawHeld() {
    if (!held) return;
    const waiting = [...held.all.values()].sort((a, b) => b.id - a.id);
    const ours = [...hidden.values()].filter(({ id }) => !room.state.questions.has(id) && !held.all.has(id));
    at("held-box").hidden = !waiting.length && !ours.length;
    const make = () => at("held-item").content.firstElementChild.cloneNode(true);
    arrange(at("held"), [...waiting, ...ours], make, (item, question) => {
      if (item.querySelector(".text").textContent === question.text) return;
      item.querySelector(".author").textContent = question.author.name;
      item.querySelector(".text").textContent = question.text;
      item.querySelector("[data-act=approve]").onclick = () => settle(question, room.approve);
      item.querySelector("[data-act=hide]").onclick = () => settle(question, room.hide);
      item.querySelector("[data-act=hide]").hidden = hidden.has(question.id);
    });
  }

  async function settle(question, act) {
    if (!(await attempt(() => act(question.id)))) return;
    hidden.delete(question.id);
    held.all.delete(question.id);
    drawHeld();
  }

  // --- the room ----------------------------------------------------------------------------------------------------------

  at("start")?.addEventListener("click", () => attempt(() => post(`/api/v1/rooms/${room.state.room.id}/start`)));
  at("end")?.addEventListener("click", () => at("really").showModal());
  at("really")?.addEventListener("close", () => {
    if (at("really").returnValue === "end") attempt(() => post(`/api/v1/rooms/${room.state.room.id}/end`));
    at("really").returnValue = "";
  });

  at("settings")?.addEventListener("change", async ({ target }) => {
    if (!target.checkValidity()) return target.reportValidity();
    const value = target.type === "checkbox" ? target.checked : target.type === "number" ? Number(target.value) : target.value;
    if (await attempt(() => room.settings({ [target.name]: value }))) notify(say("saved"));
    else draw();
  });

  at("products").addEventListener("click", ({ target }) => {
    const item = target.closest("[data-act=feature]")?.closest(".product");
    if (!item) return;
    const shown = "featured" in item.dataset;
    attempt(() => room.feature(shown ? null : Number(item.dataset.id)));
  });

  function draw() {
    drawHeld();
    const rules = at("settings")?.elements;
    if (!rules) return;
    const { ask_policy, slow_mode_s, premoderate } = room.state.room;
    if (document.activeElement !== rules.ask_policy) rules.ask_policy.value = ask_policy;
    if (document.activeElement !== rules.slow_mode_s) rules.slow_mode_s.value = slow_mode_s;
    rules.premoderate.checked = premoderate;
  }

  room.addEventListener("welcome", readMutes);
  return { act: (button, item, question) => ACTS[button.dataset.act]?.(button, item, question), isMuted, draw };
}
