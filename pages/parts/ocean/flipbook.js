// Pictures one after the other, as a film. Everything happens in the browser: no rerun of the page, no timer that is
// left behind (the next call stops the film of the call before, the clean-up the last), nothing moves where the visitor
// asked for less motion.
export default function ({ data, parentElement }) {
  const find = (name) => parentElement.querySelector(`.${name}`)
  const [image, range, button, title] = ["picture", "at", "play", "title"].map(find)
  const frames = data.frames
  parentElement.eogenFilm?.leave()
  let timer = null
  frames.forEach(({ url }) => { new Image().src = url })
  const show = (k) => {
    const frame = frames[k]
    image.src = frame.url
    image.alt = title.textContent = frame.label
    range.value = k
    range.setAttribute("aria-valuetext", frame.label)
  }
  const stop = () => { clearInterval(timer); timer = null; button.textContent = data.labels.play }
  const play = () => {
    timer = setInterval(() => show((Number(range.value) + 1) % frames.length), data.period)
    button.textContent = data.labels.pause
  }
  image.style.aspectRatio = data.ratio
  range.max = frames.length - 1
  range.setAttribute("aria-label", data.labels.at)
  range.oninput = () => { stop(); show(Number(range.value)) }
  button.onclick = () => (timer ? stop() : play())
  stop()
  show(Math.min(Number(range.value) || 0, frames.length - 1))
  const leave = () => {
    if (parentElement.eogenFilm?.leave !== leave) return  // a call that was overtaken is cleaned up after the newer one has begun
    delete parentElement.eogenFilm
    stop()
  }
  parentElement.eogenFilm = { leave }
  return leave
}
