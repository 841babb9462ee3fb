// Keeps the fragment of the page's address as Python says, tells Python what it was at first and
// when the user changes it, and copies the address. The history gets no entry for each change.

const SHOWN_MILLISECONDS = 6000

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch { // no secure context, or not allowed
    const box = document.createElement("textarea")
    box.value = text
    box.style.position = "fixed"
    document.body.append(box)
    box.select()
    const done = document.execCommand("copy")
    box.remove()
    return done
  }
}

export function render({model}) {
  const root = document.createElement("div")
  root.className = "commands"
  const button = document.createElement("button")
  button.type = "button"
  button.className = "command bare"
  button.title = "Copy the address of this view"
  button.setAttribute("aria-label", "Copy link")
  const icon = document.createElement("span")
  icon.className = "command-icon"
  icon.textContent = "link"
  icon.setAttribute("aria-hidden", "true")
  button.append(icon)
  const answer = document.createElement("span")
  answer.className = "answer"
  answer.setAttribute("role", "status")
  root.append(button, answer)

  const address = () => {
    const here = new URL(window.location.href)
    if (model.panel) { here.searchParams.set("panel", model.panel) }
    here.hash = model.fragment
    return here.href
  }
  const write = () => window.history.replaceState(window.history.state, "", address())
  const tell = () => model.send_msg(window.location.hash.slice(1))
  button.addEventListener("click", async () => {
    const text = address()
    const done = await copy(text)
    answer.textContent = done ? model.copied : `Copy it from the address bar: ${text}`
    setTimeout(() => { answer.textContent = "" }, SHOWN_MILLISECONDS)
  })
  // Panel may mount this again at any time: what stands in the address then is what Python said,
  // or said before the last message came, and to follow that would lose what the user sees.
  if (!model.opened && window.location.hash.length > 1) { tell() } else { write() }
  model.opened = true
  model.on("fragment", write)
  window.addEventListener("hashchange", tell)
  model.on("remove", () => window.removeEventListener("hashchange", tell))
  return root
}
