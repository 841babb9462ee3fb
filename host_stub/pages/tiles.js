// Draws tiles with createElement and text nodes only, and reports selecting and opening.

function element(tag, style, text) {
  const node = document.createElement(tag)
  node.className = style
  if (text != null) { node.textContent = text }
  return node
}

function icon(name, style) {
  const node = element("span", `icon ${style}`, name)
  node.setAttribute("aria-hidden", "true")
  return node
}

function draw(tile) {
  const node = element("div", "tile")
  node.tabIndex = -1
  node.setAttribute("role", "option")
  node.setAttribute("aria-label", tile.name)
  node.title = tile.name
  const frame = element("div", "tile-frame")
  if (tile.picture != null) {
    const picture = element("img", "tile-picture")
    picture.loading = "lazy"
    picture.draggable = false
    picture.alt = ""
    picture.src = tile.picture
    frame.append(picture)
  } else {
    frame.append(icon(tile.icon, "tile-icon"), element("span", "tile-kind", tile.kind))
  }
  const mark = icon("check_circle", "tile-mark")
  const open = element("button", "icon-button tile-open")
  open.type = "button"
  open.tabIndex = -1
  open.title = "Open"
  open.setAttribute("aria-label", `Open ${tile.name}`)
  open.append(icon("open_in_full", ""))
  frame.append(mark, open)
  node.append(frame, element("div", "tile-name", tile.name), element("div", "tile-label", tile.label || "\u00a0"))
  return node
}

export function render({model}) {
  const root = element("div", "tile-grid")
  root.setAttribute("role", "listbox")
  root.setAttribute("aria-multiselectable", "true")
  root.setAttribute("aria-label", "Items")
  let nodes = []
  let selected = new Set()
  let anchor = 0

  const mark = () => nodes.forEach((node, index) => {
    const on = selected.has(model.tiles[index].id)
    node.classList.toggle("selected", on)
    node.setAttribute("aria-selected", String(on))
  })

  const focus = (index) => {
    nodes.forEach((node, i) => { node.tabIndex = i === index ? 0 : -1 })
    nodes[index].focus({preventScroll: false})
  }

  const select = (index, range) => {
    const on = range || !selected.has(model.tiles[index].id)
    const [first, last] = range ? [Math.min(anchor, index), Math.max(anchor, index)] : [index, index]
    const ids = model.tiles.slice(first, last + 1).map((tile) => tile.id)
    ids.forEach((id) => { on ? selected.add(id) : selected.delete(id) })
    if (!range) { anchor = index }
    mark()
    // The whole state with its time: messages may overtake each other on the server.
    const now = model.tiles.map((tile) => tile.id).filter((id) => selected.has(id))
    model.send_msg({first: model.tiles[0].id, selected: now, at: performance.timeOrigin + performance.now()})
  }

  const open = (index) => model.send_msg({open: model.tiles[index].id})

  const columns = () => {
    const top = nodes[0].offsetTop
    const count = nodes.findIndex((node) => node.offsetTop > top)
    return count < 0 ? nodes.length : count
  }

  root.addEventListener("click", (event) => {
    const index = nodes.findIndex((node) => node.contains(event.target))
    if (index < 0) { return }
    focus(index)
    if (event.target.closest(".tile-open")) { open(index) } else { select(index, event.shiftKey) }
  })
  root.addEventListener("dblclick", (event) => {
    const index = nodes.findIndex((node) => node.contains(event.target))
    if (index >= 0 && !event.target.closest(".tile-open")) { open(index) }
  })
  root.addEventListener("keydown", (event) => {
    const index = nodes.indexOf(event.target.closest(".tile"))
    if (index < 0) { return }
    const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns()}
    if (event.key in steps) {
      focus(Math.max(0, Math.min(nodes.length - 1, index + steps[event.key])))
    } else if (event.key === " ") {
      select(index, event.shiftKey)
    } else if (event.key === "Enter") {
      open(index)
    } else {
      return
    }
    event.preventDefault()
  })

  const fill = () => {
    selected = new Set(model.selected)
    nodes = model.tiles.map(draw)
    anchor = 0
    root.replaceChildren(...nodes)
    root.scrollTop = 0
    if (nodes.length > 0) { nodes[0].tabIndex = 0 }
    mark()
  }
  fill()
  model.on("tiles", fill)
  model.on("selected", () => { selected = new Set(model.selected); mark() })
  return root
}
