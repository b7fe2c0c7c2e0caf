// Keys and clicks on buttons, kept in order until the server has carried them out.
// A redraw of the page cannot swallow one: the list of those still open is sent whole, each with its number.
const TWICE_MS = 200; // a second click on the same button within this time is a double click

let lastShown = 0; // when the newest message was said that was shown, also before the page was left

function isTyped(event) {
  const on = event.composedPath()[0];
  return on instanceof HTMLElement && (on.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(on.tagName));
}

function isDialogOpen() {
  return document.querySelector('[role="dialog"][aria-modal="true"], .stDialog, dialog[open]') !== null;
}

function pressedButton(event, buttons) {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (!button || button.disabled) return null;
  for (let at = button; at; at = at.parentElement) {
    for (const name of at.classList) {
      const found = buttons.find(([prefix]) => name.startsWith(`st-key-${prefix}`));
      if (found) return found[1].replace("*", name.slice(name.lastIndexOf("_") + 1));
    }
  }
  return null;
}

function draw(state, parent) {
  const { data, open } = state;
  const box = parent.querySelector(".presses");
  const undo = box.querySelector("button");
  const said = data.said ? data.said.text : "";
  const list = open.map((one) => data.names[one.what] ?? one.what).join(", ");
  box.querySelector("span").textContent = open.length ? `Saving: ${list}` : state.lost || said;
  box.dataset.state = open.length ? "saving" : state.lost ? "lost" : "saved";
  undo.hidden = open.length > 0 || !(data.said && data.said.undo);
  undo.onclick = () => add(state, parent, data.said.undo);
  const isNew = said && data.said.at > lastShown;
  if (open.length || isNew || state.lost) {
    box.hidden = false;
    clearTimeout(state.timer);
    if (!open.length) state.timer = setTimeout(() => (box.hidden = true), data.seconds * 1000);
  }
  if (data.said) lastShown = data.said.at;
}

function add(state, parent, what) {
  state.lost = "";
  state.last = Math.max(state.last + 1, Date.now());
  state.open.push({ n: state.last, what, epoch: state.data.epoch });
  draw(state, parent);
  state.send("presses", state.open.map((one) => ({ ...one })));
}

function listen(state, parent) {
  const onKey = (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyped(event) || isDialogOpen()) return;
    if (!Object.hasOwn(state.data.keys, key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) add(state, parent, state.data.keys[key]);
  };
  const onClick = (event) => {
    const what = pressedButton(event, state.data.buttons);
    if (what === null) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const before = state.clicked;
    state.clicked = { what, at: event.timeStamp };
    if (!before || before.what !== what || event.timeStamp - before.at > TWICE_MS) add(state, parent, what);
  };
  window.addEventListener("keydown", onKey, true);
  window.addEventListener("click", onClick, true);
  return () => {
    window.removeEventListener("keydown", onKey, true);
    window.removeEventListener("click", onClick, true);
    state.leave = null;
  };
}

// Called again whenever the server sends other data; what it returns is called when the page is left.
export default function (component) {
  const { data, parentElement: parent, setStateValue } = component;
  const state = (parent.presses ??= { open: [], last: 0, lost: "", clicked: null, leave: null });
  state.data = data;
  state.send = setStateValue;
  const waiting = state.open.filter((one) => one.n > data.done);
  state.open = waiting.filter((one) => one.epoch === data.epoch);
  const n = waiting.length - state.open.length;
  if (n) state.lost = `${n === 1 ? "1 key was" : `${n} keys were`} not carried out: look at the page first`;
  draw(state, parent);
  state.leave ??= listen(state, parent);
  const call = (state.call = (state.call ?? 0) + 1);
  return () => state.call === call && state.leave?.(); // a call that another one overtook is left at once
}
