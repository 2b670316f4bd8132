/* What swipe.js and layers.js share: one Leaflet view of one scene. Python joins this text in front of theirs.
   A scene is {bounds, inner, geographic, size, pixelated, height, labels, rectangle, marker, outline, clickable}.
   Positions are {lat, lng} on Earth; on the pixel plane Leaflet's y grows upwards, so row = height - lat. */
let leaflet
const eogenGroups = (globalThis.eogenMapGroups ??= new Map())      // group name -> Set of views that move together

async function loaded(root, scene) {             // Leaflet, and its style sheet in the element
  const asset = (file) => new URL(`${scene.base}/${file}`, document.baseURI).href
  leaflet ??= import(asset("leaflet-src.esm.js"))
  const css = document.createElement("link")
  css.rel = "stylesheet"
  const styled = new Promise((ok) => { css.onload = css.onerror = ok })
  css.href = asset("leaflet.css")
  root.prepend(css)
  const [L] = await Promise.all([leaflet, styled])
  return [L, css]
}

function openView(L, css, root, scene) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches
  const box = root.querySelector(".map"), cross = root.querySelector(".cross"), said = root.querySelector("output")
  const map = L.map(box, {
    crs: scene.geographic ? L.CRS.EPSG3857 : L.CRS.Simple, attributionControl: false, zoomControl: false,
    keyboard: false, scrollWheelZoom: false, doubleClickZoom: !scene.clickable, zoomSnap: 0, zoomDelta: 0.5,
    wheelPxPerZoomLevel: 120, maxBoundsViscosity: 1, inertia: !still, zoomAnimation: !still, fadeAnimation: false,
    minZoom: -20, maxZoom: 30, bounceAtZoomLimits: false,
  })
  if (scene.geographic) L.control.scale({ imperial: false, position: "topright", maxWidth: 150 }).addTo(map)
  let following = false
  const gone = new AbortController(), signal = gone.signal      // every listener of this view ends with it
  const view = { L, map, signal, root, scene, drawn: {}, api: {}, cursor: null, drawing: () => {} }

  /* --- the frame: always full of image, at every size --- */
  const latLngBounds = (b) => L.latLngBounds(b)
  const cover = () => map.getBoundsZoom(latLngBounds(view.scene.inner), true)
  const fit = () => {
    if (!box.clientWidth || !box.clientHeight) return      // in a closed tab: the observer below comes back
    following = true                             // a scene that has just come does not move its neighbours
    map.setMinZoom(-20).setMaxZoom(30)
    const least = cover()
    map.setMaxBounds(latLngBounds(view.scene.inner))
    map.setView(latLngBounds(view.scene.inner).getCenter(), least, { animate: false })
    map.setMinZoom(least).setMaxZoom(least + 6)
    following = false
    view.fitted = true
    pannable()
  }
  const resized = () => {
    if (!box.clientWidth || !box.clientHeight) return
    const wasFitted = !view.fitted || map.getZoom() <= map.getMinZoom() + 1e-6
    map.invalidateSize({ animate: false, pan: true })
    if (wasFitted) return fit()
    const next = cover()
    map.setMinZoom(next).setMaxZoom(next + 6).panInsideBounds(latLngBounds(view.scene.inner), { animate: false })
  }
  const pannable = () => {                       // a fitted map lets the page scroll under the finger
    const seen = map.getSize(), z = map.getZoom()
    const [s, n] = [map.project(latLngBounds(view.scene.inner).getSouthWest(), z), map.project(latLngBounds(view.scene.inner).getNorthEast(), z)]
    const free = Math.abs(n.x - s.x) > seen.x + 2 || Math.abs(s.y - n.y) > seen.y + 2
    map.dragging[free ? "enable" : "disable"]()
    root.classList.toggle("fitted", !free)
    root.querySelector(".in").disabled = z >= map.getMaxZoom() - 1e-6
    root.querySelector(".out").disabled = z <= map.getMinZoom() + 1e-6
  }

  /* --- where: clicks and the keyboard's cross --- */
  const place = (p) => view.scene.geographic ? { lat: p.lat, lng: p.lng } : { x: p.lng, y: view.scene.bounds[1][0] - p.lat }
  const choose = (latlng) => {
    const [[s, w], [n, e]] = view.scene.bounds
    if (view.scene.clickable && latlng.lat >= s && latlng.lat <= n && latlng.lng >= w && latlng.lng <= e)
      view.api.setTriggerValue("clicked", place(latlng))
  }
  const number = (v, digits) => v.toLocaleString(view.scene.lang, { maximumFractionDigits: digits })
  const say = () => {
    const p = place(view.cursor)
    const facts = view.scene.geographic ? { x: number(p.lng, 4), y: number(p.lat, 4) } : { x: number(Math.floor(p.x), 0), y: number(Math.floor(p.y), 0) }
    said.textContent = view.scene.labels.at.replace("{x}", facts.x).replace("{y}", facts.y)
  }
  const showCross = () => {
    cross.hidden = !view.cursor || !view.scene.clickable
    if (cross.hidden) return
    const p = map.latLngToContainerPoint(view.cursor)
    cross.style.transform = `translate(${p.x}px, ${p.y}px)`
  }
  const step = () => {                           // one pixel of the image, or 12 px of the screen where those are tiny
    const [[s, w], [n, e]] = view.scene.bounds, [across] = view.scene.size
    if (!across) return 12
    const wide = Math.abs(map.latLngToContainerPoint([n, e]).x - map.latLngToContainerPoint([s, w]).x)
    const pixel = wide / across
    return pixel * Math.max(1, Math.round(12 / pixel))
  }
  const moveCross = (dx, dy) => {
    const centre = view.scene.geographic ? map.getCenter() : L.latLng(Math.floor(map.getCenter().lat) + 0.5, Math.floor(map.getCenter().lng) + 0.5)
    const from = map.latLngToContainerPoint(view.cursor ?? view.last ?? centre)
    let to = map.containerPointToLatLng(from.add([dx, dy]))
    const inside = latLngBounds(view.scene.inner)
    if (!inside.contains(to)) to = map.containerPointToLatLng(from)
    view.cursor = to
    map.panInside(to, { padding: [24, 24], animate: false })
    showCross(); say()
  }
  const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const far = (event.shiftKey ? 5 : 1) * step(), arrow = keys[event.key]
    if (arrow && view.scene.clickable) moveCross(arrow[0] * far, arrow[1] * far)
    else if (arrow) map.panBy([arrow[0] * 60, arrow[1] * 60], { animate: false })
    else if (event.key === "+" || event.key === "=") map.zoomIn()
    else if (event.key === "-") map.zoomOut()
    else if ((event.key === "Enter" || event.key === " ") && view.scene.clickable) { if (!view.cursor) moveCross(0, 0); choose(view.cursor) }
    else if (event.key === "Escape" && view.cursor) { view.cursor = null; showCross() }
    else return
    event.preventDefault(); event.stopPropagation()
  }
  const onFocus = () => { map.scrollWheelZoom.enable(); if (box.matches(":focus-visible")) { moveCross(0, 0) } }
  const onBlur = () => { map.scrollWheelZoom.disable(); view.cursor = null; showCross() }
  box.addEventListener("keydown", onKey, { signal })
  box.addEventListener("focus", onFocus, { signal })
  box.addEventListener("blur", onBlur, { signal })
  root.querySelector(".in").addEventListener("click", () => map.zoomIn(), { signal })
  root.querySelector(".out").addEventListener("click", () => map.zoomOut(), { signal })

  /* --- what is drawn over the pictures --- */
  const at = (p) => view.scene.geographic ? L.latLng(p[0], p[1]) : L.latLng(view.scene.bounds[1][0] - p[0], p[1])
  const drawn = (name, layer) => { view.drawn[name]?.remove(); view.drawn[name] = layer?.addTo(map) }
  const flat = { interactive: false, fill: false }
  const annotate = () => {
    const { rectangle: r, marker: m, outline: o, geographic } = view.scene
    const square = r && L.latLngBounds(at(r[0]), at(r[1]))
    drawn("outline", o && L.geoJSON(o, { interactive: false, style: { color: "#fff", weight: 1.5, opacity: .9, fillOpacity: 0 },
      ...(geographic ? {} : { coordsToLatLng: ([x, y]) => at([y, x]) }) }))
    drawn("casing", square && L.rectangle(square, { ...flat, color: "#fff", weight: 5, className: "casing" }))
    drawn("rectangle", square && L.rectangle(square, { ...flat, color: "#111", weight: 2.5, dashArray: "6 4", className: "chosen" }))
    drawn("marker", m && L.circleMarker(at(m), { interactive: false, radius: 9, color: "#111", weight: 2.5, fillColor: "#fff", fillOpacity: .85 }))
  }

  /* --- views of one group move together --- */
  const others = () => [...(eogenGroups.get(view.scene.group) ?? [])].filter((other) => other !== view && other.fitted)
  const tell = () => {
    if (following || !view.fitted) return
    for (const other of others()) other.follow(map.getCenter(), map.getZoom() - map.getMinZoom())
  }
  view.follow = (centre, above) => {
    following = true
    map.setView(centre, map.getMinZoom() + above, { animate: false })
    following = false
  }
  const ghost = root.querySelector(".ghost")      // where the pointer is in the neighbour
  view.point = (latlng) => {
    ghost.hidden = !latlng
    if (!latlng) return
    const p = map.latLngToContainerPoint(latlng)
    ghost.style.transform = `translate(${p.x}px, ${p.y}px)`
  }
  map.on("mousemove", (e) => others().forEach((other) => other.point(e.latlng)))
  map.on("mouseout", () => others().forEach((other) => other.point(null)))
  const join = (name) => { if (name) eogenGroups.set(name, (eogenGroups.get(name) ?? new Set()).add(view)) }
  const leave = (name) => { const g = eogenGroups.get(name); g?.delete(view); if (g && !g.size) eogenGroups.delete(name) }

  view.update = (next) => {
    const before = view.scene, first = !view.shown
    view.scene = next; view.shown = true
    if (next.group !== before.group) leave(before.group)
    join(next.group)
    root.classList.toggle("pixelated", next.pixelated)
    root.classList.toggle("clickable", next.clickable)
    frame(root, next)
    box.setAttribute("role", "application")
    box.setAttribute("aria-label", next.labels.map)
    root.querySelector(".hint").textContent = next.clickable ? next.labels.keys : ""
    root.querySelector(".in").setAttribute("aria-label", next.labels.zoom_in)
    root.querySelector(".out").setAttribute("aria-label", next.labels.zoom_out)
    if (first || JSON.stringify(before.bounds) !== JSON.stringify(next.bounds)) { map.invalidateSize({ animate: false }); fit() }
    annotate()
  }
  view.picture = (name, url, pane, alt) => {     // add, swap in place, or leave alone
    const old = view.drawn[name]
    if (!old) drawn(name, L.imageOverlay(url, view.scene.bounds, { pane, alt, className: "picture" }))
    else {
      if (old._url !== url) old.setUrl(url)
      old.setBounds(latLngBounds(view.scene.bounds))
      if (old.getElement()) old.getElement().alt = alt
    }
    return view.drawn[name]
  }
  view.remove = (name) => { drawn(name, null); delete view.drawn[name] }

  const watch = new ResizeObserver(resized)
  watch.observe(box)
  map.on("click", (e) => { view.last = e.latlng; choose(e.latlng) })
  map.on("move zoom resize viewreset", () => { view.drawing(); showCross() })
  map.on("zoomend moveend resize", () => { pannable(); tell() })
  map.on("move", tell)
  view.close = () => { gone.abort(); watch.disconnect(); leave(view.scene.group); map.remove(); css.remove() }
  return view
}

