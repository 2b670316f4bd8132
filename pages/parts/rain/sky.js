/* A day of maps as a film: the maps, the hour, what is said of it, the note over the day, and a row for each satellite
   with its passes and its switch. Moving through the day talks to nobody; Python is told when a switch is turned, and
   where the hour rests. */
const SVG = "http://www.w3.org/2000/svg"
const REST = 500, STEP = 550, LINGER = 1000       // milliseconds: until an hour counts as chosen; of a step of the film; see below

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".sky")
  const find = (name) => root.querySelector(`.${name}`)
  const self = (root.eogen ??= { token: null, at: 0, skin: 0, timer: null, rest: null, sent: data.heard, known: null })
  const words = data.labels, last = data.count - 1, mine = self.call = {}
  const make = (tag, cls, parent, text) => {
    const made = document.createElement(tag)
    if (cls) made.className = cls
    if (text !== undefined) made.textContent = text
    parent?.append(made)
    return made
  }
  const draw = (tag, more, parent) => {
    const made = document.createElementNS(SVG, tag)
    for (const [key, value] of Object.entries(more)) made.setAttribute(key, value)
    parent?.append(made)
    return made
  }
  const send = () => {
    self.rest = null
    self.known = self.at
    setStateValue("asked", { off: self.off, at: self.at, n: ++self.sent })
  }

  /* --- the maps --- */
  const maps = find("maps")
  const lay = () => {
    const kept = [...maps.children]
    if (kept.length !== data.maps.length) {
      maps.replaceChildren()
      for (const map of data.maps) {
        const figure = make("figure", "", maps), frame = make("div", "frame", figure)
        frame.setAttribute("role", "img")
        const ground = draw("svg", { class: "ground", preserveAspectRatio: "none" }, frame)
        make("div", "picture", frame)
        draw("svg", { class: "over", preserveAspectRatio: "none" }, frame)
        make("div", "names", frame)
        make("span", "tag", frame)
        make("figcaption", "", figure)
      }
    }
    maps.style.setProperty("--maps", data.maps.length)
    maps.style.setProperty("--shape", data.shape)
    data.maps.forEach((map, k) => {
      const figure = maps.children[k], [ground, over] = figure.querySelectorAll("svg")
      for (const svg of [ground, over]) svg.setAttribute("viewBox", "0 0 1 1")
      if (ground.dataset.land !== data.land) {
        ground.dataset.land = data.land
        ground.replaceChildren()
        draw("path", { d: data.land, class: "land" }, ground)
      }
      over.replaceChildren()
      draw("path", { d: data.land, class: "coast" }, over)
      draw("g", { class: "swaths" }, over)
      const names = figure.querySelector(".names")
      names.replaceChildren(...(map.places ? data.places : []).map(({ name, x, y }) => {
        const place = make("span", "place", null, name)
        if (x > 0.8) place.classList.add("left")
        place.style.left = `${100 * x}%`; place.style.top = `${100 * y}%`
        return place
      }), make("span", "swath-names"))
      figure.querySelector(".tag").textContent = map.title
    })
  }
  const skin = (map) => map.skins[Math.min(self.skin, map.skins.length - 1)]
  const caption = () => data.maps.forEach((map, k) => {
    const box = maps.children[k].querySelector("figcaption"), shown = skin(map)
    if (box.dataset.html !== shown.legend) { box.dataset.html = shown.legend; box.innerHTML = shown.legend }
  })
  const rows = Math.ceil(data.count / data.columns)
  const paint = (at) => data.maps.forEach((map, k) => {
    const figure = maps.children[k], picture = figure.querySelector(".picture")
    const url = `url("${skin(map).url}")`
    if (picture.dataset.url !== skin(map).url) { picture.dataset.url = skin(map).url; picture.style.backgroundImage = url }
    picture.style.backgroundSize = `${100 * data.columns}% ${100 * rows}%`
    const column = at % data.columns, row = Math.floor(at / data.columns)
    picture.style.backgroundPosition = `${100 * column / Math.max(data.columns - 1, 1)}% ${100 * row / Math.max(rows - 1, 1)}%`
    figure.querySelector(".frame").setAttribute("aria-label", `${map.title}. ${data.clock[at]}. ${data.said[at].join(" ")}`)
    const group = figure.querySelector(".swaths"), names = figure.querySelector(".swath-names")
    group.replaceChildren(); names.replaceChildren()
    if (!map.swaths) return
    for (const swath of data.swaths[at]) {
      const on = !self.off.includes(swath.name)
      for (const layer of ["casing", "line"]) draw("path", { d: swath.d, class: `${layer} ${on ? "on" : "off"}` }, group)
      const name = make("span", on ? "swath-name" : "swath-name off", names, on ? swath.name : `${swath.name} · ${words.off}`)
      name.style.left = `${100 * swath.x}%`; name.style.top = `${100 * swath.y}%`
    }
  })

  /* --- the note: a line with a dot, and what stands beside it --- */
  const gauge = (at) => {
    const box = find("gauge")
    box.hidden = !data.note
    if (!data.note) return
    const value = data.note.now[at]
    find("note-name").textContent = data.note.label
    find("note-value").textContent = data.note.text[at]
    const place = (name, where) => {
      const tick = find(name)
      tick.hidden = where === null || where === undefined
      if (!tick.hidden) tick.style.left = `${100 * Math.min(Math.max(where, 0), 1)}%`
    }
    place("dot", value)
    place("full", data.note.full?.[at])
    place("guess", data.note.guess?.[at])
    find("note-full").textContent = data.note.fullText?.[at] ?? ""
    find("note-full").hidden = !data.note.fullText
    find("note-guess").textContent = data.note.guessText?.[at] ?? ""
    find("note-guess").hidden = !data.note.guessText
  }

  /* --- the day: the curve of the note, and the passes --- */
  const x = (slot) => (slot + 0.5) / data.count
  const line = (values) => {
    let d = "", pen = "M"
    values.forEach((v, k) => {
      if (v === null) { pen = "M"; return }
      d += `${pen}${x(k).toFixed(4)} ${(1 - v).toFixed(4)}`; pen = "L"
    })
    return d
  }
  const day = () => {
    const svg = find("curve")
    svg.replaceChildren()
    if (data.note) {
      for (const level of [0.5]) draw("line", { x1: 0, x2: 1, y1: 1 - level, y2: 1 - level, class: "half" }, svg)
      if (data.note.full) {
        const there = line(data.note.full), here = line(data.note.now)
        draw("path", { d: there, class: "full" }, svg)
        draw("path", { d: here, class: "now" }, svg)
      } else draw("path", { d: line(data.note.now), class: "now" }, svg)
      if (data.note.guess) draw("path", { d: line(data.note.guess), class: "guess" }, svg)
    }
    find("curve-name").textContent = data.note?.curve ?? ""
    find("keys").innerHTML = data.note?.keys ?? ""
    const list = find("fleet")
    if (list.children.length !== data.rows.length) {
      list.replaceChildren(...data.rows.map((row) => {
        const item = make("li"), button = make("button", "", item)
        button.type = "button"
        button.dataset.name = row.name
        make("span", "knob", button); make("span", "name", button)
        const track = make("div", "track", item)
        track.setAttribute("aria-hidden", "true")
        button.addEventListener("click", () => self.turn(row.name))
        return item
      }))
    }
    data.rows.forEach((row, k) => {
      const item = list.children[k], button = item.querySelector("button"), on = !self.off.includes(row.name)
      button.dataset.name = row.name
      button.querySelector(".name").textContent = row.label
      button.setAttribute("aria-pressed", on)
      button.disabled = !on && data.most !== null && data.rows.length - self.off.length >= data.most
      button.title = row.about
      item.className = `${on ? "on" : "off"}${row.name === data.hint ? " hint" : ""}`
      const track = item.querySelector(".track")
      track.replaceChildren(...row.passes.map(([start, end, share]) => {
        const mark = make("i")
        mark.style.left = `${100 * start / data.count}%`
        mark.style.width = `max(5px, ${100 * (end - start) / data.count}%)`
        mark.style.opacity = 0.35 + 0.65 * share
        return mark
      }))
    })
  }

  const show = (at) => {
    self.at = Math.min(Math.max(at, 0), last)
    const range = find("hour")
    range.value = self.at
    range.setAttribute("aria-valuetext", data.clock[self.at])
    const said = data.said[self.at].map((text) => make("p", "", null, text))
    said[0].prepend(make("b", "clock", null, data.clock[self.at]))
    find("said").replaceChildren(...said)
    root.style.setProperty("--at", x(self.at))
    paint(self.at); gauge(self.at)
    root.dataset.at = self.at
  }
  const settle = () => { clearTimeout(self.rest); self.rest = setTimeout(self.send, REST) }
  const stop = () => { clearInterval(self.timer); self.timer = null; find("play").textContent = words.play }

  const skins = data.maps[0].skins
  const chips = find("skins")
  chips.hidden = skins.length < 2
  if (chips.children.length !== skins.length) {
    chips.replaceChildren(...skins.map((_, k) => {
      const chip = make("button")
      chip.type = "button"
      chip.addEventListener("click", () => { self.skin = k; self.dress() })
      return chip
    }))
  }
  const dress = () => {
    skins.forEach((one, k) => {
      chips.children[k].textContent = one.label
      chips.children[k].setAttribute("aria-pressed", k === Math.min(self.skin, skins.length - 1))
    })
    caption(); paint(self.at)
  }

  const fresh = self.token !== data.token
  self.off = [...data.off]
  // Python may set the hour (a button, another day); what it repeats of an older message must not move it back.
  if (fresh || (data.heard === self.sent && data.at !== self.known)) { self.at = data.at; stop() }
  if (data.heard === self.sent) self.known = data.at
  self.token = data.token
  Object.assign(self, {
    send, show, dress, stop, last,
    turn: (name) => {
      self.off = self.off.includes(name) ? self.off.filter((one) => one !== name) : [...self.off, name]
      clearTimeout(self.rest)
      root.classList.add("waiting")
      day(); paint(self.at); self.send()
    },
    play: () => {
      if (self.timer) { stop(); settle(); return }
      find("play").textContent = words.pause
      self.timer = setInterval(() => self.show(self.at === self.last ? 0 : self.at + 1), STEP)
    },
    moved: () => { self.stop(); self.show(Number(find("hour").value)); settle() },
  })
  root.classList.remove("waiting")
  root.lang = data.lang
  root.classList.toggle("wide", data.wide)
  find("hour").max = last
  find("hour").setAttribute("aria-label", words.hour)
  find("fleet").setAttribute("aria-label", words.fleet)
  find("play").textContent = self.timer ? words.pause : words.play
  find("ticks").replaceChildren(...data.ticks.map(([slot, text]) => {
    const tick = make("span", "", null, text)
    tick.style.left = `${100 * slot / data.count}%`
    return tick
  }))
  if (!self.wired) {
    self.wired = true
    find("hour").addEventListener("input", () => self.moved())
    find("play").addEventListener("click", () => self.play())
  }
  lay(); dress(); day(); show(self.at)
  root.dataset.ready = "yes"
  root.dataset.off = self.off.join(" ")
  // The clean-up of a call that a newer one overtook may come just before or just after the newer call: only the newest
  // call's ends the film, and while the element still stands on the page it gives a newer call time to come.
  return () => {
    const end = () => { if (self.call === mine) { clearInterval(self.timer); clearTimeout(self.rest); self.timer = null } }
    root.isConnected ? setTimeout(end, LINGER) : end()
  }
}
