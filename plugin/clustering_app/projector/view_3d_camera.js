// The camera of the point cloud: what it looks at (target), how it is turned (yaw, pitch, in
// radians) and how much the smaller side of the map shows at the target (span, in units of the
// coordinates). In space it has perspective; of points in a plane it is seen straight from above.
// `project` says where points are; the shader in view_3d_points.js does the same sums.

const FIELD_OF_VIEW = Math.PI / 4
const EYE = 1 / (2 * Math.tan(FIELD_OF_VIEW / 2)) // from eye to target, in spans
const NEAREST = 0.05 // points nearer to the eye, as a share of that distance, are not shown
const FIRST_YAW = 0.5
const FIRST_PITCH = 0.35

// How a point seen from the target is turned: the axes to the right, up, and towards the eye.
function turned({yaw, pitch}) {
  const cosYaw = Math.cos(yaw), sinYaw = Math.sin(yaw)
  const cosPitch = Math.cos(pitch), sinPitch = Math.sin(pitch)
  return [
    [cosYaw, 0, sinYaw],
    [sinPitch * sinYaw, cosPitch, -sinPitch * cosYaw],
    [-cosPitch * sinYaw, sinPitch, cosPitch * cosYaw],
  ]
}

// Pixels a unit takes at the target.
function pixelsPerUnit(camera, size) {
  return Math.min(size.width, size.height) / camera.span
}

// Write x, y (pixels from the top left corner) and distance from the eye (0 in a plane) of each row
// into `places`; x is NaN where a point is too near to the eye to be shown.
function project(cloud, camera, size, places, rows = null) {
  const {positions, dimensions} = cloud
  const [right, up, toEye] = turned(camera)
  const [x0, y0, z0] = camera.target
  const pixels = pixelsPerUnit(camera, size)
  const eye = camera.span * EYE
  const middleX = size.width / 2, middleY = size.height / 2
  const count = rows == null ? cloud.count : rows.length
  for (let index = 0; index < count; index++) {
    const row = rows == null ? index : rows[index]
    const x = positions[row * dimensions] - x0
    const y = positions[row * dimensions + 1] - y0
    if (dimensions === 2) {
      places[3 * index] = middleX + x * pixels
      places[3 * index + 1] = middleY - y * pixels
      places[3 * index + 2] = 0
      continue
    }
    const z = positions[row * 3 + 2] - z0
    const distance = eye - (toEye[0] * x + toEye[1] * y + toEye[2] * z)
    const scale = pixels * eye / distance
    const shown = distance > NEAREST * eye
    places[3 * index] = shown ? middleX + (right[0] * x + right[1] * y + right[2] * z) * scale : NaN
    places[3 * index + 1] = middleY - (up[0] * x + up[1] * y + up[2] * z) * scale
    places[3 * index + 2] = distance
  }
  return places
}

// The camera that shows every point that is not hidden.
function fitted(cloud, size) {
  const {low, high} = bounds(cloud)
  if (low[0] > high[0]) { return {target: [0, 0, 0], yaw: 0, pitch: 0, span: 1} }
  const target = low.map((value, axis) => (value + high[axis]) / 2)
  if (cloud.dimensions === 2) {
    const wide = (high[0] - low[0]) / size.width, tall = (high[1] - low[1]) / size.height
    const span = 1.1 * Math.min(size.width, size.height) * Math.max(wide, tall)
    return {target, yaw: 0, pitch: 0, span: span || 1}
  }
  const span = farthest(cloud, target) / (Math.sin(FIELD_OF_VIEW / 2) * EYE)
  return {target, yaw: FIRST_YAW, pitch: FIRST_PITCH, span: span || 1}
}

// The ends of each axis over the points that are not hidden and whose coordinates are numbers.
function bounds({positions, dimensions, count, hidden}) {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity]
  for (let row = 0; row < count; row++) {
    if (hidden != null && isSet(hidden, row)) { continue }
    const at = row * dimensions
    const x = positions[at], y = positions[at + 1], z = dimensions === 3 ? positions[at + 2] : 0
    if (!Number.isFinite(x + y + z)) { continue }
    if (x < low[0]) { low[0] = x }
    if (x > high[0]) { high[0] = x }
    if (y < low[1]) { low[1] = y }
    if (y > high[1]) { high[1] = y }
    if (z < low[2]) { low[2] = z }
    if (z > high[2]) { high[2] = z }
  }
  return {low, high}
}

// The distance from a place in space to the farthest of those points.
function farthest({positions, count, hidden}, [x0, y0, z0]) {
  let most = 0
  for (let row = 0; row < count; row++) {
    if (hidden != null && isSet(hidden, row)) { continue }
    const x = positions[3 * row] - x0, y = positions[3 * row + 1] - y0
    const z = positions[3 * row + 2] - z0
    const away = x * x + y * y + z * z
    if (away > most && away < Infinity) { most = away }
  }
  return Math.sqrt(most)
}

// Turned by radians; one cannot go over the poles.
function orbited(camera, yaw, pitch) {
  const most = Math.PI / 2
  return {
    ...camera,
    yaw: (camera.yaw + yaw) % (2 * Math.PI),
    pitch: Math.max(-most, Math.min(most, camera.pitch + pitch)),
  }
}

// Moved so that what is at the target comes to lie `x`, `y` pixels away from where it was.
function panned(camera, size, x, y) {
  const [right, up] = turned(camera)
  const units = 1 / pixelsPerUnit(camera, size)
  const target = camera.target.map(
    (value, axis) => value - (right[axis] * x - up[axis] * y) * units,
  )
  return {...camera, target}
}

// Zoomed so that what lies at the depth of the target under pixel x, y stays there.
function zoomed(camera, size, factor, x = size.width / 2, y = size.height / 2) {
  const away = [x - size.width / 2, y - size.height / 2]
  const span = camera.span * factor
  if (!(span > 1e-30 && span < 1e30)) { return camera }
  const moved = panned(camera, size, away[0] * (factor - 1), away[1] * (factor - 1))
  return {...moved, span}
}
