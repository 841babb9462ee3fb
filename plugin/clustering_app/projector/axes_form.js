// Two ends for each axis. Native controls: reached by keys, and what is chosen comes by message.

const SAID = {start: "from", end: "to"}

function element(tag, style, text) {
  const node = document.createElement(tag)
  node.className = style
  if (text != null) { node.textContent = text }
  return node
}

function endOf(model, name, side) {
  const row = element("div", "end")
  const choice = element("select", "")
  choice.setAttribute("aria-label", `${name} ${SAID[side]}`)
  const line = element("input", "")
  line.type = "text"
  line.hidden = true
  line.placeholder = "What pictures there show"
  line.setAttribute("aria-label", `Text of ${name} ${SAID[side]}`)
  const fill = () => {
    const chosen = model.described[`${name} ${side}`]
    const count = model.selected.toLocaleString("en")
    const selection = new Option(`The selection (${count})`, "selection")
    selection.disabled = model.selected === 0
    const options = [new Option(chosen ?? "Choose …", ""), selection, new Option("A text …", "text")]
    choice.replaceChildren(...options)
    if (model.saved.length) {
      const group = element("optgroup", "")
      group.label = "Saved selections"
      group.append(...model.saved.map(([id, title]) => new Option(title, `saved ${id}`)))
      choice.append(group)
    }
    choice.classList.toggle("open", chosen == null)
    choice.title = chosen ?? ""
    choice.value = line.hidden ? "" : "text"
  }
  choice.addEventListener("change", () => {
    const {value} = choice
    line.hidden = value !== "text"
    if (value === "selection") { model.send_msg([name, side, "selection"]) }
    if (value.startsWith("saved ")) { model.send_msg([name, side, "saved", value.slice(6)]) }
    if (value === "text") { line.focus() } else { fill() }
  })
  line.addEventListener("change", () => {
    if (!line.value.trim()) { return }
    model.send_msg([name, side, "text", line.value])
    line.hidden = true
    fill()
  })
  fill()
  row.append(element("span", "side", SAID[side]), choice, line)
  return {row, fill}
}

export function render({model}) {
  const root = element("div", "axes")
  const ends = []
  for (const name of ["x", "y", "z"]) {
    const both = ["start", "end"].map((side) => endOf(model, name, side))
    const axis = element("div", "axis")
    axis.append(element("span", "name", name), ...both.map(({row}) => row))
    root.append(axis)
    ends.push(...both)
    const show = () => { axis.hidden = !model.names.includes(name) }
    model.on("names", show)
    show()
  }
  const fill = () => ends.forEach((end) => end.fill())
  for (const what of ["described", "saved", "selected"]) { model.on(what, fill) }
  return root
}
