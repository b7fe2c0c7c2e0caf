// The list of keys: `?` or its button opens it, Esc or its button closes it.
function row(key, what) {
  const line = document.createElement("tr");
  const head = line.insertCell();
  head.appendChild(document.createElement("kbd")).textContent = key;
  line.insertCell().textContent = what;
  return line;
}

function fill(body, pages) {
  body.replaceChildren();
  for (const [page, keys] of pages) {
    const title = document.createElement("h2");
    title.textContent = page;
    const table = document.createElement("table");
    keys.forEach(([key, what]) => table.appendChild(row(key, what)));
    body.append(title, table);
  }
}

export default function ({ data, parentElement: parent }) {
  const dialog = parent.querySelector("dialog");
  const open = () => {
    fill(dialog.querySelector("div"), data.pages);
    dialog.showModal();
  };
  dialog.onclose = () => dialog.querySelector("div").replaceChildren();
  parent.querySelector(".stat-keys-open").onclick = open;
  dialog.querySelector("button").onclick = () => dialog.close();
  if (parent.keyList) return parent.keyList;
  const onKey = (event) => {
    const on = event.composedPath()[0];
    const isTyped = on instanceof HTMLElement && (on.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(on.tagName));
    if (event.key !== "?" || isTyped || dialog.open) return;
    event.preventDefault();
    open();
  };
  window.addEventListener("keydown", onKey);
  parent.keyList = () => {
    window.removeEventListener("keydown", onKey);
    parent.keyList = null;
  };
  return parent.keyList;
}
