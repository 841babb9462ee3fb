// Draws the cloud with WebGL 2: one gl.POINTS a point, two passes when some are selected.

const PLACE = `#version 300 es
precision highp float;
layout(location = 0) in vec3 position;
layout(location = 1) in uint ink;
layout(location = 2) in uint state; // bit 0: selected, bit 1: hidden
uniform mat3 turned;
uniform vec3 aim;
uniform vec2 scale;       // clip space a unit takes at the target
uniform float eye;        // from eye to target; 0 in a plane
uniform float reach;      // from the target to the farthest point
uniform float diameter;   // device pixels at the target
uniform int part;         // ALL, REST or SELECTED
uniform vec3 paper;
uniform sampler2D palette;
out vec3 colour;
flat out float radius;
flat out float ring;
flat out uint number;

void main() {
  bool selected = (state & 1u) != 0u;
  vec3 place = turned * (position - aim);
  float away = eye > 0.0 ? eye - place.z : 1.0; // as far as the point is from the eye
  float nearness = eye > 0.0 ? eye / away : 1.0;
  bool shown = (state & 2u) == 0u && (eye == 0.0 || away > ${NEAREST} * eye)
    && (part == 0 || selected == (part == 2));
  float depth = eye > 0.0 ? clamp(-place.z / reach, -1.0, 1.0) : 0.0;
  gl_Position = shown
    ? vec4(place.xy * scale * nearness, depth * 0.99, 1.0)
    : vec4(2.0, 2.0, 2.0, 1.0);
  float size = diameter * clamp(nearness, 0.5, 2.5);
  gl_PointSize = max(part == 2 ? size + 1.5 : size, 1.0);
  radius = gl_PointSize / 2.0;
  ring = part == 2 ? 1.0 : 0.0;
  number = uint(gl_VertexID) + 1u;
  float faded = part == 1 ? 0.78 : part == 2 ? 0.0 : 0.4 * smoothstep(0.0, 1.0, depth);
  colour = mix(texelFetch(palette, ivec2(int(ink), 0), 0).rgb, paper, faded);
}`

const DOT = `#version 300 es
precision highp float;
in vec3 colour;
flat in float radius;
flat in float ring;
uniform vec3 outline;
out vec4 pixel;

void main() {
  float away = length(gl_PointCoord * 2.0 - 1.0) * radius;
  float cover = radius > 1.0 ? clamp(radius - away + 0.5, 0.0, 1.0) : 1.0;
  if (cover < 0.1) discard;
  bool border = ring > 0.0 && radius > 3.5 && away > radius - 1.5; // smaller ones drown in it
  pixel = vec4(border ? outline : colour, 1.0) * cover;
}`

const NUMBER = `#version 300 es
precision highp float;
flat in float radius;
flat in uint number;
out vec4 pixel;

void main() {
  if (length(gl_PointCoord * 2.0 - 1.0) > 1.0 && radius > 1.0) discard;
  uvec4 bytes = uvec4(number, number >> 8, number >> 16, number >> 24) & 255u;
  pixel = vec4(bytes) / 255.0;
}`

const ALL = 0, REST = 1, SELECTED = 2

// The diameter of a dot in pixels, as the shader has it.
function diameterAt(distance, camera, diameter) {
  const nearness = distance > 0 ? camera.span * EYE / distance : 1
  return Math.max(diameter * Math.min(Math.max(nearness, 0.5), 2.5), 1)
}

