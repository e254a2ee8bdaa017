/** A live room's page: draws what the reference client knows, and sends what people do. Texts go through textContent. */

import { LiveRoom } from "../clients/backyard-live.js";
import { AskBox } from "./room_ask.js";
import { rise } from "./hearts.js";
import { host } from "./room_host.js";
import "./times.js";

const main = document.getElementById("room");
const at = (id) => document.getElementById(id);
const words = JSON.parse(at("words").textContent);
const numbers = new Intl.NumberFormat(document.documentElement.lang);
const room = new LiveRoom(Number(main.dataset.room));

/** @param {string} name @param {Record<string, unknown>} [filled] */
function say(name, filled = {}) {
  return (words[name] ?? "").replace(/\{(\w+)\}/g, (_, key) => String(filled[key] ?? ""));
}

/** Words for a refusal. */
function refusal(code, { retryAfter = null, detail = "" } = {}) {
  if (code === "muted" && !retryAfter) return say("muted_open");
  return words[code] ? say(code, { seconds: retryAfter ?? 0 }) : say("failed", { detail: detail || code });
}

/** For ears as well as eyes: a short notice on top. */
function notify(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}

/** Does what `act` promises, or says why not. */
async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    if (error.code === "closed") return null;
    notify(refusal(error.code, error));
    return null;
  }
}

// --- the connection ------------------------------------------------------------------------------------------------

let countdown = 0;

function showLink() {
  const { state, nextTry, reason } = room.link;
  clearTimeout(countdown);
  main.dataset.link = state;
  let text = say(state);
  if (state === "waiting") {
    const seconds = Math.max(0, Math.ceil(((nextTry ?? 0) - Date.now()) / 1000));
    text = nextTry === null ? say("offline") : say("waiting", { seconds });
    if (seconds) countdown = setTimeout(showLink, 1000);
  } else if (state === "closed") {
    text = words[`closed:${reason}`] ?? say("closed");
  }
  if (at("connection").textContent !== text) at("connection").textContent = text;
  refresh();
}

// --- what is seen ----------------------------------------------------------------------------------------------------

let order = "time";
const voting = new Map(); // what is wanted of votes that are on their way
const asking = new AskBox(room, at("ask"), { say, refusal, notify });
const hosting = host(room, { say, notify, attempt, fill });

function refresh() {
  asking.refresh();
  const can = room.link.state === "online" && room.state?.you.can;
  at("heart").disabled = !(can && can.tap);
  for (const button of document.querySelectorAll("#questions .vote")) button.disabled = !(can && can.upvote);
}

/** Fills an item of the list, made anew or there already. */
function fill(item, question) {
  const put = (name, text) => {
    const element = item.querySelector(name);
    if (element && element.textContent !== text) element.textContent = text;
  };
  item.dataset.id = question.id;
  item.id = `q${question.id}`;
  item.toggleAttribute("data-pinned", question.pinned);
  put(".author", question.author.name);
  put(".text", question.text);
  put(".votes", numbers.format(question.upvotes));
  put(".answerer", question.answered_by?.name ?? "");
  put(".answer-text", question.answer ?? "");
  put("[data-act=pin]", say(question.pinned ? "unpin" : "pin"));
  item.querySelector(".answer").hidden = !question.answer;
  item.querySelector(".vote").setAttribute("aria-pressed", String(voting.get(question.id) ?? room.state.voted.has(question.id)));
}

