// A button, with an icon before its label where it has one.

export function render({model}) {
  const button = document.createElement("button")
  button.type = "button"
  button.style.width = "100%" // of its place, where that is stretched
  const icon = document.createElement("span")
  icon.className = "command-icon"
  icon.setAttribute("aria-hidden", "true")
  const label = document.createElement("span")
  button.append(icon, label)
  const show = () => {
    button.className = model.look
    button.title = model.title
    button.disabled = !model.enabled
    icon.textContent = model.icon
    icon.hidden = model.icon === ""
    label.textContent = model.label
  }
  show()
  for (const name of ["look", "title", "enabled", "icon", "label"]) { model.on(name, show) }
  button.addEventListener("click", () => model.send_msg("press"))
  return button
}
