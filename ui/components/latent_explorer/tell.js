export default function ({ data: { name, value } }) {
  const said = { name, value: JSON.parse(value) };
  window.__lab ??= {};
  window.__lab[name] = said.value; // for an explorer that is drawn later
  window.dispatchEvent(new CustomEvent('lab-explorer', { detail: said }));
  return () => {
    window.__lab[name] = null;
  };
}
