// Speaks to the server that gave this page. Knows the key; turns everything that fails into a Trouble, a sentence for people.
import { store } from './store.js';
import { sentence } from './troubles.js';

const KEY = 'longhand.key';

/** Whether somebody must give a key before anything goes on; `reason` says why. */
export const keyWanted = store(null);

export class Trouble extends Error {
  constructor(status, code, message, retryAfter = 0) {
    super(message);
    Object.assign(this, { status, code, retryAfter });
  }
}

export const key = () => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? '';

export function setKey(secret, isRemembered) {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
  if (secret) {
    (isRemembered ? localStorage : sessionStorage).setItem(KEY, secret);
  }
  const waiting = keyWanted.get();
  keyWanted.set(null);
  waiting?.resolve();
}

/** Waits until somebody has given a key. */
export function askForKey(reason) {
  const waiting = keyWanted.get();
  if (waiting) {
    return waiting.given;
  }
  let resolve;
  const given = new Promise((done) => { resolve = done; });
  keyWanted.set({ reason, given, resolve });
  return given;
}

export const authorization = () => (key() ? { Authorization: `Bearer ${key()}` } : {});

/** A reply with a good status. A missing key is asked for, and the call made again with it. */
export async function call(method, path, { json, headers = {}, signal } = {}) {
  for (;;) {
    let response;
    const used = key();
    try {
      response = await fetch(path, {
        method,
        signal,
        headers: { ...(json ? { 'Content-Type': 'application/json' } : {}), ...authorization(), ...headers },
        body: json && JSON.stringify(json),
      });
    } catch (e) {
      throw e.name === 'AbortError' ? e : new Trouble(0, 'unreachable', sentence(0, '', ''));
    }
    if (response.status !== 401) {
      return response.ok ? response : Promise.reject(await trouble(response));
    }
    if (used === key()) {
      await askForKey(used ? 'The server does not know this key, or it was revoked.' : '');
    }
  }
}

async function trouble(response) {
  const told = await response.json().catch(() => ({}));
  return troubleOf(response.status, told, response.headers.get('Retry-After'));
}

/** Of an error as the server writes it. */
export function troubleOf(status, told, retryAfter) {
  const seconds = Number(retryAfter) || 0;
  const { message = '', code = '' } = told.error ?? {};
  return new Trouble(status, code, sentence(status, message, code, seconds), seconds);
}

export const get = (path, options) => call('GET', path, options).then((r) => r.json());
export const post = (path, json, options) => call('POST', path, { json, ...options }).then((r) => r.json());
export const remove = (path) => call('DELETE', path).then((r) => r.json());

/** Parts of a path, each encoded; the slashes of a document's path stay. */
export const pathOf = (...parts) => parts.map((p) => p.split('/').map(encodeURIComponent).join('/')).join('/');
