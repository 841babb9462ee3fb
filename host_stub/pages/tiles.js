// Draws those of a long list of items that are near what is in view, with createElement and text
// nodes only, and reports scrolling, selecting and opening. Items are numbered through the list.

const GAP = 12, EDGE = 6
const ANSWER_MILLISECONDS = 2000
// After so long without an answer one asks again.

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
  const root = element("div", "tile-scroll")
  const grid = element("div", "tile-grid")
  grid.setAttribute("role", "listbox")
  grid.setAttribute("aria-multiselectable", "true")
  grid.setAttribute("aria-label", "Items")
  root.append(grid)
  let shown = {list: -1, first: 0, count: 0, tiles: []}
  let nodes = []
  let selected = new Set()
  let columns = 1, height = 1
  let anchor = 0
  let wanted = null
  // Number of the item that gets the focus once it is there.
  let asked = 0
  // Since when an answer is waited for; 0 when none is.

  const has = (number) => number >= shown.first && number < shown.first + nodes.length
  const top = (item) => Math.floor(item / columns) * height
  const number = (node) => shown.first + nodes.indexOf(node)
  const now = () => performance.timeOrigin + performance.now()

  const mark = () => nodes.forEach((node, index) => {
    const on = selected.has(shown.tiles[index].id)
    node.classList.toggle("selected", on)
    node.setAttribute("aria-selected", String(on))
  })

  const place = () => {
    if (nodes.length === 0 || root.clientHeight === 0) { return }
    columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length
    height = nodes[0].offsetHeight + GAP
    grid.style.paddingTop = `${EDGE + top(shown.first)}px`
    grid.style.height = `${2 * EDGE + Math.ceil(shown.count / columns) * height}px`
    nodes.forEach((node, index) => {
      node.style.gridColumnStart = index === 0 ? String(shown.first % columns + 1) : ""
    })
  }

  const look = () => {
    if (nodes.length === 0 || root.clientHeight === 0) { return }
    if (asked > 0 && performance.now() - asked < ANSWER_MILLISECONDS) { return }
    const first = Math.floor(root.scrollTop / height) * columns
    const last = Math.min(shown.count, Math.ceil((root.scrollTop + root.clientHeight) / height) * columns)
    if (first >= shown.first && last <= shown.first + nodes.length) { return }
    const screen = last - first
    asked = performance.now()
    model.send_msg({show: Math.max(0, first - screen), count: 3 * screen})
    setTimeout(look, ANSWER_MILLISECONDS)
  }

  const focus = (to) => {
    if (has(to)) {
      wanted = null
      nodes.forEach((node, index) => { node.tabIndex = index === to - shown.first ? 0 : -1 })
      nodes[to - shown.first].focus({preventScroll: false})
    } else {
      wanted = to
      root.scrollTop = top(to)
    }
  }

  const select = (to, range) => {
    const [from, until] = range ? [Math.min(anchor, to), Math.max(anchor, to)] : [to, to]
    if (!has(from) || !has(until)) {
      model.send_msg({range: [from, until]})
      return
    }
    const on = range || !selected.has(shown.tiles[to - shown.first].id)
    const ids = shown.tiles.slice(from - shown.first, until - shown.first + 1).map((tile) => tile.id)
    ids.forEach((id) => { on ? selected.add(id) : selected.delete(id) })
    if (!range) { anchor = to }
    mark()
    // The whole state with its time: messages may overtake each other on the server.
    const here = shown.tiles.map((tile) => tile.id).filter((id) => selected.has(id))
    model.send_msg({part: shown.part, selected: here, at: now()})
  }

  const open = (to) => model.send_msg({open: shown.tiles[to - shown.first].id})

  grid.addEventListener("click", (event) => {
    const node = event.target.closest(".tile")
    if (node === null) { return }
    focus(number(node))
    if (event.target.closest(".tile-open")) { open(number(node)) } else { select(number(node), event.shiftKey) }
  })
  grid.addEventListener("dblclick", (event) => {
    const node = event.target.closest(".tile")
    if (node !== null && !event.target.closest(".tile-open")) { open(number(node)) }
  })
  grid.addEventListener("keydown", (event) => {
    const node = event.target.closest(".tile")
    if (node === null) { return }
    const at = number(node)
    const screen = columns * Math.max(1, Math.floor(root.clientHeight / height))
    const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns,
                   PageDown: screen, PageUp: -screen, Home: -at, End: shown.count}
    if (event.key in steps) {
      focus(Math.max(0, Math.min(shown.count - 1, at + steps[event.key])))
    } else if (event.key === " ") {
      select(at, event.shiftKey)
    } else if (event.key === "Enter") {
      open(at)
    } else {
      return
    }
    event.preventDefault()
  })
  root.addEventListener("scroll", () => requestAnimationFrame(look))

  const fill = () => {
    const news = JSON.parse(model.shown)
    const another = news.list !== shown.list
    const before = new Map(shown.tiles.map((tile, index) => [JSON.stringify(tile), nodes[index]]))
    shown = news
    selected = new Set(model.selected)
    // A tile that stays keeps its node, and so its picture and the focus.
    nodes = shown.tiles.map((tile) => before.get(JSON.stringify(tile)) ?? draw(tile))
    const kept = new Set(nodes)
    for (const node of [...grid.children]) { if (!kept.has(node)) { node.remove() } }
    let next = grid.firstChild
    nodes.forEach((node, index) => {
      node.setAttribute("aria-posinset", String(shown.first + index + 1))
      node.setAttribute("aria-setsize", String(shown.count))
      if (node === next) { next = next.nextSibling } else { grid.insertBefore(node, next) }
    })
    const focused = nodes.indexOf(root.getRootNode().activeElement)
    nodes.forEach((node, index) => { node.tabIndex = index === Math.max(0, focused) ? 0 : -1 })
    mark()
    place()
    asked = 0
    if (another) { anchor = 0; wanted = null; root.scrollTop = 0 }
    if (wanted !== null && has(wanted)) { focus(wanted) }
    look()
  }

  new ResizeObserver(() => {
    if (root.clientHeight === 0) { return }
    const first = Math.floor(root.scrollTop / height) * columns
    const rest = root.scrollTop % height
    place()
    root.scrollTop = top(first) + Math.min(rest, height)
    look()
  }).observe(root)
  fill()
  model.on("shown", fill)
  model.on("selected", () => { selected = new Set(model.selected); mark() })
  return root
}
