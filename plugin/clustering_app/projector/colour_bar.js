// A scale of colours under the histogram of its values. A drag over it, or the two numbers below,
// chooses a range.

function element(tag, style, text) {
  const node = document.createElement(tag)
  node.className = style
  if (text != null) { node.textContent = text }
  return node
}

function number(name) {
  const node = element("input", "bound")
  node.type = "number"
  node.step = "any"
  node.setAttribute("aria-label", name)
  return node
}

export function render({model}) {
  const root = element("div", "colour-bar")
  root.setAttribute("role", "group")
  root.setAttribute("aria-label", "Select a range of values")
  const bars = element("div", "bars")
  const scale = element("div", "scale")
  const brush = element("div", "brush")
  const over = element("div", "over")
  over.title = "Drag to select the points of a range"
  over.append(bars, scale, brush)
  const line = element("div", "bounds")
  const from = number("From"), to = number("To")
  line.append(from, element("span", "dash", "to"), to)
  root.append(over, line)
  let start = null

  const short = (value) => String(Number(value.toPrecision(4)))
  const shareOf = (event) => {
    const box = over.getBoundingClientRect()
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1)
  }
  const valueAt = (share) => model.low + share * (model.high - model.low)
  const mark = (a, b) => {
    brush.style.left = `${100 * Math.min(a, b)}%`
    brush.style.width = `${100 * Math.abs(b - a)}%`
  }
  const draw = () => {
    root.style.display = model.counts.length ? "" : "none"
    const {palette, counts} = model
    const most = Math.max(...counts, 1)
    bars.replaceChildren(...counts.map((count, index) => {
      const bar = element("div", "bar")
      const place = Math.floor(index / counts.length * palette.length)
      bar.style.height = count ? `${Math.max(100 * count / most, 4)}%` : "0"
      bar.style.background = palette[place]
      bar.title = count.toLocaleString("en")
      return bar
    }))
    scale.style.background = `linear-gradient(to right, ${palette.join(",")})`
    from.value = short(model.low)
    to.value = short(model.high)
    mark(0, 0)
  }
  const send = (a, b) => model.send_msg([Math.min(a, b), Math.max(a, b)])

  over.addEventListener("pointerdown", (event) => {
    start = shareOf(event)
    over.setPointerCapture(event.pointerId)
    mark(start, start)
    event.preventDefault()
  })
  over.addEventListener("pointermove", (event) => {
    if (start != null) { mark(start, shareOf(event)) }
  })
  over.addEventListener("pointerup", (event) => {
    if (start == null) { return }
    const ends = [start, shareOf(event)].sort((a, b) => a - b).map(valueAt)
    start = null
    from.value = short(ends[0])
    to.value = short(ends[1])
    send(...ends)
  })
  over.addEventListener("pointercancel", () => { start = null; mark(0, 0) })
  line.addEventListener("change", () => {
    const [a, b] = [from.valueAsNumber, to.valueAsNumber]
    if (!Number.isFinite(a + b)) { return }
    const share = (value) => (value - model.low) / (model.high - model.low)
    const inside = (value) => Math.min(Math.max(share(value), 0), 1)
    mark(inside(a), inside(b))
    send(a, b)
  })
  for (const name of ["palette", "low", "high", "counts"]) { model.on(name, draw) }
  draw()
  return root
}
