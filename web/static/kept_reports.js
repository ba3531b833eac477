// Reports that wait on this phone: read, kept, forgotten and sent. For the page, and for the worker that sends them when
// no page is open. The server takes each key once, so whoever sends a report a second time changes nothing.

function openStore() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("tend", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("reports", { keyPath: "key" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function inStore(mode, act) {
  const store = await openStore();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = store.transaction("reports", mode);
      const request = act(transaction.objectStore("reports"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    store.close();
  }
}

const allKept = () => inStore("readonly", (reports) => reports.getAll());
const keep = (report) => inStore("readwrite", (reports) => reports.put(report));
const forget = (key) => inStore("readwrite", (reports) => reports.delete(key));

// What became of sending a report: the answer, or null while there is no connection or the server is away.
async function send(report) {
  try {
    const answer = await fetch(report.url, { method: "POST", body: new URLSearchParams(report.fields) });
    return answer.status >= 500 || answer.status === 429 || answer.status === 408 ? null : answer;
  } catch {
    return null;
  }
}

async function sendKept() {
  for (const report of await allKept()) {
    if (report.refused) continue;
    const answer = await send(report);
    if (answer === null) break;
    // A report that cannot be taken any more stays readable until somebody has seen it.
    await (answer.ok ? forget(report.key) : keep({ ...report, refused: answer.status }));
  }
}

// One at a time: whoever comes second finds nothing left to send.
const sendAlone = () => (navigator.locks ? navigator.locks.request("tend reports", sendKept) : sendKept());
