// A list of any length, of which only the lines that are seen are in the page. Comes after entry.js.

const LINE = 50 // pixels
const AROUND = 6 // lines above and below what is seen, so that scrolling finds them there
const MOST_SEEN = 9 // lines; more are scrolled

export function render({model}) {
  const root = element("div", "items")
  root.setAttribute("role", "list")
  root.setAttribute("aria-label", "Selected items")
  root.tabIndex = 0
  const whole = element("div", "whole")
  root.append(whole)
  let lines = new Map() // entries by their number
  let asked = ""

  const seen = () => {
    const first = Math.max(0, Math.floor(root.scrollTop / LINE) - AROUND)
    const last = Math.ceil((root.scrollTop + root.clientHeight) / LINE) + AROUND
    return [first, Math.min(model.count, Math.max(last, MOST_SEEN))]
  }
  const draw = () => {
    const [from, to] = seen()
    const nodes = []
    let missing = false
    for (let number = from; number < to; number++) {
      const one = lines.get(number)
      if (one == null) { missing = true; continue }
      const node = element("div", "item")
      node.setAttribute("role", "listitem")
      node.setAttribute("aria-setsize", model.count)
      node.setAttribute("aria-posinset", number + 1)
      node.style.top = `${number * LINE}px`
      node.append(entry(model, one))
      nodes.push(node)
    }
    whole.replaceChildren(...nodes)
    const wanted = `${model.serial} ${from} ${to}`
    if (missing && wanted !== asked) {
      asked = wanted
      model.send_msg({serial: model.serial, from, to})
    }
  }
  const fill = () => {
    lines = new Map()
    root.style.display = model.count ? "" : "none"
    root.style.height = `${Math.min(model.count, MOST_SEEN) * LINE}px`
    whole.style.height = `${model.count * LINE}px`
    root.scrollTop = 0
    draw()
  }
  let frame = null
  root.addEventListener("scroll", () => {
    frame ??= requestAnimationFrame(() => { frame = null; draw() })
  })
  model.on("msg:custom", ({serial, from, entries}) => {
    if (serial !== model.serial) { return }
    entries.forEach((one, index) => lines.set(from + index, one))
    draw()
  })
  model.on("serial", fill)
  fill()
  return root
}