function drawQuestions() {
  const list = at("questions");
  const there = new Map([...list.children].map((item) => [Number(item.dataset.id), item]));
  const focused = document.activeElement;
  const wanted = room.questions(order);
  wanted.forEach((question, place) => {
    const item = there.get(question.id) ?? at("question-item").content.firstElementChild.cloneNode(true);
    there.delete(question.id);
    fill(item, question);
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  for (const gone of there.values()) gone.remove();
  if (focused !== document.activeElement && list.contains(focused)) focused.focus();
  at("none").hidden = wanted.length > 0;
}

function drawProducts() {
  const { products, you } = room.state;
  at("products-box").hidden = !products.length;
  at("products").replaceChildren(...products.map((product) => {
    const item = at("product-item").content.firstElementChild.cloneNode(true);
    const link = item.querySelector("a");
    const image = item.querySelector("img");
    item.dataset.id = product.id;
    item.toggleAttribute("data-featured", product.featured);
    link.textContent = product.title;
    if (/^https?:/i.test(product.url)) link.href = product.url;
    else link.removeAttribute("href");
    item.querySelector(".price").textContent = `${product.price} ${product.currency}`;
    image.hidden = !product.image;
    if (product.image) image.src = product.image;
    const act = item.querySelector("[data-act=feature]");
    if (act) {
      act.hidden = !you.can.host;
      act.textContent = say(product.featured ? "unshow" : "show");
    }
    return item;
  }));
}

function drawNumbers() {
  at("viewers").textContent = numbers.format(room.state.viewers);
  at("likes").textContent = numbers.format(room.state.likes);
}

function drawRoom() {
  const { status } = room.state;
  main.dataset.status = status;
  at("status").textContent = say(`status:${status}`);
  at("over").hidden = status !== "ended";
  hosting.draw();
}

function drawAll() {
  drawRoom();
  drawNumbers();
  drawProducts();
  drawQuestions();
  refresh();
}

// --- what is heard -----------------------------------------------------------------------------------------------------

let announcing = 0;
let unheard = 0;

/** New questions are told as a number, and not one by one. */
function countNew() {
  unheard += 1;
  if (announcing) return;
  announcing = setTimeout(() => {
    at("said").textContent = say("asked_by_others", { count: unheard });
    announcing = unheard = 0;
  }, 8000);
}

const TOLD = {
  question: ({ question }) => question.author.id !== room.state.you.id && countNew(),
  answer: ({ question }) => {
    at("said").textContent = say("answered", { name: question.answered_by?.name, text: question.answer });
  },
  started: () => notify(say("started")),
  ended: () => notify(say("ended")),
};

let drawing = 0;
let ours = 0;
let likes = 0;

function soon() {
  // A frame may not come while the page is hidden; then a moment later will do.
  if (!drawing) drawing = setTimeout(() => { drawing = 0; drawAll(); }, 16);
}

room.addEventListener("state", showLink);
room.addEventListener("welcome", () => { likes = room.state.likes; asking.told(room.state.you); soon(); });
room.addEventListener("reset", () => { likes = room.state.likes; notify(say("reset")); asking.told(room.state.you); soon(); });
room.addEventListener("you", () => { asking.told(room.state.you); soon(); });
room.addEventListener("held", () => hosting.drawHeld());
room.addEventListener("event", ({ detail }) => { TOLD[detail.type]?.(detail); soon(); });
room.addEventListener("tick", () => {
  const fresh = room.state.likes - likes;
  const own = Math.min(Math.max(fresh, 0), ours);
  ours -= own;
  likes = room.state.likes;
  drawNumbers();
  rise(at("hearts"), fresh - own);
});
room.addEventListener("error", ({ detail: { error } }) => {
  if (error.code && error.code !== "not_signed_in") notify(refusal(error.code, error));
});

// --- what people do ------------------------------------------------------------------------------------------------------

at("heart").addEventListener("click", () => {
  room.tap();
  ours += 1;
  rise(at("hearts"), 1);
});

for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    order = button.dataset.sort;
    for (const other of document.querySelectorAll("[data-sort]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    if (room.state) drawQuestions();
  });
}

async function vote(id) {
  const wanted = !(voting.get(id) ?? room.state.voted.has(id));
  voting.set(id, wanted);
  drawQuestions();
  const reply = await attempt(() => (wanted ? room.upvote(id) : room.unvote(id)));
  if (voting.get(id) === wanted) voting.delete(id);
  if (reply && room.state.questions.has(id)) room.state.questions.get(id).upvotes = reply.upvotes;
  drawQuestions();
}

at("questions").addEventListener("click", ({ target }) => {
  const button = target.closest("[data-act]");
  if (!button || !room.state) return;
  const item = button.closest(".question");
  const question = room.state.questions.get(Number(item.dataset.id));
  if (button.dataset.act === "vote") vote(Number(item.dataset.id));
  else if (question) hosting.act(button, item, question);
});

room.connect();
addEventListener("pagehide", () => room.close());
addEventListener("pageshow", ({ persisted }) => persisted && room.connect());
