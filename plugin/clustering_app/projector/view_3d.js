// The point cloud as Panel shows it: takes what Python sends, draws it, and answers.
// view_3d.py puts the other view_3d_*.js files before this one; they are one module.

const REST_MILLISECONDS = 120 // without a move, after which the camera is told

export function render({model}) {
  return new CloudView(model).root
}

class CloudView {
  constructor(model) {
    this.model = model
    this.root = document.createElement("div")
    this.root.className = "cloud"
    this.root.tabIndex = 0
    this.root.setAttribute("role", "application")
    this.surface = document.createElement("canvas") // of the overlay
    this.root.append(this.surface)
    this.overlay = new Overlay(this.surface)
    this.size = {width: 0, height: 0}
    this.cloud = null
    this.camera = null // null until it is fitted
    this.pictured = []
    this.hovered = -1
    this.stale = new Set(["positions"])
    this.colourBytes = new Map()
    this.listen()
    new Hands(this)
  }

  listen() {
    const {model} = this
    const changes = {
      positions: ["drawing", "positions", "dimensions"],
      colours: ["codes", "palette", "low", "high", "missing"],
      states: ["selected", "hidden"],
      labels: ["label_rows", "label_texts"],
      camera: ["camera"],
      pictures: ["thumbnails"],
    }
    for (const [part, names] of Object.entries(changes)) {
      names.forEach((name) => model.on(name, () => { this.stale.add(part); this.redraw() }))
    }
    model.on("tool", () => { this.root.dataset.tool = model.tool })
    this.root.dataset.tool = model.tool
    model.on("msg:custom", (message) => this.told(message))
    model.on("remove", () => { resizing.disconnect(); this.release() })
    const resizing = new ResizeObserver(() => this.resize())
    resizing.observe(this.root)
    // The theme changes in many ways, but each ends the transition of a colour.
    this.root.addEventListener("transitionend", () => this.redraw())
  }

  told(message) {
    if (message.fit) { this.fit() }
    for (const [row, address] of Object.entries(message.thumbnails || {})) {
      const image = new Image()
      image.onload = () => this.redraw()
      image.src = address
      this.overlay.images.set(Number(row), image)
    }
  }

  resize() {
    const {width, height} = this.root.getBoundingClientRect()
    if (!this.root.isConnected) { this.release() }
    if (width === 0 || height === 0) { return }
    this.size = {width, height}
    this.fittedWhole = null
    if (this.isFitted) { this.camera = null }
    this.places = null
    this.redraw()
    this.rest()
  }

  // Each WebGL context has its own canvas: one that lost its context gets none again. False when
  // this browser gives none, and then the user is told.
  acquire() {
    if (this.refused) { return false }
    const canvas = document.createElement("canvas")
    try {
      this.points = new Points(canvas)
    } catch (error) {
      this.refused = true
      this.root.textContent = "This browser cannot draw the map: it offers no WebGL 2 "
        + `(${error.message}). Switch on its hardware acceleration, or map to two dimensions.`
      return false
    }
    canvas.addEventListener("webglcontextlost", () => {
      if (this.points?.canvas !== canvas) { return }
      this.release()
      setTimeout(() => this.redraw(), 500)
    })
    this.root.prepend(canvas)
    this.stale.add("context")
    return true
  }

