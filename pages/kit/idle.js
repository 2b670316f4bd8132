// Called again at every change of `data`: the listeners and the clock of the call before are taken away first.
export default function ({ data, parentElement, setTriggerValue }) {
  document.documentElement.lang = data.lang
  parentElement.eogenIdle?.()
  // Streamlit says light or dark on .stApp only; popovers hang outside of it, and light-dark() must follow there too
  const app = document.querySelector(".stApp")
  const scheme = () => { document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme }
  const watch = new MutationObserver(scheme)
  watch.observe(app, { attributes: true, attributeFilter: ["class"] }); scheme()
  let clock, watchdog
  const arm = () => {
    clearTimeout(clock); clearTimeout(watchdog)
    clock = setTimeout(() => {
      setTriggerValue("idle", Date.now())
      // no server, no answer: start afresh, so that a stand never stays on an old visitor's page
      watchdog = setTimeout(() => location.assign(new URL(`./${location.search.match(/[?&]stand=1/) ? "?stand=1" : ""}`, document.baseURI)), 8000)
    }, data.seconds * 1000)
  }
  const events = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]
  const leave = () => {
    watch.disconnect()
    clearTimeout(clock); clearTimeout(watchdog)
    events.forEach((event) => document.removeEventListener(event, arm, true))
    if (parentElement.eogenIdle === leave) delete parentElement.eogenIdle
  }
  parentElement.eogenIdle = leave
  if (data.seconds) {
    events.forEach((event) => document.addEventListener(event, arm, { passive: true, capture: true }))
    if (!data.home) arm()
  }
  return leave
}
