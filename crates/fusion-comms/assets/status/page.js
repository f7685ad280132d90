"use strict";
const columns = [["Time", "at"], ["Agency", "tenant"], ["From", "from"], ["To", "to"], ["State", "state"], ["What", "detail"], ["Id", "id"]];
const taskColumns = [["Since", "created_at"], ["Agency", "tenant"], ["What", "kind"], ["Id", "subject"]];
const el = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
function table(lines, columns) {
  if (!lines.length) return el("p", "None yet.");
  const t = el("table"), head = t.createTHead().insertRow();
  for (const [name] of columns) { const th = el("th", name); th.scope = "col"; head.append(th); }
  const body = t.createTBody();
  for (const line of lines) {
    const row = body.insertRow();
    for (const [, key] of columns) {
      const isTime = key === "at" || key === "created_at", isId = key === "id" || key === "subject";
      const value = isTime ? new Date(line[key]).toLocaleTimeString() : (line[key] ?? "–");
      const td = el("td", value, isId ? "id" : "");
      if (isId) td.title = value;
      row.append(td);
    }
  }
  return t;
}
let shown = "";
async function read() {
  try {
    const answer = await fetch("/status.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (text !== shown) {
      shown = text;
      const data = JSON.parse(text);
      for (const name of ["calls", "texts", "faxes"]) document.getElementById(name).replaceChildren(table(data[name], columns));
      document.getElementById("tasks").replaceChildren(table(data.tasks, taskColumns));
    }
    document.getElementById("note").textContent = "Up to date. The latest come first; phone numbers show four digits.";
  } catch {
    document.getElementById("note").textContent = "The service does not answer. Trying again every second.";
  }
  setTimeout(read, 1000);
}
read();
