// Lines of field, operator and value, joined by all or any. Native controls, so that they are
// reached by keys, and their values come with the message that asks.

function choice(label, options) {
  const node = document.createElement("select")
  node.setAttribute("aria-label", label)
  node.append(...options.map((one) => new Option(one, one)))
  return node
}

function box(label) {
  const node = document.createElement("input")
  node.type = "text"
  node.setAttribute("aria-label", label)
  node.placeholder = label
  return node
}

function press(text, name, act) {
  const node = document.createElement("button")
  node.type = "button"
  node.className = "command"
  node.textContent = text
  node.setAttribute("aria-label", name)
  node.addEventListener("click", act)
  return node
}

export function render({model}) {
  const form = document.createElement("form")
  form.className = "conditions"
  const join = choice("Joined by", ["all", "any"])
  const lines = document.createElement("div")

  const add = () => {
    const line = document.createElement("div")
    line.className = "condition"
    const field = choice("Field", model.fields)
    const operator = choice("Operator", model.operators)
    const value = box("Value"), end = box("To")
    const show = () => {
      value.hidden = operator.value === "exists"
      end.hidden = operator.value !== "in range"
    }
    operator.addEventListener("change", show)
    show()
    const remove = press("✕", "Remove this condition", () => {
      line.remove()
      if (!lines.childNodes.length) { add() }
    })
    line.append(field, operator, remove, value, end)
    line.read = () => [field.value, operator.value, value.value, end.value]
    line.field = field
    lines.append(line)
    return line
  }
  const first = document.createElement("div")
  first.className = "joined"
  first.append("Meets ", join, " of")
  const last = document.createElement("div")
  last.className = "joined"
  const find = document.createElement("button")
  find.className = "button"
  find.textContent = "Find items"
  last.append(press("+ Condition", "Add a condition", () => add().field.focus()), find)
  form.append(first, lines, last)
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    const conditions = [...lines.childNodes].map((line) => line.read())
    model.send_msg({join: join.value, conditions})
  })
  model.on("fields", () => {
    for (const line of lines.childNodes) {
      const chosen = line.field.value
      line.field.replaceChildren(...model.fields.map((one) => new Option(one, one)))
      if (model.fields.includes(chosen)) { line.field.value = chosen }
    }
  })
  add()
  return form
}
