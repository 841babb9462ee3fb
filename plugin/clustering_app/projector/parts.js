// Small read-only parts of the tab, built with createElement and text nodes only: what users wrote
// can never become markup.

function notice(model, one) {
  const node = element("div", `notice ${one.kind}`)
  if (one.icon) { node.append(element("span", "notice-icon", one.icon)) }
  const words = element("div", "notice-words")
  if (one.title) { words.append(element("div", "notice-title", one.title)) }
  if (one.text) { words.append(element("div", "notice-text", one.text)) }
  if (one.progress != null) {
    const bar = element("progress", "notice-progress")
    bar.max = 1
    bar.value = one.progress
    words.append(bar)
  }
  node.append(words)
  const buttons = element("div", "notice-buttons")
  for (const [index, label] of (one.buttons || []).entries()) {
    const button = element("button", index === 0 ? "button first" : "button", label)
    button.type = "button"
    button.addEventListener("click", () => model.send_msg(label))
    buttons.append(button)
  }
  if (buttons.childNodes.length) { node.append(buttons) }
  return node
}

function card(one) {
  const node = element("div", "card")
  node.style.left = `${one.x}px`
  node.style.top = `${one.y}px`
  if (one.picture) {
    const picture = element("img", "card-picture")
    picture.alt = ""
    picture.src = one.picture
    node.append(picture)
  }
  node.append(element("div", "card-title", one.title))
  node.append(...one.lines.map((line) => element("div", "card-detail", line)))
  requestAnimationFrame(() => { // keep it inside the window
    const box = node.getBoundingClientRect()
    const right = box.right - window.innerWidth + 8
    const below = box.bottom - window.innerHeight + 8
    if (right > 0) { node.style.left = `${one.x - box.width - 32}px` }
    if (below > 0) { node.style.top = `${one.y - below}px` }
  })
  return node
}

function table(one) {
  const node = element("dl", "table")
  for (const [name, value] of one.rows) {
    node.append(element("dt", "", name), element("dd", "", value))
  }
  return node
}

export function render({model}) {
  const root = element("div", "parts")
  let drawn = []
  const draw = () => {
    // What did not change stays in place, so that neither a press of a button nor the focus is lost.
    const next = model.parts.map((one, index) => {
      const key = JSON.stringify(one)
      const old = drawn[index]
      if (old != null && old.key === key) { return old }
      const make = {notice, card: (_, o) => card(o), table: (_, o) => table(o), entry}[one.part]
      if (old != null && one.part === "notice" && old.one.part === "notice"
          && old.one.progress != null && one.progress != null && old.one.kind === one.kind
          && JSON.stringify(old.one.buttons) === JSON.stringify(one.buttons)) {
        old.node.querySelector(".notice-title").textContent = one.title
        const text = old.node.querySelector(".notice-text")
        if (text != null) { text.textContent = one.text }
        old.node.querySelector("progress").value = one.progress
        return {key, one, node: old.node}
      }
      return {key, one, node: make(model, one)}
    })
    next.forEach(({node}, index) => {
      const there = root.childNodes[index]
      if (there == null) {
        root.append(node)
      } else if (there !== node) {
        there.replaceWith(node)
      }
    })
    while (root.childNodes.length > next.length) { root.lastChild.remove() }
    drawn = next
  }
  draw()
  model.on("parts", draw)
  if (model.tells_drawn) { model.send_msg("drawn") }
  return root
}
