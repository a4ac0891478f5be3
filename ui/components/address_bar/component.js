export default function ({ data }) {
  const address = new URL(window.location.href);
  const wanted = new URLSearchParams(data.query);
  for (const [name, value] of address.searchParams) // how the page is embedded is not ours to change
    if (name === 'embed' || name === 'embed_options') wanted.append(name, value);
  address.search = wanted.toString();
  if (address.href !== window.location.href) window.history.replaceState(window.history.state, '', address);
}
