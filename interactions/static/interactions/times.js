/** Shows times in the reader's own time zone and language; `data-from-now` adds how long that is from now. */

const language = document.documentElement.lang;
const moment = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

function fromNow(date) {
  const minutes = Math.round((date - Date.now()) / 60_000);
  if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
  if (Math.abs(minutes) < 48 * 60) return relative.format(Math.round(minutes / 60), "hour");
  return relative.format(Math.round(minutes / 1440), "day");
}

function show() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const date = new Date(time.dateTime);
    const more = "fromNow" in time.dataset ? ` · ${fromNow(date)}` : "";
    if (!Number.isNaN(Number(date))) time.textContent = moment.format(date) + more;
  }
}

show();
if (document.querySelector("time[data-from-now]")) setInterval(show, 30_000);
