/* Two pictures of one place: the visitor taps what differs. Everything is judged in the browser; Python is told once,
   at the end, which differences were found. */
const SVG = "http://www.w3.org/2000/svg"

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".spot")
  const frames = [...root.querySelectorAll(".frame")], [hint, show] = root.querySelectorAll(".row button")
  const said = root.querySelector("output"), dots = root.querySelector(".dots"), places = root.querySelector(".places")
  const self = (root.eogen ??= { token: null })
  const words = data.labels, count = data.rings.length
  const fill = (text, facts) => text.replace(/\[\[(\w+)\]\]/g, (_, name) => facts[name])
  const node = (name, more, parent) => {
    const made = document.createElementNS(SVG, name)
    for (const [key, value] of Object.entries(more)) made.setAttribute(key, value)
    parent?.append(made)
    return made
  }

  const mark = (kind, x, y, r) => frames.map((frame) => {
    const group = node("g", { class: kind }, frame.querySelector("svg"))
    if (kind === "miss") for (const d of [-1, 1]) node("line", { x1: x - r, y1: y - d * r, x2: x + r, y2: y + d * r }, group)
    else for (const layer of ["casing", "line"]) node("circle", { cx: x, cy: y, r, class: layer }, group)
    return group
  })
  const tally = () => {
    dots.replaceChildren(...data.rings.map((_, k) => {
      const dot = document.createElement("span")
      dot.className = k < self.found.length ? "dot full" : "dot"
      return dot
    }))
    root.dataset.found = self.found.length
    root.dataset.missed = self.missed
    dots.setAttribute("aria-label", fill(words.tally, { found: self.found.length, count }))
    hint.disabled = show.disabled = self.done
  }
  const end = () => {
    if (self.done) return
    self.done = true
    tally()
    self.send("spotted", { token: self.token, found: self.found, missed: self.missed, hints: self.hints })
  }
  const number = (x, y) => {                      // which difference lies there; 0 for none
    const side = self.side, column = Math.min(side - 1, Math.floor(x * side)), row = Math.min(side - 1, Math.floor(y * side))
    return parseInt(self.grid[row * side + column], 36) || 0
  }
  const hit = (k) => {
    if (self.found.includes(k)) { said.textContent = self.words.again; return }
    self.found.push(k)
    const ring = self.rings[k - 1]
    mark("found", ring.x, ring.y, ring.r)
    for (const old of root.querySelectorAll(`.hinted[data-k="${k}"]`)) old.remove()
    said.textContent = fill(self.words.found, { found: self.found.length, count: self.rings.length, what: ring.what })
    tally()
    if (self.found.length === self.rings.length) setTimeout(end, 700)
  }
  const test = (x, y) => {
    if (self.done || root.dataset.ready !== "yes") return
    const k = number(x, y)
    if (k) return hit(k)
    self.missed += 1
    tally()
    said.textContent = self.words.missed
    for (const group of mark("miss", x, y, 0.018)) setTimeout(() => group.remove(), 1600)
  }
  const help = () => {
    const left = self.rings.map((ring, k) => ({ ...ring, k: k + 1 })).filter((ring) => !self.found.includes(ring.k))
    if (!left.length || self.done) return
    const ring = left.find((each) => !root.querySelector(`.hinted[data-k="${each.k}"]`)) ?? left[0]
    self.hints += 1
    const r = Math.max(0.13, 1.8 * ring.r), away = 0.4 * r           // the middle is not given away
    const [x, y] = [ring.x + away * Math.cos(7 * ring.k), ring.y + away * Math.sin(7 * ring.k)]
    for (const group of mark("hinted", x, y, r)) group.dataset.k = ring.k
    said.textContent = self.words.hinted
  }
  const lay = () => {
    Object.assign(self, { token: data.token, found: [], missed: 0, hints: 0, done: false, at: null })
    for (const frame of frames) frame.querySelector("svg").replaceChildren()
    said.textContent = words.start
    list()
    tally()
  }
  const list = () => {                            // the same game place by place, for those who prefer a list
    places.replaceChildren(...data.places.map((place, k) => {
      const button = document.createElement("button"), w = place.w
      button.type = "button"
      button.dataset.place = k
      const name = document.createElement("span")
      name.textContent = fill(words.place, { number: k + 1 })
      for (const url of [data.before, data.after]) {
        const crop = document.createElement("i")
        crop.style.backgroundImage = `url("${url}")`
        crop.style.backgroundSize = `${100 / w}% ${100 / w}%`
        crop.style.backgroundPosition = [place.x, place.y].map((v) => `${(100 * Math.min(Math.max(v - w / 2, 0), 1 - w)) / (1 - w)}%`).join(" ")
        button.append(crop)
      }
      button.append(name)
      button.addEventListener("click", () => {
        if (self.done) return
        if (place.k) { hit(place.k); button.className = "right" } else {
          test(place.x, place.y)
          button.className = "wrong"
        }
        name.textContent = `${fill(self.words.place, { number: k + 1 })} ${place.k ? "✓" : "✗"}`
      })
      return button
    }))
  }

  Object.assign(self, { send: setStateValue, words, grid: data.grid, side: data.side, rings: data.rings, test, help, end })
  root.querySelector("summary").textContent = words.list
  hint.textContent = words.hint
  show.textContent = words.show
  root.querySelector(".keys").textContent = words.keys
  frames.forEach((frame, k) => {
    const image = frame.querySelector("img"), url = k ? data.after : data.before
    if (image.getAttribute("src") !== url) { root.dataset.ready = "no"; image.onload = () => { root.dataset.ready = "yes" }; image.src = url }
    image.alt = ""
    frame.setAttribute("aria-label", `${k ? words.after : words.before}. ${words.keys}`)
    frame.querySelector(".tag").textContent = k ? words.after : words.before
    frame.style.aspectRatio = String(data.shape)
  })
  root.style.setProperty("--shape", data.shape)

  if (!self.wired) {
    self.wired = true
    const point = (at) => {
      for (const frame of frames) {
        const ghost = frame.querySelector(".ghost")
        ghost.hidden = !at || self.done
        if (at) { ghost.style.left = `${100 * at[0]}%`; ghost.style.top = `${100 * at[1]}%` }
      }
    }
    for (const frame of frames) {
      const where = (event) => {
        const box = frame.getBoundingClientRect()
        return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((v) => Math.min(0.9999, Math.max(0, v)))
      }
      frame.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch") point(where(event)) })
      frame.addEventListener("pointerleave", () => point(null))
      frame.addEventListener("click", (event) => self.test(...where(event)))
      frame.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey) return
        const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
        if (way) {
          const step = event.shiftKey ? 0.1 : 0.025
          self.at = (self.at ?? [0.5, 0.5]).map((v, k) => Math.min(0.999, Math.max(0, v + step * way[k])))
          point(self.at)
        } else if (event.key === "Enter" || event.key === " ") self.test(...(self.at ?? [0.5, 0.5]))
        else return
        event.preventDefault(); event.stopPropagation()
      })
      frame.addEventListener("focus", () => { if (frame.matches(":focus-visible")) point((self.at ??= [0.5, 0.5])) })
      frame.addEventListener("blur", () => point(null))
    }
    hint.addEventListener("click", () => self.help())
    show.addEventListener("click", () => self.end())
  }
  if (self.token !== data.token) lay()
  else tally()
}
