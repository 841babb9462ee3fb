// Has the browser keep a file.

export function render({model}) {
  model.on("msg:custom", ({name, content}) => {
    const link = document.createElement("a")
    const address = URL.createObjectURL(new Blob([content], {type: "application/octet-stream"}))
    link.href = address
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(address), 60000)
  })
  return document.createElement("span")
}
