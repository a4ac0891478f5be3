export default function ({ parentElement, data }) {
  if (parentElement.__done === data.occasion) return;
  parentElement.__done = data.occasion;
  const place = document.querySelector(`.st-key-${data.place}`);
  if (!place) return;
  const { top } = place.getBoundingClientRect();
  if (top < 0 || top > window.innerHeight / 2) place.scrollIntoView({ block: 'start' });
}
