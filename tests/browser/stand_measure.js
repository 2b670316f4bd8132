() => {
  // What is too small to be touched (48 px) or to be read (20 px), shadow roots included.
  const small = [], tiny = [], roots = [document]
  const seen = (e) => { const b = e.getBoundingClientRect()
    return b.width > 2 && b.height > 2 && e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest('[hidden], .eo-hidden') }
  for (let k = 0; k < roots.length; k++) for (const e of roots[k].querySelectorAll('*')) {
    if (e.shadowRoot) roots.push(e.shadowRoot)
    if (!seen(e)) continue
    const b = e.getBoundingClientRect(), s = getComputedStyle(e)
    const name = `${e.tagName}.${e.className?.baseVal ?? e.className} ${(e.textContent || e.ariaLabel || '').trim().slice(0, 40)}`
    if (e.matches('button, a[href], select, summary, input, textarea, [role=button], [role=radio], [role=switch], [role=slider], [role=tab]') && !e.disabled && s.pointerEvents !== 'none') {
      const around = (e.closest('label') ?? e.closest('[data-rac][style*=absolute]'))?.getBoundingClientRect()
      const w = Math.max(b.width, around?.width ?? 0), h = Math.max(b.height, around?.height ?? 0)
      const whole = getComputedStyle(e, '::after')                // a door's link covers its card
      if ((w < 47.5 || h < 47.5) && !(whole.position === 'absolute' && whole.content !== 'none')) small.push(`${name} ${Math.round(w)}x${Math.round(h)}`)
    }
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())
    if (own && parseFloat(s.fontSize) < 19.9) tiny.push(`${name} ${s.fontSize}`)
  }
  const main = document.querySelector('[data-testid=stMain]')
  return { small: [...new Set(small)], tiny: [...new Set(tiny)], wide: main.scrollWidth - main.clientWidth, found: document.querySelectorAll('button, a[href]').length }
}
