/* Two pictures of one scene, cut by a divider. The divider is a real range input: arrows, touch, screen readers. */
function buildSwipe(view, root) {
  const { map, signal } = view
  const bar = root.querySelector("input"), line = root.querySelector(".line")
  const panes = ["before", "after"].map((side) => { const p = map.createPane(side); p.style.zIndex = 350; return p })
  const polygon = (l, r, t, b) => `polygon(${l}px ${t}px,${r}px ${t}px,${r}px ${b}px,${l}px ${b}px)`
  let asked                                       // the last position Python asked for
  const draw = () => {
    const size = map.getSize(), nw = map.containerPointToLayerPoint([0, 0]), se = nw.add(size)
    const cut = nw.x + size.x * bar.value
    panes[0].style.clipPath = polygon(nw.x, cut, nw.y, se.y)
    panes[1].style.clipPath = polygon(cut, se.x, nw.y, se.y)
    line.style.left = `${100 * bar.value}%`
    bar.setAttribute("aria-valuetext", Number(bar.value).toLocaleString(view.scene.lang, { style: "percent", maximumFractionDigits: 0 }))
  }
  view.drawing = draw

  let wait
  const settled = () => {                         // one message per gesture, not one per key press
    clearTimeout(wait)
    wait = setTimeout(() => view.api.setStateValue("position", Number(bar.value)), 300)
  }
  const onKey = (event) => {                      // 2 % a press, 10 % with shift; the native step is for the finger
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key]
    if (!way) return
    event.preventDefault(); event.stopPropagation()
    bar.value = Number(bar.value) + way * (event.shiftKey ? 0.1 : 0.02)
    draw(); settled()
  }
  bar.addEventListener("input", draw, { signal })
  bar.addEventListener("change", settled, { signal })
  bar.addEventListener("keydown", onKey, { signal })

  const close = view.close
  return Object.assign(view, {
    show(d) {
      if (d.position !== asked) {
        bar.value = d.position
        if (asked !== undefined) settled()        // Python moved it: what it reads back must follow
        asked = d.position
      }
      view.update(d)
      for (const side of ["before", "after"]) {
        view.picture(side, d[side], side, d.labels[side])
        root.querySelector(`.tag.${side}`).textContent = d.labels[side]
      }
      bar.setAttribute("aria-label", d.labels.bar)
      draw()
    },
    close() { clearTimeout(wait); close() },
  })
}
export default element(buildSwipe)
