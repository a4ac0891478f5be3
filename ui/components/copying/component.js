// What navigator.clipboard would do, as browsers did it before: what is selected is copied. Inside the dialog that has the
// focus, which would take it back from a field outside.
const copied = text => {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.readOnly = true; // else a tablet opens its keyboard
  field.style.cssText = 'position: fixed; inset: 0 auto auto 0; width: 1px; height: 1px; opacity: 0';
  (focused?.closest('[role=dialog]') ?? document.body).append(field);
  field.focus({ preventScroll: true });
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  focused?.focus({ preventScroll: true });
  return done
    ? Promise.resolve()
    : Promise.reject(new Error('The browser does not copy: mark the text and press Ctrl+C.'));
};

export default function () {
  if (navigator.clipboard) return;
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: copied } });
}
