/* One opacity for every picture on the map, also for those switched on later. */
const bar = document.getElementById("opacity")
const apply = () => document.querySelectorAll("img.leaflet-image-layer").forEach((image) => { image.style.opacity = bar.value })
bar.addEventListener("input", apply)
new MutationObserver(apply).observe(document.querySelector(".leaflet-container"), { childList: true, subtree: true })
apply()
