"""What of a page lies where nobody can see or reach it: asked of the browser, of everything that is drawn."""

from __future__ import annotations

from playwright.sync_api import Page

# Everything with words of its own and every control, into the components' own trees: is it wider than its box, or beside
# the box of what holds it? What does not clip shows it all the same, so only boxes that clip or scroll count. A plot, a
# formula and a block of code scroll by themselves, and are meant to.
FAULTS = """() => {
  const all = root => [...root.querySelectorAll('*')].flatMap(e => e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]);
  const above = e => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host ?? null;
  const clips = e => !['visible', undefined].includes(getComputedStyle(e).overflowX) && getComputedStyle(e).display !== 'inline';
  const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getBoundingClientRect().width > 1;
  const worded = e => [...e.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const named = e => `${e.tagName.toLowerCase()} "${(e.getAttribute('aria-label') ?? e.innerText ?? '').trim().slice(0, 40)}"`;
  const apart = 'svg, pre, .js-plotly-plot, .katex, [data-testid=stSidebar][data-collapsed=true], [data-testid=stFileUploaderDropzoneInput]';
  const elements = all(document.querySelector('[data-testid=stAppViewContainer]'));
  const faults = [];
  let looked = 0;
  for (const e of elements) {
    if (!seen(e) || e.closest(apart) || !(worded(e) || e.matches('button, a, select, [role=radio], [role=combobox]'))) continue;
    looked += 1;
    if (clips(e) && e.scrollWidth > e.clientWidth + 1) faults.push(`${named(e)} is cut off`);
    const box = e.getBoundingClientRect();
    for (let p = above(e); p; p = above(p)) {
      const outer = p.getBoundingClientRect();
      if (outer.width > 1 && clips(p) && (box.left < outer.left - 1 || box.right > outer.right + 1)) {
        faults.push(`${named(e)} lies out of sight`);
        break;
      }
    }
  }
  for (const e of elements) {
    const scrolls = ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1;
    if (scrolls && seen(e) && !e.closest(apart)) faults.push(`${named(e)} scrolls sideways`);
    const drawn_on = e.matches('.pad canvas, .noisy canvas, .plane > canvas, .viewer .stage canvas') && seen(e);
    const { width } = e.getBoundingClientRect();
    if (drawn_on && width < 200) faults.push(`a pad of ${Math.round(width)} px`);
  }
  return { looked, faults: [...new Set(faults)] };
}"""


def faults_of(page: Page) -> list[str]:
    """Return what is cut off, out of sight, scrolls sideways or is too small to draw on, a phrase each."""
    found = page.evaluate(FAULTS)
    assert found["looked"] > 20, "nothing was looked at"
    return found["faults"]
