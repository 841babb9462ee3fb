// Posts chosen or dropped files one after another, so that neither side holds more than one.
// A zip is unpacked by the server, its folders as labels.

const ICON = "upload"

function post(address, file, onprogress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open("POST", address)
    request.upload.onprogress = (event) => onprogress(event.loaded)
    request.onloadend = () => {
      if (request.status >= 200 && request.status < 300) { return resolve({body: JSON.parse(request.responseText)}) }
      let reason = request.status === 0 ? "the server did not answer" : `error ${request.status}`
      try { reason = JSON.parse(request.responseText).detail ?? reason } catch { /* keep it */ }
      resolve({failure: `${file.name}: ${reason}`})
    }
    const form = new FormData()
    form.append("file", file, file.name)
    request.send(form)
  })
}

export function render({model}) {
  const root = document.createElement("label")
  root.className = "upload-button"
  root.tabIndex = 0
  root.setAttribute("role", "button")
  root.setAttribute("aria-label", "Upload")
  const icon = document.createElement("span")
  icon.className = "icon"
  icon.setAttribute("aria-hidden", "true")
  icon.textContent = ICON
  const label = document.createElement("span")
  label.textContent = "Upload"
  const input = document.createElement("input")
  input.type = "file"
  input.multiple = true
  input.setAttribute("aria-label", "Files to upload")
  root.append(icon, label, input)
  let busy = false

  const send = async (files) => {
    if (busy || files.length === 0) { return }
    busy = true
    root.classList.add("busy")
    const total = files.reduce((sum, file) => sum + file.size, 0) || 1
    const failed = []
    let before = 0
    let done = 0
    for (const [index, file] of files.entries()) {
      const zip = file.name.toLowerCase().endsWith(".zip")
      const show = (loaded) => {
        if (zip && loaded >= file.size) { label.textContent = `${index + 1} of ${files.length} · unpacking`; return }
        label.textContent = `${index + 1} of ${files.length} · ${Math.floor(100 * (before + loaded) / total)} %`
      }
      show(0)
      const {failure, body} = await post(`${model.address}/${zip ? "archive" : "items"}`, file, show)
      if (failure != null) {
        failed.push(failure)
      } else if (zip) {
        done += body.taken
        failed.push(...body.passed_over.map((line) => `${file.name}: ${line}`))
      } else {
        done += 1
      }
      before += file.size
    }
    busy = false
    root.classList.remove("busy")
    label.textContent = "Upload"
    input.value = ""
    model.send_msg({done, failed})
  }

  input.addEventListener("change", () => send([...input.files]))
  root.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); input.click() }
  })
  root.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("over") })
  root.addEventListener("dragleave", () => root.classList.remove("over"))
  root.addEventListener("drop", (event) => {
    event.preventDefault()
    root.classList.remove("over")
    send([...event.dataTransfer.files])
  })
  return root
}
