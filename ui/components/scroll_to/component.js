export default function ({ parentElement, data }) {
  if (parentElement.__done === data.occasion) return;
  parentElement.__done = data.occasion;
  const place = document.querySelector(`.st-key-${data.place}`);
  if (!place) return;
  const { top } = place.getBoundingClientRect();
  if (top >= 0 && top <= window.innerHeight / 2) return;
  const header = document.querySelector('[data-testid="stHeader"]'); // which lies over the page's first lines
  place.style.scrollMarginTop = `${header ? header.offsetHeight + 8 : 0}px`;
  place.scrollIntoView({ block: 'start' });
}
