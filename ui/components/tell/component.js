import { tell } from '../shared/talk.js';

export default function ({ data: { to, name, value } }) {
  return tell(to, name, JSON.parse(value));
}
