/** A live room's page: draws what the reference client knows, and sends what people do. Texts go through textContent. */

import { LiveRoom } from "../clients/backyard-live.js";
import { AskBox } from "./room_ask.js";
import { rise } from "./hearts.js";
import { host } from "./room_host.js";
import { arrange } from "./room_lists.js";
import { questionList } from "./room_questions.js";
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

let noticed = 0;

/** For ears as well as eyes: a short notice over the page, for as long as reading it takes. */
function notify(text) {
  clearTimeout(noticed);
  at("notice").textContent = text;
  if (text) noticed = setTimeout(() => notify(""), 4_000 + 80 * text.length);
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
  let text = say(state === "waiting" && nextTry === null ? "offline" : state);
  if (state === "closed") text = words[`closed:${reason}`] ?? text;
  const seconds = nextTry === null ? 0 : Math.max(0, Math.ceil((nextTry - Date.now()) / 1000));
  if (seconds) countdown = setTimeout(showLink, 1000);
  at("countdown").textContent = seconds ? say("next_try", { seconds }) : ""; // for eyes: ears need no clock
  if (at("connection").textContent !== text) at("connection").textContent = text;
  refresh();
}

// --- what is seen ----------------------------------------------------------------------------------------------------

const asking = new AskBox(room, at("ask"), { say, refusal, notify });
const hosting = host(room, { say, notify, attempt, redraw });
const questions = questionList(room, { say, numbers, attempt, hosting });

function redraw({ letIn = false } = {}) {
  if (letIn) questions.letIn();
  soon();
}

function refresh() {
  asking.refresh();
  questions.enable();
  at("heart").disabled = !(room.link.state === "online" && room.state?.you.can.tap);
}

let drawnProducts = [];

function drawProducts() {
  const { products, you } = room.state;
  if (drawnProducts[0] === products && drawnProducts[1] === you.can.host) return;
  drawnProducts = [products, you.can.host];
  at("products-box").hidden = !products.length;
  arrange(at("products"), products, () => at("product-item").content.firstElementChild.cloneNode(true), fillProduct);
}

function fillProduct(item, product) {
  const link = item.querySelector("a");
  const image = item.querySelector("img");
  item.toggleAttribute("data-featured", product.featured);
  link.textContent = product.title;
  if (/^https?:/i.test(product.url)) link.href = product.url;
  else link.removeAttribute("href");
  item.querySelector(".price").textContent = `${product.price} ${product.currency}`;
  image.hidden = !product.image;
  if (product.image && image.getAttribute("src") !== product.image) image.src = product.image;
  const act = item.querySelector("[data-act=feature]");
  if (!act) return;
  act.hidden = !room.state.you.can.host;
  act.textContent = say(product.featured ? "unshow" : "show");
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
  questions.draw();
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
  question: ({ question }) => (question.author.id === room.state.you.id ? questions.letIn() : countNew()),
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
  if (!drawing) drawing = setTimeout(() => { drawing = 0; if (room.state) drawAll(); }, 16);
}

room.addEventListener("state", showLink);
room.addEventListener("welcome", () => { likes = room.state.likes; asking.told(room.state.you); soon(); });
room.addEventListener("reset", ({ detail: { reason } }) => {
  likes = room.state.likes;
  notify(say(reason === "epoch" ? "reset_anew" : "reset"));
  asking.told(room.state.you);
  redraw({ letIn: true });
});
room.addEventListener("you", () => { asking.told(room.state.you); soon(); });
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

room.connect();
addEventListener("pagehide", () => room.close());
addEventListener("pageshow", ({ persisted }) => persisted && room.connect());
