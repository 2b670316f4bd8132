/* A cloud over a picture, wiped away by finger, mouse or keys. Nothing is sent while it is wiped: once most of it is
   gone the rest fades, and Python is told once which cloud it was and how much the visitor wiped. */
const ENOUGH = 0.7, PROBE = 64

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".scratch")
  const canvas = root.querySelector("canvas"), under = root.querySelector("img")
  const cursor = root.querySelector(".brush"), button = root.querySelector("button"), said = root.querySelector("output")
  const self = (root.eogen ??= { token: null })
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches
  root.querySelector(".frame").style.aspectRatio = String(data.shape)
  root.style.setProperty("--shape", data.shape)
  root.classList.toggle("halved", data.halved)
  if (under.getAttribute("src") !== data.under) under.src = data.under
  under.alt = data.labels.under
  canvas.setAttribute("aria-label", data.labels.cloud)
  root.querySelector(".hint").textContent = data.labels.keys
  button.textContent = data.labels.all
  root.querySelector(".tag").textContent = data.labels.tag
  self.send = setStateValue
  self.labels = data.labels
  self.brush = data.brush
  self.lang = data.lang

  const pen = () => canvas.getContext("2d", { willReadFrequently: true })
  const amount = () => {                          // how much cloud is left: the mean opacity of a small copy
    const small = (self.probe ??= Object.assign(document.createElement("canvas"), { width: PROBE, height: PROBE }))
    const ink = small.getContext("2d", { willReadFrequently: true })
    ink.clearRect(0, 0, PROBE, PROBE)
    ink.drawImage(canvas, 0, 0, PROBE, PROBE)
    const pixels = ink.getImageData(0, 0, PROBE, PROBE).data
    let sum = 0
    for (let i = 3; i < pixels.length; i += 4) sum += pixels[i]
    return sum
  }
  const lay = () => {                             // a new cloud
    const image = new Image(), token = data.token
    self.token = token
    self.done = false
    root.dataset.ready = "no"
    image.onload = () => {
      if (self.token !== token) return
      Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight })
      canvas.classList.remove("gone")
      pen().drawImage(image, 0, 0)
      self.whole = amount()
      self.at = [0.5, 0.5]
      said.textContent = ""
      button.disabled = false
      root.dataset.share = "0"
      root.dataset.ready = "yes"
    }
    image.src = data.cloud
  }
  const finish = () => {
    if (self.done) return
    self.done = true
    const share = self.whole ? 1 - amount() / self.whole : 1
    canvas.classList.add("gone")
    button.disabled = true
    cursor.hidden = true
    said.textContent = self.labels.wiped
    const token = self.token
    setTimeout(() => self.send("wiped", { token, share: Math.round(100 * share) / 100 }), still ? 0 : 350)
  }
  const wipe = (from, to) => {
    if (self.done || root.dataset.ready !== "yes") return
    const ink = pen(), w = canvas.width, h = canvas.height
    ink.globalCompositeOperation = "destination-out"
    ink.lineCap = ink.lineJoin = "round"
    for (const [width, alpha] of [[1.25, 0.35], [1, 1]]) {       // a soft rim, a clean middle
      ink.globalAlpha = alpha
      ink.lineWidth = self.brush * width * w
      ink.beginPath()
      ink.moveTo(from[0] * w, from[1] * h)
      ink.lineTo(to[0] * w + 0.01, to[1] * h)
      ink.stroke()
    }
    ink.globalAlpha = 1
    ink.globalCompositeOperation = "source-over"
  }
  const judge = () => {
    if (self.done || !self.whole) return
    const share = 1 - amount() / self.whole
    root.dataset.share = share.toFixed(3)
    said.textContent = `${share.toLocaleString(self.lang, { style: "percent", maximumFractionDigits: 0 })} ${self.labels.share}`
    if (share >= ENOUGH) finish()
  }
  const show = (at) => {
    cursor.hidden = self.done
    cursor.style.left = `${100 * at[0]}%`
    cursor.style.top = `${100 * at[1]}%`
    cursor.style.width = `${100 * self.brush}%`
  }
  self.finish = finish

  if (!self.wired) {
    self.wired = true
    const place = (event) => {
      const box = canvas.getBoundingClientRect()
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
    }
    let last = null
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return
      canvas.setPointerCapture(event.pointerId)
      last = place(event)
      wipe(last, last); show(last)
    })
    canvas.addEventListener("pointermove", (event) => {
      const at = place(event)
      show(at)
      if (!last) return
      wipe(last, at)
      last = at
    })
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { if (last) { last = null; judge() } })
    canvas.addEventListener("pointerleave", () => { if (!last) cursor.hidden = true })
    canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
      if (event.key === "Enter") { event.preventDefault(); return self.finish() }
      if (!way || event.ctrlKey || event.altKey || event.metaKey) return
      event.preventDefault(); event.stopPropagation()
      const step = self.brush * 0.5, from = self.at
      self.at = from.map((v, i) => Math.min(1, Math.max(0, v + way[i] * step * (i ? data.shape : 1))))
      wipe(from, self.at); show(self.at)
    })
    canvas.addEventListener("keyup", (event) => { if (event.key.startsWith("Arrow")) judge() })
    canvas.addEventListener("focus", () => { if (canvas.matches(":focus-visible")) show(self.at ?? [0.5, 0.5]) })
    canvas.addEventListener("blur", () => { cursor.hidden = true })
    button.addEventListener("click", () => self.finish())
  }
  if (self.token !== data.token) lay()
  if (data.done && !self.done) { self.done = true; canvas.classList.add("gone"); button.disabled = true }
}
