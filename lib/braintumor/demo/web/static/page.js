// The page works without this file; with it nothing reloads, files may be dropped,
// the overlay fades, and a volume is leafed through.

const form = document.querySelector("#ask");
const chooser = document.querySelector("#files");
const cards = document.querySelector("#cards");
const status = document.querySelector("#status");
const progress = document.querySelector("#progress");
const bar = document.querySelector("#bar");
const button = form.querySelector("button.primary");
const clear = document.querySelector("#clear");
const empty = document.querySelector(".empty");
const title = document.querySelector("#results-title");
const maximumBytes = Number(form.dataset.maximumBytes);
const maximumFiles = Number(form.dataset.maximumFiles);

const inquiries = new WeakMap(); // card → what was asked, to ask it again
let last = []; // what the button asks again, mostly of another model
let settled = ""; // the model that has answered all of it
let busy = false;

document.documentElement.classList.add("scripted-page");

/** Send one form; resolves to its cards, and never rejects. */
function send(inquiry) {
  if (inquiry.file && inquiry.file.size > maximumBytes) {
    const limit = Math.floor(maximumBytes / 1e6);
    return [refuse(inquiry, "Too large", `The file is larger than ${limit} MB.`,
      "Send one slice, or a smaller picture.")];
  }
  const body = new FormData();
  body.set("token", form.elements.token.value);
  for (const [name, value] of Object.entries(inquiry)) body.set(name, value);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-Wants-Cards", "1");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    };
    request.upload.onload = () => { bar.labels[0].textContent = "Answering"; };
    request.onload = () => resolve(readCards(request, inquiry));
    request.onerror = () => resolve([refuse(inquiry, "No answer",
      "The server did not answer.", "See whether it still runs, and ask again.")]);
    request.send(body);
  });
}

/** Return the cards in a response. */
function readCards(request, inquiry) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const found = [...page.querySelectorAll("article.card")];
  if (!found.length) {
    return [refuse(inquiry, "No answer", `The server said ${request.status}.`,
      "Ask again in a moment.")];
  }
  for (const card of found) {
    const name = card.querySelector(".file");
    if (!name.textContent.trim()) name.textContent = nameOf(inquiry);
    inquiries.set(card, inquiry);
  }
  return found;
}

/** Return a card that says why a file was not answered. */
function refuse(inquiry, heading, sentence, cure) {
  const template = document.querySelector("#problem-card").content;
  const card = template.firstElementChild.cloneNode(true);
  const texts = { ".file": nameOf(inquiry), h3: heading, ".reason": sentence, ".cure": cure };
  for (const [part, text] of Object.entries(texts)) {
    card.querySelector(part).textContent = text;
  }
  return card;
}

function nameOf(inquiry) {
  return inquiry.file ? inquiry.file.name.slice(0, 80) : "Sample";
}

/** Ask about some files, one after the other, and show each answer as it comes. */
async function askAll(wanted) {
  if (busy || !wanted.length) return;
  const model = new FormData(form).get("model") ?? "";
  const asked = wanted.slice(0, maximumFiles).map((one) => ({ ...one, model }));
  setBusy(true);
  const fresh = [];
  for (const [index, inquiry] of asked.entries()) {
    const count = asked.length > 1 ? ` (${index + 1} of ${asked.length})` : "";
    say("", `Asking about ${nameOf(inquiry)}${count} …`);
    bar.value = 0;
    bar.labels[0].textContent = "Sending";
    const made = await send(inquiry);
    if (fresh.length) fresh.at(-1).after(...made);
    else cards.prepend(...made);
    fresh.push(...made);
    empty.hidden = true;
  }
  setBusy(false);
  last = wanted;
  settled = fresh.some((card) => card.matches(".is-problem")) ? "" : model;
  showCount();
  const left = wanted.length - asked.length;
  say(fresh.map(summarize).join(" "),
    left ? `Only ${maximumFiles} at once: ${left} left out.` : "");
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "start" });
}

/** Return a card's verdict in one sentence, for the live region. */
function summarize(card) {
  const name = card.querySelector(".file").firstChild.textContent.trim();
  const verdict = card.querySelector("h3").textContent.replace(/\s+/g, " ").trim();
  return `${name}: ${verdict}.`;
}

/** Tell the screen reader one thing and everybody another. */
function say(heard, seen) {
  const hidden = document.createElement("span");
  hidden.className = "hidden";
  hidden.textContent = heard;
  status.replaceChildren(hidden, seen);
}

function setBusy(value) {
  busy = value;
  progress.hidden = !value;
  button.disabled = value;
  cards.setAttribute("aria-busy", String(value));
}

function showCount() {
  const count = cards.childElementCount;
  clear.hidden = !count;
  empty.hidden = Boolean(count);
  const model = form.querySelector(".models :checked");
  button.hidden = !last.length || model?.value === settled;
  button.textContent = `Ask ${model?.labels[0].textContent ?? ""} about the same`;
}

/** Replace a volume's card by the one of another slice. */
async function leaf(card, position) {
  if (busy) return;
  setBusy(true);
  const [made] = await send({ ...inquiries.get(card), position });
  setBusy(false);
  card.replaceWith(made);
  made.querySelector(".position input")?.focus();
  say(summarize(made), "");
}

function chosen() {
  const position = form.elements.position.value;
  return [...chooser.files].map((file) => (position ? { file, position } : { file }));
}

chooser.addEventListener("change", () => askAll(chosen()));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const sample = event.submitter?.name === "sample" ? event.submitter.value : "";
  if (sample) askAll([{ sample }]);
  else askAll(last);
});

form.querySelector(".models").addEventListener("change", showCount);

clear.addEventListener("click", () => {
  cards.replaceChildren();
  chooser.value = "";
  last = [];
  say("Cleared.", "");
  showCount();
  chooser.focus();
});

cards.addEventListener("input", (event) => {
  const card = event.target.closest(".card");
  if (event.target.closest(".opacity")) {
    card.querySelector(".heat").style.opacity = event.target.value / 100;
  } else if (event.target.closest(".position")) {
    card.querySelector(".position .now").textContent = event.target.value;
  }
});

cards.addEventListener("change", (event) => {
  const slider = event.target.closest(".position input");
  if (slider) leaf(slider.closest(".card"), slider.value);
});

// A file that misses the field would otherwise replace the page.
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  window.addEventListener(kind, (event) => {
    event.preventDefault();
    const over = kind === "dragenter" || kind === "dragover";
    form.classList.toggle("dragging", over);
    if (kind === "drop") askAll([...event.dataTransfer.files].map((file) => ({ file })));
  });
}

/** Show the samples as soon as they are drawn. */
async function awaitSamples() {
  const place = document.querySelector("#samples");
  while (place.querySelector(".samples-wait")) {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const response = await fetch("samples").catch(() => null);
    if (response?.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      place.replaceChildren(...page.body.children);
    }
  }
}

showCount();
awaitSamples();
