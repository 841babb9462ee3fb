// Has the browser keep a file; a picture in vectors may be kept in pixels.

const SHARPNESS = 2 // pixels of the file a pixel of the picture

function keep(name, blob) {
  const link = document.createElement("a")
  const address = URL.createObjectURL(blob)
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60000)
}

async function inPixels(content, [width, height]) {
  const address = URL.createObjectURL(new Blob([content], {type: "image/svg+xml"}))
  const image = new Image()
  image.src = address
  try {
    await image.decode()
  } finally {
    URL.revokeObjectURL(address)
  }
  const canvas = document.createElement("canvas")
  Object.assign(canvas, {width: width * SHARPNESS, height: height * SHARPNESS})
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((done) => canvas.toBlob(done, "image/png"))
}

export function render({model}) {
  model.on("msg:custom", async ({name, content, size}) => {
    keep(name, size == null
      ? new Blob([content], {type: "application/octet-stream"})
      : await inPixels(content, size))
  })
  return document.createElement("span")
}
