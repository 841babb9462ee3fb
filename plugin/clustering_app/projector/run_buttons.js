// Run, and beside it what places new items on the map that is there.

export function render({model}) {
  const root = document.createElement("div")
  root.className = "run-buttons"
  const make = (message) => {
    const button = document.createElement("button")
    button.type = "button"
    button.className = `button ${message}`
    button.addEventListener("click", () => model.send_msg(message))
    root.append(button)
    return button
  }
  const run = make("run")
  const place = make("place")
  run.textContent = "Run"
  place.title = "No point of the map moves"
  const show = () => {
    run.disabled = place.disabled = !model.enabled
    place.hidden = model.unmapped === 0
    place.textContent = model.unmapped === 1
      ? "Place 1 new item" : `Place ${model.unmapped.toLocaleString("en")} new items`
  }
  show()
  model.on("enabled", show)
  model.on("unmapped", show)
  return root
}
