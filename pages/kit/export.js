// Save a chart as PNG or SVG with the plotly that already draws it: no network, no browser on the server.
// Its own tool-bar button is pressed; the ground of the page is painted in, so that dark figures stay readable.
export default function ({ data, parentElement }) {
  const row = parentElement.querySelector(".row")
  const chart = () => document.querySelector(`.st-key-${CSS.escape(data.chart)} .js-plotly-plot`)
  const save = (format) => {
    const figure = chart()
    const button = figure?.querySelector('.modebar-btn[data-title^="Download plot"]')
    if (!button) return false
    const options = figure._context.toImageButtonOptions, ground = figure._fullLayout.paper_bgcolor
    Object.assign(options, { format, filename: data.name })
    const page = getComputedStyle(document.querySelector(".stApp")).backgroundColor
    const layout = figure.layout
    figure.layout = { ...layout, paper_bgcolor: page }
    button.click()
    figure.layout = layout
    return ground !== undefined
  }
  row.replaceChildren(...data.formats.map(({ format, label, help }) => {
    const button = document.createElement("button")
    Object.assign(button, { type: "button", textContent: label, title: help })
    button.setAttribute("aria-label", help)
    button.onclick = () => { if (!save(format)) button.disabled = true }
    return button
  }))
}
