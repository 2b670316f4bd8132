/* A mask drawn over a picture, one cell of the grid a pixel of the canvas. Sent once, on "apply". */
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".painter")
  const canvas = root.querySelector("canvas"), image = root.querySelector("img"), cursor = root.querySelector(".cell")
  const self = (root.eogen ??= { token: null })
  const [clear, apply] = root.querySelectorAll(".row button"), size = root.querySelector("input[type=range]")
  const { rows, columns, labels } = data
  Object.assign(self, { rows, columns, labels, send: setTriggerValue })
  root.querySelector(".frame").style.aspectRatio = String(data.shape)
  root.style.setProperty("--shape", data.shape)
  if (image.getAttribute("src") !== data.image) image.src = data.image
  image.alt = labels.picture
  canvas.setAttribute("aria-label", labels.canvas)
  clear.textContent = labels.clear
  apply.textContent = labels.apply
  root.querySelector(".size span").textContent = labels.size
  root.querySelector(".hint").textContent = labels.keys
  root.querySelector("fieldset").setAttribute("aria-label", labels.tool)
  for (const name of ["brush", "rectangle", "erase"]) root.querySelector(`.${name} span`).textContent = labels[name]

  const pen = () => canvas.getContext("2d", { willReadFrequently: true })
  const tool = () => root.querySelector("input[type=radio]:checked").value
  const fill = (r0, c0, r1, c1, on) => {
    const ink = pen()
    ink.fillStyle = "#c81e78"
    const box = [Math.max(0, c0), Math.max(0, r0)]
    box.push(Math.min(self.columns, c1 + 1) - box[0], Math.min(self.rows, r1 + 1) - box[1])
    if (box[2] > 0 && box[3] > 0) on ? ink.fillRect(...box) : ink.clearRect(...box)
  }
  const dab = (row, column) => {
    const reach = Math.floor(size.value / 2)
    for (let r = -reach; r <= reach; r++) {
      const wide = Math.floor(Math.sqrt(Math.max(0, (reach + 0.4) ** 2 - r * r)))
      fill(row + r, column - wide, row + r, column + wide, tool() !== "erase")
    }
  }
  const stroke = (a, b) => {
    const steps = Math.max(1, Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]))
    for (let k = 0; k <= steps; k++) dab(Math.round(a[0] + (b[0] - a[0]) * k / steps), Math.round(a[1] + (b[1] - a[1]) * k / steps))
  }
  const bits = () => {
    const pixels = pen().getImageData(0, 0, self.columns, self.rows).data, n = self.rows * self.columns
    const bytes = new Uint8Array(Math.ceil(n / 8))
    for (let i = 0; i < n; i++) if (pixels[4 * i + 3] > 127) bytes[i >> 3] |= 128 >> (i & 7)
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""))
  }
  const load = (text) => {
    Object.assign(canvas, { width: columns, height: rows })
    if (!text) return
    const raw = atob(text), ink = pen()
    ink.fillStyle = "#c81e78"
    for (let i = 0; i < rows * columns; i++) if (raw.charCodeAt(i >> 3) & (128 >> (i & 7))) ink.fillRect(i % columns, Math.floor(i / columns), 1, 1)
  }
  const show = (at) => {
    const wide = tool() === "rectangle" ? 1 : Number(size.value)
    cursor.hidden = false
    Object.assign(cursor.style, { left: `${100 * (at[1] + 0.5) / self.columns}%`, top: `${100 * (at[0] + 0.5) / self.rows}%`, width: `${100 * wide / self.columns}%` })
  }

  if (!self.wired) {
    self.wired = true
    const cell = (event) => {
      const box = canvas.getBoundingClientRect()
      return [Math.floor((event.clientY - box.top) / box.height * self.rows), Math.floor((event.clientX - box.left) / box.width * self.columns)]
    }
    let last = null, corner = null, kept = null
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return
      canvas.setPointerCapture(event.pointerId)
      const at = cell(event)
      if (tool() === "rectangle") { corner = at; kept = pen().getImageData(0, 0, self.columns, self.rows) }
      else { last = at; dab(...at) }
    })
    canvas.addEventListener("pointermove", (event) => {
      const at = cell(event)
      show(at)
      if (corner) {
        pen().putImageData(kept, 0, 0)
        fill(Math.min(corner[0], at[0]), Math.min(corner[1], at[1]), Math.max(corner[0], at[0]), Math.max(corner[1], at[1]), true)
      } else if (last) { stroke(last, at); last = at }
    })
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { last = corner = null })
    canvas.addEventListener("pointerleave", () => { if (!last && !corner) cursor.hidden = true })
    canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key]
      self.at ??= [Math.floor(self.rows / 2), Math.floor(self.columns / 2)]
      const far = event.shiftKey ? 5 : 1
      if (way) self.at = [Math.min(self.rows - 1, Math.max(0, self.at[0] + far * way[0])), Math.min(self.columns - 1, Math.max(0, self.at[1] + far * way[1]))]
      else if (event.key === " ") dab(...self.at)
      else if (event.key !== "Enter") return
      event.preventDefault(); event.stopPropagation()
      if (event.key === "Enter") return apply.click()
      show(self.at)
    })
    canvas.addEventListener("blur", () => { cursor.hidden = true })
    clear.addEventListener("click", () => pen().clearRect(0, 0, self.columns, self.rows))
    apply.addEventListener("click", () => self.send("mask", bits()))
  }
  if (self.token !== data.token) { self.token = data.token; load(data.mask) }
  root.dataset.ready = "yes"
}
