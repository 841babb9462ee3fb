"""A file made by an action, handed to the browser to keep."""

from __future__ import annotations

from panel.custom import JSComponent

ESM = """
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
"""


class Download(JSComponent):  # type: ignore[misc]
    """Invisible: `offer` makes the browser save a file."""

    _esm = ESM

    def offer(self, name: str, content: bytes) -> None:
        """Save the content under this name, never open it: it is data from users."""
        self._send_msg({"name": name, "content": content})
