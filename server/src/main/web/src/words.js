// Figures as people read them. Knows no view.
const whole = new Intl.NumberFormat('en');
const SIZES = ['bytes', 'KB', 'MB', 'GB', 'TB'];

export const count = (n) => whole.format(n ?? 0);
export const plural = (n, one, many = one + 's') => `${count(n)} ${n === 1 ? one : many}`;

export function bytes(n) {
  let size = n ?? 0;
  let unit = 0;
  while (size >= 1000 && unit < SIZES.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${SIZES[unit]}`;
}

export function seconds(s) {
  if (s < 1) {
    return `${Math.round(s * 1000)} ms`;
  }
  if (s < 100) {
    return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  }
  return s < 6000 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`;
}

/** An amount in millionths, with as many digits as say something. */
export function money(micros, unit) {
  const value = Math.abs(micros) / 1e6;
  const digits = value === 0 || value >= 0.1 ? 2 : value >= 0.001 ? 4 : 6;
  return `${micros < 0 ? '−' : ''}${value.toFixed(digits)} ${unit}`;
}

/** An amount as the ledger writes it, a text with six digits. */
export const amount = (text, unit) => money(micros(text), unit);
export const micros = (text) => Math.round(Number(text) * 1e6);

export function compact(n) {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(n ?? 0);
}

export function when(text) {
  const then = new Date(text);
  const ago = (Date.now() - then.getTime()) / 1000;
  if (ago < 60) {
    return 'just now';
  }
  if (ago < 3600) {
    return `${Math.floor(ago / 60)} min ago`;
  }
  const isToday = then.toDateString() === new Date().toDateString();
  return isToday ? then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    : then.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

/** Lines as one says them. */
export const lines = (first, last) => (first === last ? `line ${first}` : `lines ${first}–${last}`);
export const fileName = (path) => path.slice(path.lastIndexOf('/') + 1);
