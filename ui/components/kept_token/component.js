const NAME = 'ae_visitor';

export default function ({ data: { offered }, setStateValue }) {
  try {
    const kept = window.localStorage.getItem(NAME) ?? '';
    const token = /^[\w-]{32}$/.test(kept) ? kept : offered;
    window.localStorage.setItem(NAME, token);
    setStateValue('token', token);
  } catch {
    // storage is refused, too: nobody is known again, and the visit goes on without
  }
}
