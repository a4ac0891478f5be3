// What one component tells another, by the key of the one it is for: of two alike on a page each hears its own words only.
// Every component is a module of its own, and either may be drawn first: so the words lie on the window until they are
// taken back.
const talkWith = key => {
  window.__talks ??= new Map();
  if (!window.__talks.has(key)) window.__talks.set(key, { words: new Map(), hear: null });
  return window.__talks.get(key);
};

// Tell the component with this key that name is now value. Returns what takes it back.
export const tell = (key, name, value) => {
  const { words, hear } = talkWith(key);
  const word = { value };
  words.set(name, word);
  hear?.(name, value);
  return () => {
    if (words.get(name) === word) words.delete(name);
  };
};

// What the component with this key was told last under a name; null for nothing.
export const toldSoFar = (key, name) => talkWith(key).words.get(name)?.value ?? null;

// Call hear(name, value) with what this key is told from now on. Returns what ends it.
export const listen = (key, hear) => {
  const talk = talkWith(key);
  talk.hear = hear;
  return () => {
    if (talk.hear === hear) talk.hear = null;
  };
};
