/* One picture with layers over it. Opacity, blending and which layers show are settled in the browser. */
function buildLayers(view, root) {
  const { map, signal } = view
  const slider = root.querySelector(".opacity"), blend = root.querySelector(".blend input"), list = root.querySelector(".choices")
  const base = map.createPane("base"), top = map.createPane("top")
  base.style.zIndex = 340; top.style.zIndex = 350
  const off = new Set()
  delete list.dataset.text                       // boxes of a view that was closed would turn its layers
  let asked
  const draw = () => {
    top.style.opacity = slider.value
    top.style.mixBlendMode = blend.checked ? "multiply" : "normal"
    slider.setAttribute("aria-valuetext", Number(slider.value).toLocaleString(view.scene.lang, { style: "percent", maximumFractionDigits: 0 }))
    for (const i of view.names ?? []) view.drawn[`layer ${i}`].setOpacity(off.has(i) ? 0 : 1)
  }
  slider.addEventListener("input", draw, { signal })
  blend.addEventListener("change", draw, { signal })

  const choices = (layers) => {                   // one box a layer; a single layer has the slider only
    const text = layers.map((l) => l.label)
    if (JSON.stringify(text) === list.dataset.text) return
    list.dataset.text = JSON.stringify(text)
    list.replaceChildren(...(layers.length < 2 ? [] : layers.map((layer, i) => {
      const label = document.createElement("label"), box = document.createElement("input")
      box.type = "checkbox"; box.checked = !off.has(i)
      box.addEventListener("change", () => { off[box.checked ? "delete" : "add"](i); draw() })
      label.append(box, layer.label)
      return label
    })))
  }
  return Object.assign(view, {
    show(d) {
      if (d.opacity !== asked) { asked = d.opacity; slider.value = d.opacity }
      view.update(d)
      view.picture("base", d.image, "base", d.labels.map)
      for (const i of view.names ?? []) if (i >= d.layers.length) view.remove(`layer ${i}`)
      view.names = d.layers.map((layer, i) => { view.picture(`layer ${i}`, layer.url, "top", layer.label); return i })
      choices(d.layers)
      root.querySelector(".controls").hidden = !d.layers.length
      root.querySelector(".blend").hidden = !d.blend
      root.querySelector(".opacity-name").textContent = d.labels.opacity
      root.querySelector(".blend-name").textContent = d.labels.blend ?? ""
      const tag = root.querySelector(".tag")
      tag.textContent = d.labels.title ?? ""; tag.hidden = !d.labels.title
      draw()
    },
  })
}
export default element(buildLayers)
