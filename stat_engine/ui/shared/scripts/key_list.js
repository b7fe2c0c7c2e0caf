// The list of keys: `?` or its button opens it, Esc or its button closes it; `/` goes to the search box.
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

function open(parent) {
  const dialog = parent.querySelector("dialog");
  fill(dialog.querySelector("div"), parent.keyList.pages);
  dialog.onclose = () => dialog.querySelector("div").replaceChildren();
  dialog.querySelector("button").onclick = () => dialog.close();
  dialog.showModal();
}

function listen(parent) {
  const onKey = (event) => {
    const on = event.composedPath()[0];
    const isTyped =
      on instanceof HTMLElement && (on.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(on.tagName));
    if (isTyped || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.key === "?") open(parent);
    else if (event.key === "/") document.querySelector(".st-key-frame_search input")?.focus();
    else return;
    event.preventDefault();
  };
  window.addEventListener("keydown", onKey);
  return () => {
    window.removeEventListener("keydown", onKey);
    parent.keyList.leave = null;
  };
}

export default function ({ data, parentElement: parent }) {
  const state = (parent.keyList ??= { leave: null, call: 0 });
  state.pages = data.pages;
  state.leave ??= listen(parent);
  const button = parent.querySelector(".stat-keys-open");
  button.onclick = () => open(parent);
  const copy = parent.querySelector(".stat-copy-link");
  copy.onclick = async () => {
    await navigator.clipboard.writeText(window.location.href);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy link"), 2000);
  };
  button.hidden = false; // shown only once keys and clicks are listened to
  const call = (state.call += 1);
  return () => state.call === call && state.leave?.(); // a call that another one overtook is left at once
}
