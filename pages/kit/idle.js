// Called again at every change of `data`: the listeners and the clock of the call before are taken away first.
export default function ({ data, parentElement, setTriggerValue }) {
  document.documentElement.lang = data.lang
  const before = parentElement.eogenIdle
  before?.leave()

  // Streamlit says light or dark on .stApp only; popovers hang outside of it, and light-dark() must follow there too
  const app = document.querySelector(".stApp")
  const scheme = () => { document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme }
  const watch = new MutationObserver(scheme)
  watch.observe(app, { attributes: true, attributeFilter: ["class"] })
  scheme()

  let clock, watchdog
  const self = { resets: data.resets, touched: before?.touched && before.resets === data.resets, leave }
  const go = () => {
    setTriggerValue("idle", Date.now())
    // no server, no answer: start afresh, so that a stand never stays on the page of the visitor before
    const home = new URL("./" + (/[?&]stand=1/.test(location.search) ? "?stand=1" : ""), document.baseURI)
    watchdog = setTimeout(() => location.assign(home), 15000)
  }
  const arm = () => {
    clearTimeout(clock); clearTimeout(watchdog)
    clock = setTimeout(go, data.seconds * 1000)
  }
  const touch = () => { self.touched = true; arm() }
  const events = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]
  function leave() {
    clearTimeout(clock); clearTimeout(watchdog); watch.disconnect()
    events.forEach((event) => document.removeEventListener(event, touch, true))
  }
  parentElement.eogenIdle = self
  if (data.seconds) {
    events.forEach((event) => document.addEventListener(event, touch, { passive: true, capture: true }))
    if (!data.home || self.touched) arm() // an untouched home page asks for nothing
  }
  return leave
}
