// Documents on their way to a desk: sent two at a time, each with its progress. Fetch tells no progress, so this is the older way.
import { store } from './store.js';
import { authorization, askForKey, pathOf, Trouble, troubleOf } from './api.js';
import { sentence } from './troubles.js';

const TOGETHER = 2;
const FILES_MAX = 2_000; // of one drop

/** By desk: {name, state: 'waiting' | 'sending' | 'sent' | 'failed', share, trouble}. */
export const uploads = store([]);

let sending = 0;

export function send(desk, files, onSent) {
  uploads.set((all) => [...all.filter((u) => u.state !== 'sent'),
    ...files.map(({ name, file }) => ({ desk, name, file, state: 'waiting', share: 0, trouble: '', onSent }))]);
  next();
}

export const dismiss = (upload) => uploads.set((all) => all.filter((u) => u !== upload));

function next() {
  while (sending < TOGETHER) {
    const waiting = uploads.get().find((u) => u.state === 'waiting');
    if (!waiting) {
      return;
    }
    sending++;
    transfer(waiting).finally(() => {
      sending--;
      next();
    });
  }
}

async function transfer(upload) {
  let now = upload;
  const change = (parts) => {
    const before = now;
    now = { ...now, ...parts };
    uploads.set((all) => all.map((u) => (u === before ? now : u)));
  };
  change({ state: 'sending' });
  for (;;) {
    try {
      await put(upload, (share) => change({ share }));
      change({ state: 'sent', share: 1 });
      upload.onSent();
      return;
    } catch (e) {
      if (e.status !== 401) {
        change({ state: 'failed', trouble: e.message });
        return;
      }
      await askForKey('');
    }
  }
}

function put({ desk, name, file }, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/v1/desks/${pathOf(desk)}/documents?name=${encodeURIComponent(name)}`);
    Object.entries(authorization()).forEach(([header, value]) => request.setRequestHeader(header, value));
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.addEventListener('progress', (e) => e.lengthComputable && progress(e.loaded / e.total));
    request.addEventListener('load', () => (request.status < 300 ? resolve()
      : reject(troubleOf(request.status, parsed(request.responseText), request.getResponseHeader('Retry-After')))));
    request.addEventListener('error', () => reject(new Trouble(0, 'unreachable', sentence(0, '', ''))));
    request.send(file);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** The files of a picker, or of a drop with its folders: {name, file}. */
export async function filesOf(transfer) {
  const entries = [...(transfer.items ?? [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) {
    return [...transfer.files].map((file) => ({ name: nameOf(file.webkitRelativePath || file.name), file }));
  }
  const found = [];
  for (const entry of entries) {
    await walk(entry, found);
  }
  return found;
}

async function walk(entry, found) {
  if (found.length >= FILES_MAX || entry.name.startsWith('.')) {
    return;
  }
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ name: nameOf(entry.fullPath.slice(1)), file });
    return;
  }
  const reader = entry.createReader();
  for (let some; (some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))).length; ) {
    for (const each of some) {
      await walk(each, found);
    }
  }
}

/** A name as a desk takes it: letters, digits, blanks and . _ ( ) + , @ - */
const nameOf = (path) => path.split('/').map((part) => part.replace(/[^\p{L}\p{N} ._()+,@-]/gu, '_').replace(/^[^\p{L}\p{N}]+/u, '')
  .replace(/\.{2,}/g, '.').replace(/[. ]+$/, '').slice(-100) || 'document').slice(-8).join('/');
