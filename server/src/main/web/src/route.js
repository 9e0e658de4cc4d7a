// Which view the address names: #/ and #/a/ID,ID (answers in order), #/desks, #/desks/NAME, #/costs, #/about.
import { store } from './store.js';

function read() {
  const [view = '', rest = ''] = location.hash.replace(/^#\/?/, '').split(/\/(.*)/s);
  return { view, rest: decode(rest) };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

export const route = store(read());
addEventListener('hashchange', () => route.set(read()));

export function go(hash, isReplacing = false) {
  if (isReplacing) {
    window.history.replaceState(null, '', hash);
    route.set(read());
  } else {
    location.hash = hash;
  }
}

export const answersHash = (ids) => `#/a/${ids.map(encodeURIComponent).join(',')}`;
export const deskHash = (name) => `#/desks/${encodeURIComponent(name)}`;
