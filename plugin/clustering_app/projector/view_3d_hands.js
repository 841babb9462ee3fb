// What the user does with mouse and keys: turn, move, zoom, draw a box or a lasso, tap, hover.

const MOVED = 4 // pixels after which a press is a drag and no tap
const STILL_MILLISECONDS = 30 // that the pointer rests before it hovers
const KEY_TURN = Math.PI / 36
const KEY_ZOOM = 1.2
const TURN_PER_PIXEL = Math.PI / 500
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}

class Hands {
  constructor(view) {
    this.view = view
    const on = (name, act) => view.root.addEventListener(name, act.bind(this), {passive: false})
    on("pointerdown", this.press)
    on("pointermove", this.move)
    on("pointerup", this.release)
    on("pointercancel", this.drop)
    on("pointerleave", () => this.hover(null))
    on("wheel", this.wheel)
    on("keydown", this.key)
    on("dblclick", () => view.fit())
    on("contextmenu", (event) => event.preventDefault())
  }

  at(event) {
    const {left, top} = this.view.root.getBoundingClientRect()
    return [event.clientX - left, event.clientY - top]
  }

  press(event) {
    const {root, model, cloud} = this.view
    if (this.drag || !this.view.camera) { return }
    root.focus({preventScroll: true})
    root.setPointerCapture(event.pointerId)
    const turns = cloud.dimensions === 3 ? "orbit" : "pan"
    const other = event.button !== 0 || event.ctrlKey || event.metaKey
    const does = other ? "pan" : model.tool === "orbit" ? turns : model.tool
    const place = this.at(event)
    this.drag = {does, path: [place], last: place, button: event.button, moved: false}
    this.hover(null)
  }

  move(event) {
    const {view, drag} = this
    if (!view.camera) { return }
    if (!drag) { this.hover(event); return }
    const place = this.at(event)
    const [startX, startY] = drag.path[0]
    drag.moved ||= Math.hypot(place[0] - startX, place[1] - startY) >= MOVED
    if (!drag.moved) { return }
    const x = place[0] - drag.last[0], y = place[1] - drag.last[1]
    drag.last = place
    if (drag.does === "orbit") {
      view.look(orbited(view.camera, x * TURN_PER_PIXEL, y * TURN_PER_PIXEL))
    } else if (drag.does === "pan") {
      view.look(panned(view.camera, view.size, x, y))
    } else {
      drag.path.push(place)
      view.outline = drag
      view.redraw()
    }
  }

  release(event) {
    const {view, drag} = this
    if (!drag) { return }
    this.drop()
    if (!drag.moved) {
      if (drag.button === 0) { view.tap(...drag.path[0], this.mode(event)) }
    } else if (drag.does === "box") {
      view.choose(insideBox(drag.path[0], this.at(event)), this.mode(event))
    } else if (drag.does === "lasso") {
      view.choose(insideLasso(drag.path), this.mode(event))
    }
  }

  drop() {
    this.drag = this.view.outline = null
    this.view.redraw()
  }

  mode({shiftKey, altKey}) {
    if (shiftKey) { return altKey ? "intersect" : "add" }
    return altKey ? "subtract" : this.view.model.mode
  }

  // Tell what is under the pointer, once it rests.
  hover(event) {
    clearTimeout(this.resting)
    if (event == null) {
      this.view.hover(-1, 0, 0)
    } else {
      const [x, y] = this.at(event)
      this.resting = setTimeout(() => this.view.hover(this.view.pointAt(x, y), x, y),
        STILL_MILLISECONDS)
    }
  }

  wheel(event) {
    const {view} = this
    event.preventDefault()
    if (!view.camera) { return }
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 33 : event.deltaY
    const factor = Math.exp(Math.max(-200, Math.min(200, pixels)) * 0.002)
    view.look(zoomed(view.camera, view.size, factor, ...this.at(event)))
  }

  key(event) {
    const {view} = this
    const {camera, cloud, size} = view
    if (!camera || event.ctrlKey || event.metaKey) { return }
    const arrow = ARROWS[event.key]
    if (arrow && cloud.dimensions === 3) {
      view.look(orbited(camera, arrow[0] * KEY_TURN, arrow[1] * KEY_TURN))
    } else if (arrow) {
      const step = Math.min(size.width, size.height) / -10
      view.look(panned(camera, size, arrow[0] * step, arrow[1] * step))
    } else if (event.key === "+" || event.key === "=") {
      view.look(zoomed(camera, size, 1 / KEY_ZOOM))
    } else if (event.key === "-") {
      view.look(zoomed(camera, size, KEY_ZOOM))
    } else if (event.key === "0") {
      view.fit()
    } else if (event.key === "Escape" && this.drag) {
      this.drop()
    } else if (event.key === "Escape") {
      view.clear()
    } else {
      return
    }
    event.preventDefault()
  }
}
