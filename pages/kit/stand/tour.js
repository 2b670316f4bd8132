// The guided tour's bar: the clock is the browser's, and Python is told once a room, when the next one is to open.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".tour"), words = data.words
  parentElement.eogenTour?.leave()
  root.className = `tour ${data.room}`
  const [pause, next, stop] = root.querySelectorAll("button")
  root.querySelector("p").textContent = words.say
  root.querySelector(".count").textContent = words.count
  root.setAttribute("aria-label", words.name)
  root.querySelector("ol").replaceChildren(...data.rooms.map((name, k) => {
    const item = document.createElement("li"), fill = document.createElement("i")
    item.className = k < data.step - 1 ? "done" : k === data.step - 1 ? "now" : ""
    item.append(fill, name)
    if (item.className === "now") item.setAttribute("aria-current", "step")
    return item
  }))
  const fill = root.querySelector(".now i")
  let spent = 0, since = performance.now(), held = false, told = false, frame
  const send = (where) => { if (!told) { told = true; setTriggerValue("go", where) } }
  const hold = (yes) => {
    if (held === yes) return
    if (yes) spent += performance.now() - since
    since = performance.now()
    held = yes
    pause.textContent = yes ? words.go_on : words.pause
    root.dataset.held = yes
    tick()
  }
  const tick = () => {
    const share = (spent + (held ? 0 : performance.now() - since)) / (data.seconds * 1000)
    if (fill) fill.style.width = `${Math.min(100, 100 * share)}%`
    if (share >= 1) send(data.step + 1)
  }
  frame = setInterval(tick, 200)
  pause.textContent = words.pause
  next.textContent = words.next
  stop.textContent = words.stop
  root.dataset.held = "false"
  pause.onclick = () => hold(!held)
  next.onclick = () => send(data.step + 1)
  stop.onclick = () => send(0)
  // who touches the room plays: the tour waits until its own button is pressed
  const played = (event) => { if (!event.composedPath().includes(root)) hold(true) }
  const key = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    if (event.key === "Escape") send(0)
    else if (event.key === "PageDown" || event.key === "n") send(data.step + 1)
    else if (event.key === "p") hold(!held)
    else return
    event.preventDefault()
  }
  document.addEventListener("pointerdown", played, true)
  document.addEventListener("keydown", key, true)
  function leave() {
    clearInterval(frame)
    document.removeEventListener("pointerdown", played, true)
    document.removeEventListener("keydown", key, true)
  }
  parentElement.eogenTour = { leave }
  return leave
}
