// What lies over the points: texts, pictures, and the outline of a selection being drawn.

const MOST_TEXTS = 200
const MOST_PICTURES = 400
const PICTURE_SIZE = 40
const TEXT_HEIGHT = 15

class Overlay {
  constructor(canvas) {
    this.context = canvas.getContext("2d")
    this.widths = new Map()
    this.images = new Map() // of a row
  }

  resize(width, height) {
    const {canvas} = this.context
    if (canvas.width !== width || canvas.height !== height) { Object.assign(canvas, {width, height}) }
  }

  // Chromium may go on showing a canvas as it was before it was only cleared, so a pixel is drawn.
  clear(size, ratio, {paper}) {
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.context.clearRect(0, 0, size.width, size.height)
    this.context.fillStyle = paper
    this.context.fillRect(0, 0, 1, 1)
  }

  // Texts beside their points, nearest first; one that would cover another is left out.
  texts(cloud, camera, size, {rows, texts}, look) {
    const context = this.context
    const places = project(cloud, camera, size, new Float32Array(3 * rows.length), rows)
    const order = Array.from(rows.keys())
    if (cloud.dimensions === 3) { order.sort((a, b) => places[3 * a + 2] - places[3 * b + 2]) }
    context.font = "12px Roboto, Helvetica, Arial, sans-serif"
    context.textBaseline = "middle"
    context.lineJoin = "round"
    context.lineWidth = 3
    context.strokeStyle = look.paper
    context.fillStyle = look.text
    const taken = []
    for (const index of order) {
      const left = places[3 * index] + 7, y = places[3 * index + 1]
      const inside = left > 0 && left < size.width && y > 0 && y < size.height
      if (!inside || isSet(cloud.hidden, rows[index])) { continue }
      const right = left + this.width(texts[index])
      const covers = taken.some((other) => Math.abs(other.y - y) < TEXT_HEIGHT
        && left < other.right + 4 && right + 4 > other.left)
      if (covers) { continue }
      taken.push({left, right, y})
      context.strokeText(texts[index], left, y)
      context.fillText(texts[index], left, y)
      if (taken.length === MOST_TEXTS) { break }
    }
    return taken.length
  }

  width(text) {
    if (!this.widths.has(text)) { this.widths.set(text, this.context.measureText(text).width) }
    return this.widths.get(text)
  }

  // Pictures over their points, the nearest last.
  pictures(cloud, camera, size, rows) {
    const places = project(cloud, camera, size, new Float32Array(3 * rows.length), rows)
    const order = Array.from(rows.keys()).sort((a, b) => places[3 * b + 2] - places[3 * a + 2])
    for (const index of order) {
      const image = this.images.get(rows[index])
      if (!image?.complete || !image.naturalWidth || Number.isNaN(places[3 * index])) { continue }
      const scale = PICTURE_SIZE / Math.max(image.naturalWidth, image.naturalHeight)
      const width = image.naturalWidth * scale, height = image.naturalHeight * scale
      const left = places[3 * index] - width / 2, top = places[3 * index + 1] - height / 2
      this.context.drawImage(image, left, top, width, height)
    }
  }

  outline(tool, path, look) {
    const context = this.context
    context.beginPath()
    if (tool === "box") {
      const [[x1, y1], [x2, y2]] = [path[0], path[path.length - 1]]
      context.rect(x1, y1, x2 - x1, y2 - y1)
    } else {
      path.forEach(([x, y]) => context.lineTo(x, y))
      context.closePath()
    }
    context.globalAlpha = 0.12
    context.fillStyle = look.accent
    context.fill("evenodd")
    context.globalAlpha = 1
    context.lineWidth = 1.5
    context.strokeStyle = look.accent
    context.stroke()
  }
}
