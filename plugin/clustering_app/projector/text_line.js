// A line to type in, and a button: Enter or the button sends the text.

export function render({model}) {
  const line = document.createElement("form")
  line.className = "search"
  const box = document.createElement("input")
  box.type = "search"
  box.setAttribute("aria-label", model.label)
  const show = () => { box.placeholder = model.placeholder }
  const fill = () => { box.value = model.text }
  show()
  fill()
  model.on("placeholder", show)
  model.on("text", fill)
  const send = document.createElement("button")
  send.className = "button"
  send.textContent = model.action
  line.append(box, send)
  line.addEventListener("submit", (event) => {
    event.preventDefault()
    model.send_msg(box.value)
  })
  return line
}
