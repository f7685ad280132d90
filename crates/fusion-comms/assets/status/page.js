"use strict";
const columns = [["Time", "at"], ["Agency", "tenant"], ["From", "from"], ["To", "to"], ["State", "state"], ["What", "detail"], ["Id", "id"]];
const el = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
function table(lines) {
  if (!lines.length) return el("p", "None yet.");
  const t = el("table"), head = t.createTHead().insertRow();
  for (const [name] of columns) { const th = el("th", name); th.scope = "col"; head.append(th); }
  const body = t.createTBody();
  for (const line of lines) {
    const row = body.insertRow();
    for (const [, key] of columns) {
      const value = key === "at" ? new Date(line.at).toLocaleTimeString() : (line[key] ?? "–");
      const td = el("td", value, key === "id" ? "id" : "");
      if (key === "id") td.title = value;
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
      for (const name of ["calls", "texts", "faxes"]) document.getElementById(name).replaceChildren(table(data[name]));
    }
    document.getElementById("note").textContent = "Up to date. The latest come first; phone numbers show four digits.";
  } catch {
    document.getElementById("note").textContent = "The service does not answer. Trying again every second.";
  }
  setTimeout(read, 1000);
}
read();
