// A line of a list, built with createElement and text nodes only. parts.js and item_list.js come
// after this file; with each it is one module.

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
  if (one.detail) {
    const detail = element("span", "entry-detail", one.detail)
    detail.title = one.detail
    words.append(detail)
  }
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
