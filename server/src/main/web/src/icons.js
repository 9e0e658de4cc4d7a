// Line icons, drawn by hand on a grid of 20.
import { html } from './view.js';

const PATHS = {
  close: 'M5 5l10 10M15 5L5 15',
  send: 'M10 16V4.500M5 9l5-5 5 5',
  stop: 'M6 6h8v8H6z',
  menu: 'M3.500 6h13M3.500 10h13M3.500 14h8',
  plus: 'M10 4v12M4 10h12',
  desk: 'M5 3h7l3 3v11H5zM12 3v3h3M8 10h4M8 13h4',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 6v4l3 2',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  bin: 'M4 6h12M8 6V4h4v2M6 6l.8 10h6.400L14 6',
  upload: 'M10 13V4M6 8l4-4 4 4M4 13v3h12v-3',
  pen: 'M4 16l1-4 8-8 3 3-8 8zM11.500 5.500l3 3',
  sun: 'M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7M10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M15.700 4.300l-1.100 1.100M5.400 14.600l-1.100 1.100',
  moon: 'M16 12A6.500 6.500 0 0 1 8 4a6.500 6.500 0 1 0 8 8z',
  auto: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14',
  key: 'M12.500 4a3.500 3.500 0 1 1-2.600 5.900L4 15.500V17h2.500v-1.800h1.800v-1.800l2-2',
};

export function Icon({ name }) {
  return html`<svg class=${`i i-${name}`} viewBox="0 0 20 20" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
