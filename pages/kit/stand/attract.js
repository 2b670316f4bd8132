// The loop of an untouched home page: one question after the other over its room's picture, the very pictures of the
// doors. Nothing is asked of the server, not even when a touch ends it.
export default function ({ data, parentElement }) {
  parentElement.eogenAttract?.leave()
  const root = parentElement.querySelector(".attract")
  const [back, front] = root.querySelectorAll(".slide")
  root.querySelector(".touch").textContent = data.touch
  root.setAttribute("aria-label", data.touch)
  let start, turn, shown = -1, top = front
  const hide = () => { root.hidden = true; clearInterval(turn) }
  const step = () => {
    const found = data.doors.map((door) => ({ ...door, src: document.querySelector(`.st-key-door_${door.room} img`)?.src })).filter((door) => door.src)
    if (!found.length) return
    shown = (shown + 1) % found.length
    const door = found[shown], next = top === front ? back : front
    next.className = `slide ${door.room} on`
    next.querySelector("img").src = door.src
    next.querySelector("b").textContent = door.name
    next.querySelector("h2").textContent = door.question
    top.classList.remove("on")
    top = next
  }
  const show = () => {
    if (document.querySelector("[data-testid=stDialog]")) return arm()
    root.hidden = false
    step()
    turn = setInterval(step, data.turn * 1000)
  }
  const arm = () => { clearTimeout(start); start = setTimeout(show, data.after * 1000) }
  const touch = (event) => {
    if (!root.hidden && /pointerdown|keydown|touchstart|wheel/.test(event.type)) {
      event.preventDefault(); event.stopPropagation()
      setTimeout(hide, 60)                        // after the click that follows: no door opens under the finger
    }
    arm()
  }
  const swallow = (event) => { if (!root.hidden) { event.preventDefault(); event.stopPropagation(); hide() } }
  const events = ["pointerdown", "keydown", "touchstart", "wheel", "pointermove"]
  events.forEach((name) => window.addEventListener(name, touch, { capture: true, passive: false }))
  root.addEventListener("click", swallow)
  function leave() {
    if (parentElement.eogenAttract?.leave !== leave) return  // a call that was overtaken is cleaned up after the newer one has begun
    delete parentElement.eogenAttract
    clearTimeout(start); clearInterval(turn)
    events.forEach((name) => window.removeEventListener(name, touch, true))
    root.removeEventListener("click", swallow)
    root.hidden = true
  }
  parentElement.eogenAttract = { leave }
  arm()
  return leave
}
