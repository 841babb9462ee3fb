// Builds elements from JSON with createElement and text nodes only. When the tree changes, nodes
// that stay keep their identity, so that focus, scrolling and loaded pictures survive: those with a
// key wherever they are among their siblings, all others by their place.

function build(element, send) {
  const node = document.createElement(element.tag)
  node._children = []
  node._attributes = {}
  node._key = element.key
  node.addEventListener("click", (event) => {
    if (node._message != null) {
      event.stopPropagation()
      send(node._message)
    }
  })
  update(node, element, send)
  return node
}

function update(node, element, send) {
  node._message = element.message
  node.className = element.style
  for (const name of Object.keys(node._attributes)) {
    if (!(name in element.attributes)) { node.removeAttribute(name) }
  }
  for (const [name, value] of Object.entries(element.attributes)) {
    if (node._attributes[name] !== value) { node.setAttribute(name, value) }
    if (name === "value" && node.value !== value) { node.value = value }
  }
  node._attributes = element.attributes
  if (element.children.length === 0) {
    if (node.textContent !== element.text || node._children.length > 0) {
      node.textContent = element.text
    }
    node._children = []
  } else {
    node._children = fill(node, node._children, element.children, send)
  }
}

function fill(parent, nodes, elements, send) {
  const keyed = new Map(nodes.filter((one) => one._key != null).map((one) => [one._key, one]))
  const next = elements.map((element, index) => {
    const node = element.key == null ? nodes[index] : keyed.get(element.key)
    if (node != null && node.localName === element.tag && node._key === element.key) {
      update(node, element, send)
      return node
    }
    return build(element, send)
  })
  next.forEach((node, index) => {
    const there = parent.childNodes[index]
    if (there == null) {
      parent.append(node)
    } else if (there !== node) {
      parent.insertBefore(node, there)
    }
  })
  while (parent.childNodes.length > next.length) { parent.lastChild.remove() }
  return next
}

export function render({model}) {
  const root = document.createElement("div")
  root.className = "elements"
  root.tabIndex = -1 // takes the focus when the part that had it goes
  const send = (message) => model.send_msg(message)
  let nodes = fill(root, [], model.tree, send)
  model.on("tree", () => {
    const focused = root.getRootNode().activeElement
    const here = root.contains(focused)
    nodes = fill(root, nodes, model.tree, send)
    if (here && !root.contains(focused)) {
      root.focus({preventScroll: true}) // else no key would reach the dialog around it
    }
  })
  return root
}