class Points {
  // Throws when the browser has no WebGL 2.
  constructor(canvas) {
    this.canvas = canvas
    const gl = canvas.getContext("webgl2", {alpha: false, antialias: false})
    if (gl == null) { throw new Error("it gave no context") }
    this.gl = gl
    this.dots = linked(gl, PLACE, DOT)
    this.numbers = linked(gl, PLACE, NUMBER)
    this.buffers = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()]
    gl.disable(gl.DITHER)
    this.palette = gl.createTexture()
    gl.bindTexture(gl.TEXTURE_2D, this.palette)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
  }

  resize(width, height) {
    const {canvas} = this
    if (canvas.width !== width || canvas.height !== height) { Object.assign(canvas, {width, height}) }
  }

  putPositions(positions, dimensions) {
    const gl = this.gl
    this.count = positions.length / dimensions
    this.put(0, positions)
    gl.vertexAttribPointer(0, dimensions, gl.FLOAT, false, 0, 0)
  }

  // inks: Uint16, a place in the palette; colours: RGBA bytes.
  putInks(inks, colours) {
    const gl = this.gl
    this.put(1, inks)
    gl.vertexAttribIPointer(1, 1, gl.UNSIGNED_SHORT, 0, 0)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, colours.length / 4, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE,
      colours)
  }

  // states: Uint8, bit 0 selected, bit 1 hidden.
  putStates(states) {
    this.put(2, states)
    this.gl.vertexAttribIPointer(2, 1, this.gl.UNSIGNED_BYTE, 0, 0)
  }

  put(place, data) {
    const gl = this.gl
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[place])
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW)
    gl.enableVertexAttribArray(place)
  }

  // view: camera, size, dimensions, reach, diameter, ratio, paper, outline (RGB, 0 to 1).
  draw(view, anySelected) {
    const gl = this.gl
    gl.clearColor(...view.paper, 1)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
    this.use(this.dots, view)
    if (!anySelected) {
      this.pass(this.dots, ALL)
    } else {
      this.pass(this.dots, REST)
      gl.clear(gl.DEPTH_BUFFER_BIT) // what is selected is seen, wherever it lies
      this.pass(this.dots, SELECTED)
    }
  }

  // Bits of the points of which at least one pixel can be seen, none being selected.
  front(view) {
    const gl = this.gl
    const {width, height} = this.canvas
    const target = gl.createFramebuffer()
    gl.bindFramebuffer(gl.FRAMEBUFFER, target)
    const kept = [[gl.COLOR_ATTACHMENT0, gl.RGBA8], [gl.DEPTH_ATTACHMENT, gl.DEPTH_COMPONENT24]]
      .map(([place, format]) => {
        const buffer = gl.createRenderbuffer()
        gl.bindRenderbuffer(gl.RENDERBUFFER, buffer)
        gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height)
        gl.framebufferRenderbuffer(gl.FRAMEBUFFER, place, gl.RENDERBUFFER, buffer)
        return buffer
      })
    gl.clearColor(0, 0, 0, 0)
    gl.disable(gl.BLEND)
    this.use(this.numbers, view)
    this.pass(this.numbers, ALL)
    const pixels = new Uint8Array(width * height * 4)
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels)
    gl.bindFramebuffer(gl.FRAMEBUFFER, null)
    gl.deleteFramebuffer(target)
    kept.forEach((buffer) => gl.deleteRenderbuffer(buffer))
    const bits = new Uint8Array((this.count + 7) >> 3)
    for (const number of new Uint32Array(pixels.buffer)) {
      if (number > 0) { bits[(number - 1) >> 3] |= 1 << ((number - 1) & 7) }
    }
    return bits
  }

  use(program, {camera, size, dimensions, reach, diameter, ratio, paper, outline}) {
    const gl = this.gl
    const {width, height} = this.canvas
    const pixels = pixelsPerUnit(camera, size)
    const inSpace = dimensions === 3
    gl.viewport(0, 0, width, height)
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT)
    if (inSpace) { gl.enable(gl.DEPTH_TEST) } else { gl.disable(gl.DEPTH_TEST) }
    gl.depthFunc(gl.LEQUAL)
    gl.useProgram(program.handle)
    gl.uniformMatrix3fv(program.at("turned"), true, turned(camera).flat())
    gl.uniform3fv(program.at("aim"), camera.target)
    gl.uniform2f(program.at("scale"), 2 * pixels / size.width, 2 * pixels / size.height)
    gl.uniform1f(program.at("eye"), inSpace ? camera.span * EYE : 0)
    gl.uniform1f(program.at("reach"), reach)
    gl.uniform1f(program.at("diameter"), diameter * ratio)
    gl.uniform3fv(program.at("paper"), paper)
    gl.uniform3fv(program.at("outline"), outline)
  }

  pass(program, part) {
    this.gl.uniform1i(program.at("part"), part)
    this.gl.drawArrays(this.gl.POINTS, 0, this.count)
  }

  // A browser keeps few contexts, so this one is not left to the garbage collector.
  close() { this.gl.getExtension("WEBGL_lose_context")?.loseContext() }
}

function linked(gl, vertexCode, fragmentCode) {
  const handle = gl.createProgram()
  for (const [kind, code] of [[gl.VERTEX_SHADER, vertexCode], [gl.FRAGMENT_SHADER, fragmentCode]]) {
    const shader = gl.createShader(kind)
    gl.shaderSource(shader, code)
    gl.compileShader(shader)
    gl.attachShader(handle, shader)
  }
  gl.linkProgram(handle)
  if (!gl.getProgramParameter(handle, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(handle).map((shader) => gl.getShaderInfoLog(shader))
    throw new Error([gl.getProgramInfoLog(handle), ...logs].join("\n"))
  }
  const places = new Map()
  const at = (name) => {
    if (!places.has(name)) { places.set(name, gl.getUniformLocation(handle, name)) }
    return places.get(name)
  }
  return {handle, at}
}
