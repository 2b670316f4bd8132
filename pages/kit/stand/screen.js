// The stand's screen: no way out of the app as far as a page can bar it, and targets that a finger hits. What only the
// browser itself can refuse (its own menus, its own shortcuts) is refused by kiosk mode: see eogen/cli/stand.py.
const KEYS = new Set(["F1", "F3", "F5", "F6", "F7", "F10", "F11", "F12", "BrowserBack", "BrowserForward", "BrowserHome"])
const CHORDS = new Set("nNtTwWpPsSoOuUjJhHdDgGfFlLrR+-=0".split(""))

export default function ({ parentElement }) {
  const before = parentElement.eogenStand
  before?.leave()
  const root = document.documentElement
  root.classList.add("eo-stand")
  const stop = (event) => { event.preventDefault(); event.stopPropagation() }

  const typed = (event) => /^(INPUT|TEXTAREA)$/.test(event.composedPath()[0]?.tagName) && event.composedPath()[0].type !== "range"
  const key = (event) => {
    const chord = (event.ctrlKey || event.metaKey) && CHORDS.has(event.key)
    const back = event.key === "Backspace" && !typed(event)
    if (chord || back || KEYS.has(event.key) || (event.altKey && /^(Arrow|Home)/.test(event.key))) stop(event)
  }
  const click = (event) => {
    const link = event.composedPath().find((each) => each.tagName === "A" && each.href)
    if (link && (link.target === "_blank" || link.download || new URL(link.href, location.href).origin !== location.origin)) stop(event)
  }
  const pinch = (event) => { if (event.touches.length > 1) stop(event) }
  const wheel = (event) => { if (event.ctrlKey) stop(event) }
  const pick = (event) => { if (!typed(event)) stop(event) }
  const middle = (event) => { if (event.button > 0) stop(event) }
  const barred = [
    ["keydown", key], ["click", click], ["auxclick", middle], ["contextmenu", stop], ["selectstart", pick], ["dragstart", stop],
    ["drop", stop], ["touchmove", pinch], ["gesturestart", stop], ["wheel", wheel],
  ]
  const hard = { capture: true, passive: false }
  barred.forEach(([name, refuse]) => window.addEventListener(name, refuse, hard))
  const opens = window.open
  window.open = () => null

  // Streamlit's components draw in shadow roots, which no style sheet of the page reaches: each gets one as it comes; looking costs about a millisecond and is put off while much changes
  const sheet = new CSSStyleSheet()
  sheet.replaceSync("INSIDE.CSS")
  const large = () => {
    for (const { shadowRoot } of document.querySelectorAll("*"))
      if (shadowRoot && !shadowRoot.adoptedStyleSheets.includes(sheet)) shadowRoot.adoptedStyleSheets.push(sheet)
    pending = null
  }
  let pending = null
  const watch = new MutationObserver(() => { pending ??= setTimeout(large, 120) })
  watch.observe(document.body, { childList: true, subtree: true })
  large()

  function leave() {
    if (parentElement.eogenStand?.leave !== leave) return  // a call that was overtaken is cleaned up after the newer one has begun
    delete parentElement.eogenStand
    barred.forEach(([name, refuse]) => window.removeEventListener(name, refuse, hard))
    watch.disconnect(); clearTimeout(pending)
    window.open = opens
    root.classList.remove("eo-stand")
    for (const { shadowRoot } of document.querySelectorAll("*"))
      if (shadowRoot) shadowRoot.adoptedStyleSheets = shadowRoot.adoptedStyleSheets.filter((each) => each !== sheet)
  }
  parentElement.eogenStand = { leave }
  return leave
}
