// Server-sent events over fetch, so that a key can be sent: https://html.spec.whatwg.org/multipage/server-sent-events.html.
// A stream that breaks is followed again from its last event; whoever follows sees each event once.
import { Trouble } from './api.js';

const SILENCE_MS_MAX = 20_000; // the server says something every 5 s
const WAIT_MS_FIRST = 400;
const WAIT_MS_MAX = 8_000;
const ATTEMPTS_MAX = 60;
const FIRST_ATTEMPTS_MAX = 3; // before anything came: somebody waits with a question

/** Calls `take` for each event of a response; returns when the stream ends, throws when it breaks. */
export async function readEvents(response, take) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await beforeSilence(reader.read());
      if (done) {
        return;
      }
      const blocks = (rest + value).replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop();
      blocks.map(event).filter(Boolean).forEach(take);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function beforeSilence(reading) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TypeError('the stream fell silent')), SILENCE_MS_MAX);
  });
  return Promise.race([reading, silence]).finally(() => clearTimeout(timer));
}

/** One event, or null for a comment. */
function event(block) {
  const found = { id: 0, kind: 'message', data: '' };
  for (const line of block.split('\n')) {
    if (line.startsWith('data:')) {
      found.data += line.slice(5).trimStart();
    } else if (line.startsWith('event:')) {
      found.kind = line.slice(6).trim();
    } else if (line.startsWith('id:')) {
      found.id = Number(line.slice(3));
    }
  }
  return found.data ? { ...found, data: JSON.parse(found.data) } : null;
}

/**
 * Follows a stream to its last event, over broken connections and restarts of the server.
 *
 * open(last)  gives a response that begins behind event `last`
 * take(event) is told each event once, and says whether it was the last one
 * link(state) is told 'live' and 'lost'
 */
export async function follow({ open, take, link, signal }) {
  let last = 0;
  let isOver = false;
  for (let failures = 0; !isOver; ) {
    try {
      const response = await open(last);
      link('live');
      if (response.status === 204) {
        return; // nothing follows any more
      }
      await readEvents(response, (each) => {
        failures = 0;
        if (!isOver && (each.id === 0 || each.id > last)) {
          last = each.id || last;
          isOver = take(each);
        }
      });
    } catch (e) {
      if (signal.aborted || !isPassing(e) || (last === 0 && failures + 1 >= FIRST_ATTEMPTS_MAX)) {
        throw e;
      }
    }
    if (!isOver) {
      if (++failures > ATTEMPTS_MAX) {
        throw new Trouble(0, 'unreachable', 'The server has not answered for some minutes. The answer is kept there: open this '
          + 'page again when the server is back.');
      }
      link('lost');
      await pause(failures, signal);
    }
  }
}

/** Whether it may be better in a moment: the connection broke, or the server starts or ends. */
function isPassing(e) {
  return e instanceof Trouble ? e.status === 0 || e.status === 502 || e.status === 503 || e.status === 504
    : e.name !== 'AbortError';
}

function pause(failures, signal) {
  const longest = Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 2 ** Math.min(failures - 1, 8));
  const wait = longest * (0.7 + 0.3 * Math.random());
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, wait);
    addEventListener('online', resolve, { once: true });
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('stopped', 'AbortError'));
    }, { once: true });
  });
}