function frame(root, scene) {                    // a height in px, or the image's own shape
  const [[s, w], [n, e]] = scene.inner, rad = Math.PI / 180
  const tall = scene.geographic ? Math.asinh(Math.tan(n * rad)) - Math.asinh(Math.tan(s * rad)) : n - s
  const wide = scene.geographic ? (e - w) * rad : e - w
  const box = root.querySelector(".frame")
  box.classList.toggle("shaped", !scene.height)
  box.style.height = scene.height ? `${scene.height}px` : ""
  box.style.setProperty("--shape", wide / tall)
}

/* Streamlit calls the element again for every change of data, perhaps before Leaflet has loaded. What a call returns is
   its clean-up: run on unmount for the last call; but also for a call that a newer change overtook while the module
   was still being fetched, and then just before or just after the newer call, on the same root. So only the newest
   call's clean-up closes, and while the root still stands on the page it gives the newer call time to come. */
const LINGER = 1000                               // milliseconds
function element(build) {
  return function ({ data, parentElement, setStateValue, setTriggerValue }) {
    const root = parentElement.querySelector(".eogen-map"), mine = root.call = {}
    const close = () => { root.view?.close(); delete root.view; delete root.opening; delete root.dataset.ready }
    root.api = { setStateValue, setTriggerValue }
    root.latest = data
    if (root.opening && root.opening.geographic !== data.geographic) close()      // Leaflet cannot change its CRS
    if (root.view) {
      Object.assign(root.view.api, root.api)
      root.view.show(data)
    } else if (!root.opening) {
      const opening = root.opening = { geographic: data.geographic }
      frame(root, data)
      loaded(root, data).then(([L, css]) => {
        if (root.opening !== opening) return css.remove()      // closed meanwhile, perhaps opened anew
        const view = openView(L, css, root, root.latest)
        Object.assign(view.api, root.api)
        root.view = build(view, root)
        root.view.show(root.latest)
        root.dataset.ready = "yes"
      })
    }
    return () => {
      const end = () => { if (root.call === mine) close() }
      root.isConnected ? setTimeout(end, LINGER) : end()
    }
  }
}
