// A button that takes one picture as an example, and a place to drop one.

const MOST_BYTES = 12 * 1024 ** 2 // the server takes messages of 16 MiB

export function render({model}) {
  const root = document.createElement("label")
  root.className = "example button"
  root.tabIndex = 0
  root.setAttribute("role", "button")
  const input = document.createElement("input")
  input.type = "file"
  input.accept = "image/*"
  input.hidden = true
  input.setAttribute("aria-label", "Picture to search by")
  root.append("Choose or drop a picture", input)
  const send = async (file) => {
    if (file == null) { return }
    const tooLarge = file.size > MOST_BYTES
    model.send_msg({name: file.name, content: tooLarge ? null : await file.arrayBuffer()})
    input.value = ""
  }
  input.addEventListener("change", () => send(input.files[0]))
  root.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); input.click() }
  })
  root.addEventListener("dragover", (event) => event.preventDefault())
  root.addEventListener("drop", (event) => {
    event.preventDefault()
    send(event.dataTransfer.files[0])
  })
  return root
}
