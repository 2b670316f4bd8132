// Called again at every change of `data`: the listeners and the clock of the call before are taken away first.
// The time of the last touch is kept on the window: a page that comes in between must not start the clock anew.
export default function ({ data, parentElement, setTriggerValue }) {
  document.documentElement.lang = data.lang
  parentElement.eogenIdle?.leave()

  // Streamlit says light or dark on .stApp only; popovers hang outside of it, and light-dark() must follow there too
  const app = document.querySelector(".stApp")
  const scheme = () => { document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme }
  const watch = new MutationObserver(scheme)
  watch.observe(app, { attributes: true, attributeFilter: ["class"] })
  scheme()

  let clock, watchdog
  const now = () => performance.now()
  const before = window.eogenIdle
  if (!before || before.resets !== data.resets) window.eogenIdle = { resets: data.resets, at: now(), touched: false }
  const held = window.eogenIdle
  if (held.home && !data.home && !held.touched) held.at = now() // a room opened by nobody's hand: its time begins here
  held.home = data.home
  const go = () => {
    setTriggerValue("idle", Date.now())
    // no server, no answer: start afresh, so that a stand never stays on the page of the visitor before
    const kept = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => /^(stand|idle)$/.test(name)))
    const home = new URL(kept.size ? `./?${kept}` : "./", document.baseURI)
    watchdog = setTimeout(() => location.assign(home), 15000)
  }
  const arm = () => {
    clearTimeout(clock); clearTimeout(watchdog)
    clock = setTimeout(go, Math.max(0, data.seconds * 1000 - (now() - held.at)))
  }
  const touch = () => { held.touched = true; held.at = now(); arm() }
  const events = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]
  function leave() {
    clearTimeout(clock); clearTimeout(watchdog); watch.disconnect()
    events.forEach((event) => document.removeEventListener(event, touch, true))
  }
  parentElement.eogenIdle = { leave }
  if (data.seconds) {
    events.forEach((event) => document.addEventListener(event, touch, { passive: true, capture: true }))
    if (!data.home || held.touched) arm() // an untouched home page asks for nothing
  }
  return leave
}
