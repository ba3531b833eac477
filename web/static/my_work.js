// Reports that are typed without a connection are kept on the phone and sent when there is one, each once: every form has
// a key, and the server takes a key once. Without this script the forms are sent as any form is.

const TRY_AGAIN_SECONDS = 30;
// The pages of these answers hold what was typed.
const SHOWS_WORDS = [409, 422];

async function showKept() {
  const place = document.getElementById("kept");
  const reports = await allKept();
  document.querySelectorAll("form[data-report]").forEach((form) => {
    // What was refused can be typed again.
    const isKept = reports.some((report) => report.key === form.elements.key.value && !report.refused);
    form.toggleAttribute("data-kept", isKept);
    form.querySelectorAll("button").forEach((button) => { button.disabled = isKept; });
  });
  if (!place) return;
  place.hidden = reports.length === 0;
  place.replaceChildren(...reports.map(describe));
}

function describe(report) {
  const line = document.createElement("p");
  const said = `${report.who}: ${report.fields.outcome}`;
  if (!report.refused) {
    line.textContent = `Kept on this phone, and sent when there is a connection: ${said}.`;
    return line;
  }
  const typed = Object.entries(report.fields).filter(([name, value]) => value && !["key", "go_on", "seen_request", "outcome"].includes(name));
  line.textContent = `It could not be taken: ${said}. ${typed.map(([, value]) => value).join(" / ")} `;
  const page = document.createElement("a");
  page.href = report.url;
  page.textContent = "What stands there now";
  const done = document.createElement("button");
  done.type = "button";
  done.className = "second";
  done.textContent = "I have seen it";
  done.addEventListener("click", async () => { await forget(report.key); await showKept(); });
  line.append(page, " ", done);
  return line;
}

async function report(event) {
  const form = event.target;
  // The other buttons of the form save something, or show the mail: they need the server.
  if (event.submitter && event.submitter.hasAttribute("formaction")) return;
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(form));
  const kept = { key: fields.key, url: form.action, who: form.dataset.report, fields, at: Date.now() };
  try {
    await keep(kept);
  } catch {
    form.submit();
    return;
  }
  const answer = await send(kept);
  if (answer?.ok) {
    await forget(kept.key);
    location.assign(answer.url);
    return;
  }
  if (answer && SHOWS_WORDS.includes(answer.status) && (await showAnswer(answer, kept.key))) return;
  // Any other page would not hold what was typed: it stays here until somebody has seen it.
  if (answer && !SHOWS_WORDS.includes(answer.status)) await keep({ ...kept, refused: answer.status });
  await showKept();
  document.getElementById("kept")?.scrollIntoView({ block: "center" });
  if (answer === null) {
    const background = await navigator.serviceWorker?.ready.catch(() => null);
    await background?.sync?.register("reports").catch(() => null);
  }
}

// The page that says what is wrong with a report, with what was typed in it; false when it did not come whole.
async function showAnswer(answer, key) {
  try {
    const page = await answer.text();
    await forget(key);
    history.replaceState(null, "", answer.url);
    document.open();
    document.write(page);
    document.close();
    return true;
  } catch {
    return false;
  }
}

async function sendAndShow() {
  await sendAlone();
  await showKept();
}

if ("indexedDB" in window) {
  document.querySelectorAll("form[data-report]").forEach((form) => form.addEventListener("submit", report));
  window.addEventListener("online", sendAndShow);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sendAndShow(); });
  setInterval(sendAndShow, TRY_AGAIN_SECONDS * 1000);
  sendAndShow();
}
if ("serviceWorker" in navigator && location.pathname.startsWith("/work")) {
  navigator.serviceWorker.addEventListener("message", showKept);
  navigator.serviceWorker.register("/work/offline.js").catch(() => null);
}
