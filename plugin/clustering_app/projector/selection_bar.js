// The commands on a selection, as buttons and as keys, which are heard anywhere on the page unless
// something is being typed or the tab is not seen.

function button(model, one) {
  const node = document.createElement("button")
  node.type = "button"
  node.className = one.text ? "command" : "command bare"
  node.title = one.title
  node.setAttribute("aria-label", one.name)
  const icon = document.createElement("span")
  icon.className = "command-icon"
  icon.textContent = one.icon
  icon.setAttribute("aria-hidden", "true")
  node.append(icon)
  if (one.text) { node.append(one.name) }
  node.addEventListener("click", () => model.send_msg(one.command))
  return node
}

function name(event) {
  const held = event.ctrlKey || event.metaKey
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return held ? `ctrl+${event.shiftKey ? "shift+" : ""}${key}` : key
}

function typing(event) {
  return event.composedPath().some((node) =>
    node.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName)
    || ["dialog", "menu", "listbox"].includes(node.getAttribute?.("role")))
}

export function render({model}) {
  const bar = document.createElement("div")
  bar.className = "commands"
  const buttons = model.commands.map((one) => button(model, one))
  bar.append(...buttons)
  const show = () => model.commands.forEach((one, index) => {
    buttons[index].disabled = !model.possible.includes(one.command)
  })
  show()
  model.on("possible", show)
  const hear = (event) => {
    const command = model.keys[name(event)]
    if (command == null || event.altKey || typing(event) || bar.getClientRects().length === 0) {
      return
    }
    if (event.ctrlKey || event.metaKey) { event.preventDefault() }
    model.send_msg(command)
  }
  document.addEventListener("keydown", hear)
  model.on("remove", () => document.removeEventListener("keydown", hear))
  return bar
}
