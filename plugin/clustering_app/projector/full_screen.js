// Lets the map and its tools fill the screen, or where the browser refuses that, the window. They
// stay where they are in the page and are only laid over the rest, since menus open in the page.

const OVER_THE_PAGE = 1250 // above title bars, below the menus and dialogs of Material UI

function container(node, style) {
  for (let at = node; at != null; at = at.parentNode ?? at.host) {
    if (at.classList?.contains(style)) { return at }
  }
  return null
}

export function render({model}) {
  const button = document.createElement("button")
  button.type = "button"
  button.className = "command bare"
  const icon = document.createElement("span")
  icon.className = "command-icon"
  icon.setAttribute("aria-hidden", "true")
  button.append(icon)
  let full = false
  let before = ""

  const show = () => {
    const name = full ? "Leave full screen" : "Full screen"
    icon.textContent = full ? "fullscreen_exit" : "fullscreen"
    button.title = name
    button.setAttribute("aria-label", name)
    button.setAttribute("aria-pressed", String(full))
  }
  const fill = (wanted) => {
    const map = container(button, "map-panel")
    if (map == null || wanted === full) { return }
    full = wanted
    if (full) {
      before = map.style.cssText
      Object.assign(map.style, {
        position: "fixed", inset: "0", width: "100vw", height: "100vh", maxHeight: "none",
        zIndex: OVER_THE_PAGE, padding: "8px", boxSizing: "border-box",
        background: "var(--mui-palette-background-default, var(--panel-background-color, #fff))",
      })
    } else {
      map.style.cssText = before
    }
    show()
  }
  const changed = () => { if (document.fullscreenElement == null) { fill(false) } }
  button.addEventListener("click", async () => {
    fill(!full)
    try {
      if (full) {
        await document.documentElement.requestFullscreen()
      } else if (document.fullscreenElement != null) {
        await document.exitFullscreen()
      }
    } catch (error) { // a frame may not; the window is filled all the same
      console.debug("no full screen:", error)
    }
  })
  document.addEventListener("fullscreenchange", changed)
  model.on("remove", () => {
    document.removeEventListener("fullscreenchange", changed)
    fill(false)
  })
  show()
  return button
}
