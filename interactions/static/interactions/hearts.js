/** Hearts that rise over the page, never more than the eye can count, and none where less motion is wanted. */

const MOST = 30;
const PER_TICK = 6;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {HTMLElement} layer @param {number} count of new hearts */
export function rise(layer, count) {
  if (calm.matches || document.hidden) return;
  const room = Math.max(0, MOST - layer.childElementCount);
  for (let place = 0; place < Math.min(count, PER_TICK, room); place++) float(layer, place * 60);
}

function float(layer, delay) {
  const heart = document.createElement("span");
  heart.textContent = "♥";
  heart.className = `rising tone${Math.floor(Math.random() * 3)}`;
  layer.append(heart);
  const drift = (Math.random() - 0.5) * 80;
  const steps = [
    { transform: "translate(0, 0) scale(.6)", opacity: 0 },
    { transform: `translate(${drift / 3}px, -3rem) scale(1)`, opacity: 0.95, offset: 0.2 },
    { transform: `translate(${drift}px, -14rem) scale(1.1)`, opacity: 0 },
  ];
  heart.animate(steps, { duration: 1600 + Math.random() * 900, delay, easing: "ease-out", fill: "both" }).onfinish = () =>
    heart.remove();
}
