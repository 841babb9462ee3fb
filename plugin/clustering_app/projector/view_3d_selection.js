// Sets of points as bits, the first point in the lowest bit, and which points a gesture meets.
// `places` holds x, y and the distance from the eye of each point, as `project` writes them.

function isSet(bits, row) { return bits != null && (bits[row >> 3] & (1 << (row & 7))) !== 0 }

// Bits of the points that are not hidden and that `meets(x, y)`.
function found(cloud, places, meets) {
  const bits = new Uint8Array((cloud.count + 7) >> 3)
  for (let row = 0; row < cloud.count; row++) {
    if (meets(places[3 * row], places[3 * row + 1]) && !isSet(cloud.hidden, row)) {
      bits[row >> 3] |= 1 << (row & 7)
    }
  }
  return bits
}

// A box holds its borders.
function insideBox([x1, y1], [x2, y2]) {
  const left = Math.min(x1, x2), right = Math.max(x1, x2)
  const top = Math.min(y1, y2), bottom = Math.max(y1, y2)
  return (x, y) => x >= left && x <= right && y >= top && y <= bottom
}

// Even-odd rule: a point is inside when a ray to its right crosses the outline an odd number of
// times; a crossing at the point itself does not count. Only edges in the point's row of pixels
// are looked at, so a long outline costs no more than a short one.
function insideLasso(path) {
  const ys = path.map(([, y]) => y)
  const top = Math.floor(Math.min(...ys)), bottom = Math.floor(Math.max(...ys))
  const bands = Array.from({length: bottom - top + 1}, () => [])
  path.forEach(([x1, y1], index) => {
    const [x2, y2] = path[(index + 1) % path.length]
    const last = Math.floor(Math.max(y1, y2))
    for (let y = Math.floor(Math.min(y1, y2)); y <= last; y++) {
      bands[y - top].push(x1, y1, x2, y2)
    }
  })
  return (x, y) => {
    const edges = bands[Math.floor(y) - top]
    if (edges == null || Number.isNaN(x)) { return false }
    let inside = false
    for (let at = 0; at < edges.length; at += 4) {
      const x1 = edges[at], y1 = edges[at + 1], x2 = edges[at + 2], y2 = edges[at + 3]
      if ((y1 > y) !== (y2 > y) && x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)) { inside = !inside }
    }
    return inside
  }
}

const COMBINED = {
  replace: (old, hit) => hit,
  add: (old, hit) => old | hit,
  subtract: (old, hit) => old & ~hit,
  intersect: (old, hit) => old & hit,
}

function combined(old, hits, mode) {
  return hits.map((hit, index) => COMBINED[mode](old[index] || 0, hit))
}

// The point at a pixel, or -1. Of several whose dots hold the pixel it is the one nearest to the
// eye; without such it is the one whose dot comes nearest, up to `reach` pixels away.
function pointAt(cloud, places, x, y, radius, reach = 6) {
  let best = -1, bestGap = Infinity, bestDistance = Infinity, bestAway = Infinity
  for (let row = 0; row < cloud.count; row++) {
    const dx = places[3 * row] - x, dy = places[3 * row + 1] - y
    const away = dx * dx + dy * dy
    if (!(away <= 1600) || isSet(cloud.hidden, row)) { continue } // dots and reach end before 40
    const distance = places[3 * row + 2]
    const gap = Math.max(0, Math.sqrt(away) - radius(distance))
    if (gap > reach) { continue }
    const nearer = gap - bestGap || distance - bestDistance || away - bestAway
    if (best < 0 || nearer < 0) {
      [best, bestGap, bestDistance, bestAway] = [row, gap, distance, away]
    }
  }
  return best
}

function countOf(bits) {
  let count = 0
  for (let byte of bits) {
    while (byte) { byte &= byte - 1; count++ }
  }
  return count
}

// The first rows, at most so many, ascending.
function rowsOf(bits) {
  const rows = []
  for (let row = 0; row < 8 * bits.length; row++) {
    if (isSet(bits, row)) { rows.push(row) }
  }
  return rows
}

// So many of the rows at most: those nearest to the eye in space, to the middle in a plane.
function nearestOf(rows, places, dimensions, [x, y], most) {
  if (rows.length <= most) { return rows }
  const away = dimensions === 3
    ? (row) => places[3 * row + 2]
    : (row) => Math.hypot(places[3 * row] - x, places[3 * row + 1] - y)
  const distances = Float32Array.from(rows, away)
  const farthest = Float32Array.from(distances).sort()[most - 1]
  return rows.filter((_, index) => distances[index] <= farthest).slice(0, most)
}
