// Small read-only parts of the tab, built with createElement and text nodes only: what users wrote
// can never become markup.

function element(tag, style, text) {
  const node = document.createElement(tag)
  if (style) { node.className = style }
  if (text != null) { node.textContent = text }
  return node
}

function entry(model, one) {
  const node = element("div", one.message == null ? "entry" : "entry active")
  if (one.picture) {
    const picture = element("img", "entry-picture")
    picture.loading = "lazy"
    picture.alt = ""
    picture.src = one.picture
    node.append(picture)
  }
  const words = element("div", "entry-words")
  const title = element(one.href ? "a" : "span", "entry-title", one.title)
  title.title = one.title
  if (one.href) { title.href = one.href; title.target = "_blank"; title.rel = "noopener" }
  words.append(title)
  if (one.detail) { words.append(element("span", "entry-detail", one.detail)) }
  node.append(words)
  if (one.message != null) {
    node.tabIndex = 0
    node.setAttribute("role", "button")
    node.addEventListener("click", () => model.send_msg(one.message))
    node.addEventListener("keydown", (event) => { if (event.key === "Enter") { node.click() } })
  }
  return one.delete == null ? node : deletable(model, one, node)
}

function deletable(model, one, node) {
  const row = element("div", "entry-row")
  const cross = element("button", "entry-delete", "close")
  cross.type = "button"
  cross.title = `Delete ${one.title}`
  cross.setAttribute("aria-label", cross.title)
  cross.addEventListener("click", () => model.send_msg(one.delete))
  row.append(node, cross)
  return row
}

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

export function render({model}) {
  const root = element("div", "parts")
  let drawn = []
  const draw = () => {
    // What did not change stays in place, so that neither a press of a button nor the focus is lost.
    const next = model.parts.map((one, index) => {
      const key = JSON.stringify(one)
      const old = drawn[index]
      if (old != null && old.key === key) { return old }
      const make = {notice, card: (_, o) => card(o), entry}[one.part]
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
  return root
}
