"use strict";
const note = document.getElementById("note");
let call = "";

async function send(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`the demo answered ${answer.status}`);
  return answer.json();
}

function on(id, act) {
  document.getElementById(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      note.textContent = await act(Object.fromEntries(new FormData(event.target)));
    } catch (error) {
      note.textContent = `That did not work: ${error.message}.`;
    }
  });
}

on("call", async (form) => {
  call = (await send("/demo/call", form)).call;
  return "Calling…";
});
on("text", async (form) => {
  await send("/demo/text", form);
  return "Text sent.";
});
on("fax", async () => {
  await send("/demo/fax", {});
  return "Fax sent: see the agency's page.";
});

function fill(id, lines) {
  const list = document.getElementById(id);
  if (list.dataset.shown === JSON.stringify(lines)) return;
  list.dataset.shown = JSON.stringify(lines);
  list.replaceChildren(...lines.map((line) => {
    const item = document.createElement("li");
    for (const word of line.split(/(https?:\/\/\S+)/)) {
      if (/^https?:/.test(word)) {
        const link = document.createElement("a");
        link.href = word;
        link.textContent = word;
        item.append(link);
      } else {
        item.append(word);
      }
    }
    return item;
  }));
}

async function read() {
  try {
    const shown = await (await fetch(`/demo/handset?call=${encodeURIComponent(call)}`)).json();
    fill("heard", shown.heard);
    fill("texts", shown.texts);
  } catch {
    note.textContent = "The demo does not answer. Trying again every second.";
  }
  setTimeout(read, 700);
}
read();
