/** The button on an ended room's page with which its hosts write the recap. */

const main = document.getElementById("room");
const box = document.getElementById("recap-box");
const button = document.getElementById("write-recap");
const said = document.getElementById("recap-said");

async function write() {
  button.disabled = true;
  said.textContent = "";
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const asked = { method: "POST", headers: { "X-CSRFToken": token } };
  const answer = await fetch(`/api/v1/rooms/${main.dataset.room}/recap`, asked).catch(() => null);
  const found = (await answer?.json().catch(() => null)) ?? {};
  if (answer?.ok && found.status === "published") return location.reload();
  button.disabled = Boolean(answer?.ok);
  button.hidden = button.disabled;
  said.textContent = answer?.ok ? box.dataset.saved : found.code === "nothing_answered" ? box.dataset.nothing : box.dataset.failed;
}

button?.addEventListener("click", write);
