// Keys pressed anywhere on the page, unless something is being typed or the tab is not seen.

export function render({model}) {
  const place = document.createElement("span")
  const typing = (event) => event.composedPath().some((node) =>
    node.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName)
    || ["dialog", "menu", "listbox"].includes(node.getAttribute?.("role")))
  const hear = (event) => {
    if (typing(event) || event.altKey || place.getClientRects().length === 0) { return }
    const held = `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}`
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const name = held ? `${held}${event.shiftKey ? "shift+" : ""}${key}` : key
    if (["i", "h", "a", "v", "Escape", "ctrl+z", "ctrl+shift+z", "ctrl+y"].includes(name)) {
      if (held) { event.preventDefault() }
      model.send_msg(name)
    }
  }
  document.addEventListener("keydown", hear)
  model.on("remove", () => document.removeEventListener("keydown", hear))
  return place
}
