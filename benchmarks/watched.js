// Put into a page before its own scripts: what crosses its websockets, when points were drawn, and
// how long its scripts take a frame. `watched.least` is the number of points that make a picture.
window.watched = {least: Infinity, received: 0, sent: 0, frames: [], begun: [], drawn: []}

{
  const {watched} = window
  const Socket = window.WebSocket
  const length = (data) => data.byteLength ?? data.size ?? data.length
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args)
      this.addEventListener("message", ({data}) => { watched.received += length(data) })
    }

    send(data) {
      watched.sent += length(data)
      super.send(data)
    }
  }

  // A drawing is begun when it is ordered, and drawn when one of its pixels can be read.
  const noticed = (gl, draw) => function (...args) {
    const result = draw.apply(this, args)
    if (Math.max(args[2], args[3] ?? 0) >= watched.least) {
      watched.begun.push(Date.now())
      setTimeout(() => {
        const context = gl ?? this
        context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4))
        watched.drawn.push(Date.now())
      })
    }
    return result
  }
  for (const kind of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) {
    const {getExtension} = kind.prototype
    kind.prototype.drawArrays = noticed(null, kind.prototype.drawArrays)
    if (kind.prototype.drawArraysInstanced) {
      kind.prototype.drawArraysInstanced = noticed(null, kind.prototype.drawArraysInstanced)
    }
    kind.prototype.getExtension = function (name) {
      const found = getExtension.call(this, name)
      if (found?.drawArraysInstancedANGLE && !found.watched) {
        found.watched = true
        found.drawArraysInstancedANGLE = noticed(this, found.drawArraysInstancedANGLE)
      }
      return found
    }
  }

  // Everything that scripts do between two frames: pointer events and what they ask a frame for.
  let spent = 0
  const timed = (act) => function (...args) {
    const start = performance.now()
    try { return act.apply(this, args) } finally { spent += performance.now() - start }
  }
  const {addEventListener} = EventTarget.prototype
  const wrapped = new WeakMap()
  EventTarget.prototype.addEventListener = function (name, act, ...rest) {
    if (!/^(pointer|mouse|wheel)/.test(name) || typeof act !== "function") {
      return addEventListener.call(this, name, act, ...rest)
    }
    if (!wrapped.has(act)) { wrapped.set(act, timed(act)) }
    return addEventListener.call(this, name, wrapped.get(act), ...rest)
  }
  const {removeEventListener} = EventTarget.prototype
  EventTarget.prototype.removeEventListener = function (name, act, ...rest) {
    removeEventListener.call(this, name, wrapped.get(act) ?? act, ...rest)
  }
  const request = window.requestAnimationFrame
  window.requestAnimationFrame = (act) => request(timed(act))
  const tick = () => {
    if (spent > 0) { watched.frames.push(spent) }
    spent = 0
    request(tick)
  }
  request(tick)
}