  release() {
    const {points} = this
    this.points = null
    points?.canvas.remove()
    points?.close()
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.draw() })
  }

  draw() {
    if (!this.root.isConnected || this.size.width === 0) { return }
    if (this.points == null && !this.acquire()) { return }
    if (!this.take()) { return }
    this.takeFit()
    const {overlay, points, cloud, camera, size} = this
    const ratio = window.devicePixelRatio || 1
    for (const layer of [points, overlay]) {
      layer.resize(Math.round(size.width * ratio), Math.round(size.height * ratio))
    }
    const colours = this.colours()
    points.draw(this.scene(colours), this.anySelected)
    overlay.clear(size, ratio, colours)
    overlay.pictures(cloud, camera, size, this.pictured)
    overlay.texts(cloud, camera, size, this.labels, colours)
    if (this.outline) { overlay.outline(this.outline.does, this.outline.path, colours) }
  }

  scene({paper, text}) {
    const {camera, size, cloud, whole} = this
    const moved = Math.hypot(...camera.target.map((at, axis) => at - whole.target[axis]))
    return {
      camera, size, dimensions: cloud.dimensions, reach: whole.span * EYE + moved,
      diameter: this.diameter(), ratio: window.devicePixelRatio || 1,
      paper: this.shares(paper), outline: this.shares(text),
    }
  }

  // Colours of the page, light or dark.
  colours() {
    const style = getComputedStyle(this.root)
    return {paper: style.backgroundColor, text: style.color, accent: style.outlineColor}
  }

  shares(colour) {
    if (!this.colourBytes.has(colour)) { this.colourBytes.set(colour, bytesOf([colour])) }
    return Array.from(this.colourBytes.get(colour).subarray(0, 3), (byte) => byte / 255)
  }

  // Dots grow a little as one comes nearer.
  diameter() {
    const nearer = this.whole.span / this.camera.span
    return this.model.diameter * Math.min(Math.max(nearer ** 0.3, 1), 4)
  }

  // Take what changed in the model; false while its parts do not belong together.
  take() {
    const {stale} = this
    const all = stale.has("positions") || stale.has("context")
    if ((all || stale.has("states")) && !this.takeStates()) { return false }
    if (all) { this.takePositions() }
    if (all || stale.has("colours")) { this.takeColours() }
    if (all || stale.has("labels")) { this.takeLabels() }
    if (all || stale.has("pictures")) { this.pictured = []; this.overlay.images.clear() }
    this.takeCamera()
    if (stale.size) { this.rest() }
    stale.clear()
    return true
  }

  takeStates() {
    const cloud = cloudOf(this.model)
    if (cloud == null) { return false }
    this.cloud = cloud
    this.selected = new Uint8Array(this.model.selected)
    this.anySelected = this.selected.some((byte) => byte !== 0)
    this.points.putStates(statesOf(cloud, this.selected))
    return true
  }

  takePositions() {
    this.places = null
    this.drawing = this.model.drawing
    this.points.putPositions(this.cloud.positions, this.cloud.dimensions)
    this.fittedWhole = null
    this.root.setAttribute("aria-label", `Map of ${this.cloud.count} points`)
  }

  takeColours() {
    const {palette, missing} = this.model
    this.points.putInks(inksOf(this.model), bytesOf([...palette, missing]))
  }

  takeLabels() {
    const rows = new Int32Array(this.model.label_rows)
    const known = rows.every((row) => row < this.cloud.count)
    this.labels = {rows: known ? rows : [], texts: this.model.label_texts}
  }

  // New points are fitted, unless a camera came with them.
  takeCamera() {
    const wanted = this.stale.has("camera") && this.model.camera
    if (wanted && wanted !== this.toldCamera) {
      this.look({...wanted})
    } else if (this.stale.has("positions") || wanted === null) {
      this.camera = this.places = null
    }
  }

  // Shows all points, hidden or not, and is what `reach` and the size of dots go by.
  get whole() {
    return this.fittedWhole ??= fitted({...this.cloud, hidden: null}, this.size)
  }

  takeFit() {
    if (this.camera != null) { return }
    const {cloud, size} = this
    this.camera = cloud.hidden ? fitted(cloud, size) : this.whole
    this.isFitted = true
    this.rest() // not sooner: where frames are slow there is no camera to tell yet
  }

  look(camera) {
    this.camera = camera
    this.isFitted = false
    this.places = null
    this.redraw()
    this.rest()
  }

  fit() {
    this.camera = this.places = null
    this.redraw()
  }

  // Once nothing moves, tell the camera and what is in view.
  rest() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      const late = this.stale.size > 0 // what Python sent is taken first, and told after that
      if (late || !this.camera || !this.points || this.cloud.count === 0) { return }
      const {drawing} = this
      this.toldCamera = this.model.camera = {...this.camera, drawing, fitted: this.isFitted}
      const inside = insideBox([0, 0], [this.size.width, this.size.height])
      const bits = found(this.cloud, this.projected(), inside)
      const answer = {drawing, in_view: countOf(bits)}
      if (this.model.thumbnails) {
        const middle = [this.size.width / 2, this.size.height / 2]
        const {dimensions} = this.cloud
        this.pictured = nearestOf(rowsOf(bits), this.projected(), dimensions, middle, MOST_PICTURES)
        answer.thumbnails = this.pictured.filter((row) => !this.overlay.images.has(row))
        this.redraw()
      }
      this.model.send_msg(answer)
    }, REST_MILLISECONDS)
  }

  projected() {
    const {cloud, camera, size} = this
    this.places ??= project(cloud, camera, size, new Float32Array(3 * cloud.count))
    return this.places
  }

  pointAt(x, y) {
    if (this.camera == null) { return -1 }
    const diameter = this.diameter()
    const radius = (distance) => diameterAt(distance, this.camera, diameter) / 2
    return pointAt(this.cloud, this.projected(), x, y, radius)
  }

  hover(row, x, y) {
    if (row === this.hovered) { return }
    this.hovered = row
    this.root.classList.toggle("over", row >= 0)
    this.model.send_msg({row, x, y})
  }

  // A tap beside the points changes nothing: a selection is too easily lost.
  tap(x, y, mode) {
    const row = this.pointAt(x, y)
    if (row < 0) { return }
    const hits = new Uint8Array(this.selected.length)
    hits[row >> 3] = 1 << (row & 7)
    this.select(combined(this.selected, hits, mode))
  }

  choose(meets, mode) {
    if (this.camera == null) { return }
    let hits = found(this.cloud, this.projected(), meets)
    if (this.model.front_only) {
      hits = combined(hits, this.points.front(this.scene(this.colours())), "intersect")
    }
    this.select(combined(this.selected, hits, mode))
  }

  clear() { this.select(new Uint8Array(this.selected.length)) }

  select(bits) { this.model.selected = bits.buffer }
}
