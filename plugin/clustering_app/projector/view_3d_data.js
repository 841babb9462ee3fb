// What Python sent, as what is drawn.

// The points, or null while what was sent does not belong together.
function cloudOf(model) {
  const {dimensions} = model
  const positions = new Float32Array(model.positions)
  const count = positions.length / dimensions
  const bytes = (count + 7) >> 3
  const hidden = model.hidden.byteLength ? new Uint8Array(model.hidden) : null
  const whole = model.codes.byteLength === 4 * count && model.selected.byteLength === bytes
    && (hidden == null || hidden.length === bytes)
  return whole ? {positions, dimensions, count, hidden} : null
}

// Uint8 a point: bit 0 when it is selected, bit 1 when it is hidden.
function statesOf({count, hidden}, selected) {
  const states = new Uint8Array(count)
  for (let row = 0; row < count; row++) {
    const bit = row & 7, byte = row >> 3
    states[row] = (selected[byte] >> bit) & 1
    if (hidden != null) { states[row] |= ((hidden[byte] >> bit) & 1) << 1 }
  }
  return states
}

// Uint16 a point: a category's number, or a value, as a place in the palette; one more for NaN.
function inksOf({codes, palette, low, high}) {
  const values = new Float32Array(codes)
  const inks = new Uint16Array(values.length)
  const most = palette.length - 1
  const step = palette.length / (high - low)
  for (let row = 0; row < values.length; row++) {
    const place = Math.floor((values[row] - low) * step)
    inks[row] = Number.isNaN(place) ? most + 1 : Math.max(0, Math.min(most, place))
  }
  return inks
}

// RGBA of CSS colours, in any notation that the browser knows.
function bytesOf(colours) {
  const canvas = Object.assign(document.createElement("canvas"), {width: colours.length, height: 1})
  const context = canvas.getContext("2d", {willReadFrequently: true})
  colours.forEach((colour, index) => {
    context.fillStyle = colour
    context.fillRect(index, 0, 1, 1)
  })
  return new Uint8Array(context.getImageData(0, 0, colours.length, 1).data)
}
