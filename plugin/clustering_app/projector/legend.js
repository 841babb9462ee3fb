// The legend: built with createElement and text nodes only, as parts.js is.

const LONG = 12 // lines; from here on they can be searched

function element(tag, style, text) {
  const node = document.createElement(tag)
  node.className = style
  if (text != null) { node.textContent = text }
  return node
}

function button(model, style, text, name, act, label) {
  const node = element("button", style, text)
  node.type = "button"
  if (name) { node.title = name; node.setAttribute("aria-label", name) }
  node.addEventListener("click", () => model.send_msg([act, label]))
  return node
}

function number(line) {
  const [shown, count] = [line.shown, line.count].map((n) => n.toLocaleString("en"))
  return line.shown === line.count ? count : line.shown === 0 ? "hidden" : `${shown} of ${count}`
}

function swatch(model, line) {
  const node = element("input", "swatch")
  node.type = "color"
  node.value = line.colour
  node.title = `Colour of ${line.label}`
  node.setAttribute("aria-label", node.title)
  node.addEventListener("change", () => model.send_msg(["colour", line.label, node.value]))
  return node
}

function row(model, line, shownInAll) {
  const hidden = line.shown === 0
  const node = element("div", hidden ? "line hidden" : "line")
  node.setAttribute("role", "listitem")
  const choose = button(model, "choose", null, null, hidden ? "show" : "select", line.label)
  const label = element("span", "label", line.label)
  label.title = line.label
  choose.append(label, element("span", "number", number(line)))
  node.append(swatch(model, line), choose)
  if (line.own) {
    node.append(button(
      model, "act", "format_color_reset", `Give ${line.label} its first colour`, "own colour",
      line.label))
  }
  node.append(
    button(model, "act", "filter_center_focus", `Show only ${line.label}`, "isolate", line.label),
  )
  if (line.shown < line.count) {
    node.append(
      button(model, "act eye", "visibility_off", `Show ${line.label}`, "show", line.label))
  } else if (line.shown < shownInAll) { // something is always shown
    node.append(button(model, "act eye", "visibility", `Hide ${line.label}`, "hide", line.label))
  }
  return node
}

export function render({model}) {
  const root = element("div", "legend")
  const search = element("input", "search")
  search.type = "search"
  search.placeholder = "Find in the legend"
  search.setAttribute("aria-label", "Find in the legend")
  const lines = element("div", "lines")
  lines.setAttribute("role", "list")
  lines.setAttribute("aria-label", "Legend")
  root.append(search, lines)
  const draw = () => {
    const isLong = model.lines.length >= LONG
    search.style.display = isLong ? "" : "none"
    const wanted = isLong ? search.value.trim().toLowerCase() : ""
    const found = model.lines.filter((line) => line.label.toLowerCase().includes(wanted))
    const shown = model.lines.reduce((sum, line) => sum + line.shown, 0)
    lines.replaceChildren(...found.map((line) => row(model, line, shown)))
    if (wanted && !found.length) { lines.append(element("div", "none", "No such line")) }
  }
  search.addEventListener("input", draw)
  model.on("lines", draw)
  draw()
  return root
}
