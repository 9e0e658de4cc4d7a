// Light, dark, or as the system has it.
import { store } from './store.js';

const KEY = 'longhand.theme';
export const THEMES = ['auto', 'light', 'dark'];

const saved = localStorage.getItem(KEY);
export const theme = store(THEMES.includes(saved) ? saved : 'auto');

export function setTheme(name) {
  localStorage.setItem(KEY, name);
  theme.set(name);
  apply(name);
}

function apply(name) {
  if (name === 'auto') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = name;
  }
}

apply(theme.get());
