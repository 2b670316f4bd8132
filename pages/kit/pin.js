// Collect the pictures of the page that is open (figures, maps, images) and send them with a pin. Everything happens in
// this browser: nothing is asked of a network. The server decodes and draws every picture anew.
const LEAST = 150, MOST = 6, SIDE = 1600, BYTES = 700000
const INK = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity", "font-family",
  "font-size", "font-weight", "text-anchor", "visibility", "display"]

function* deep(node) {                                        // every element, those inside shadow roots, too
  for (const child of node.children ?? []) {
    yield child
    if (child.shadowRoot) yield* deep(child.shadowRoot)
    yield* deep(child)
  }
}
const host = (element) => element.getRootNode().host
function within(element, selector) {
  for (let e = element; e; e = host(e)) if (e.closest(selector)) return e.closest(selector)
  return null
}
const GROUPS = ".js-plotly-plot, .leaflet-container"          // one picture each, whatever they are made of
const load = (src) => new Promise((ok, no) => {
  const image = new Image()
  image.onload = () => ok(image)
  image.onerror = no
  image.src = src
})
const ground = () => getComputedStyle(document.querySelector(".stApp") ?? document.body).backgroundColor

function standalone(svg, box) {                               // the drawing with the ink that the page gives it
  const copy = svg.cloneNode(true), from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")]
  from.forEach((element, k) => {
    if (!(element instanceof SVGElement)) return
    const style = getComputedStyle(element)
    for (const name of INK) to[k].style.setProperty(name, style.getPropertyValue(name), "important")
    if (element instanceof SVGTextContentElement && !element.firstElementChild && element.textContent.trim()) {
      to[k].setAttribute("textLength", element.getComputedTextLength())   // the page's font is not at hand in there
      to[k].setAttribute("lengthAdjust", "spacingAndGlyphs")
    }
  })
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg")
  copy.setAttribute("width", box.width)
  copy.setAttribute("height", box.height)
  return "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(copy))
}

function clip(ink, origin, points, box, scale) {               // polygon(x y, …) in pixels from where the pane begins
  ink.beginPath()
  for (const [x, y] of points) ink.lineTo((origin.x + x - box.x) * scale, (origin.y + y - box.y) * scale)
  ink.clip()
}

async function painted(element) {
  const box = element.getBoundingClientRect()
  const natural = element.naturalWidth ?? (element instanceof HTMLCanvasElement ? element.width : 2 * box.width)
  const scale = Math.min(Math.max(natural / box.width, 1), SIDE / Math.max(box.width, box.height))
  const canvas = document.createElement("canvas")
  canvas.width = Math.round(box.width * scale)
  canvas.height = Math.round(box.height * scale)
  const ink = canvas.getContext("2d")
  ink.fillStyle = ground()
  ink.fillRect(0, 0, canvas.width, canvas.height)
  ink.imageSmoothingEnabled = natural >= box.width              // pixels of a small raster stay squares
  const parts = element.matches(GROUPS) ? element.querySelectorAll("canvas, svg.main-svg, img.leaflet-image-layer") : [element]
  for (const part of parts) {
    const place = part.getBoundingClientRect()
    if (!place.width || !place.height) continue
    const image = part instanceof SVGElement ? await load(standalone(part, place)) : part
    ink.save()
    for (let e = part; e && e !== element; e = e.parentElement) {   // panes of a map: their opacity, the swipe's cut
      const style = getComputedStyle(e), cut = /^polygon\((.*)\)$/.exec(style.clipPath)
      ink.globalAlpha *= Number(style.opacity)
      if (cut) clip(ink, e.getBoundingClientRect(), cut[1].split(",").map((p) => p.trim().split(" ").map(parseFloat)), box, scale)
    }
    ink.drawImage(image, (place.x - box.x) * scale, (place.y - box.y) * scale, place.width * scale, place.height * scale)
    ink.restore()
  }
  return canvas
}

const size = (url) => (url.length - url.indexOf(",")) * 0.75
async function picture(element) {
  let canvas = await painted(element)
  let url = canvas.toDataURL("image/png")
  if (size(url) > BYTES) url = canvas.toDataURL("image/jpeg", 0.85)
  while (size(url) > BYTES) {
    const half = document.createElement("canvas")
    half.width = canvas.width >> 1
    half.height = canvas.height >> 1
    half.getContext("2d").drawImage(canvas, 0, 0, half.width, half.height)
    canvas = half
    url = canvas.toDataURL("image/jpeg", 0.8)
  }
  const label = within(element, "[role=figure][aria-label], [role=img][aria-label], [aria-label]")
  return { url, alt: element.alt || element.getAttribute("aria-label") || label?.getAttribute("aria-label") || "" }
}

function shown() {
  const found = []
  for (const e of deep(document.querySelector("[data-testid=stMain]") ?? document.body)) {
    const kind = e.matches(GROUPS) || e instanceof HTMLImageElement || e instanceof HTMLCanvasElement ||
      (e instanceof SVGSVGElement && !e.parentElement?.closest("svg"))
    if (!kind || (!e.matches(GROUPS) && within(e, GROUPS))) continue
    if (within(e, "[data-testid=stDataFrame], .eo-qr, [data-testid=stPopoverBody], button")) continue
    const box = e.getBoundingClientRect()
    if (box.width < LEAST || box.height < LEAST || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue
    found.push({ e, seen: box.bottom > 0 && box.top < innerHeight ? 0 : 1, order: found.length })
  }
  found.sort((a, b) => a.seen - b.seen || a.order - b.order)    // what is on the screen first, then what is below
  return found.slice(0, MOST).sort((a, b) => a.order - b.order).map(({ e }) => e)
}

export default function ({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector("button"), said = parentElement.querySelector("output")
  button.textContent = data.label
  said.textContent = data.said
  button.onclick = async () => {
    button.disabled = true
    said.textContent = data.working
    const pictures = []
    for (const element of shown()) {
      try { pictures.push(await picture(element)) } catch { /* a picture that cannot be read is left out, and counted */ }
    }
    const heading = document.querySelector("[data-testid=stMain] h1")?.innerText.trim() ?? ""
    setTriggerValue("pinned", { pictures, heading, missed: shown().length - pictures.length, at: Date.now() })
    button.disabled = false
  }
}
