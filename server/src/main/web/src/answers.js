// Answers as this page knows them: asked, followed, stopped, forgotten. Each is a store of its own, so that a long page draws only
// what changes. Knows the API, no view.
import { store } from './store.js';
import { call, get, remove, Trouble } from './api.js';
import { follow } from './stream.js';

const known = new Map(); // by id

const NEW = {
  id: '', state: 'running', link: 'live', desk: null, model: '', question: '', created: '',
  found: null, reading: [], reasoning: '', text: '', sentences: [], citations: [], done: null, trouble: null,
};

/** The kept answers of the team, newest first. */
export const history = store([]);

export async function loadHistory() {
  try {
    history.set((await get('/v1/answers')).data ?? []);
  } catch (e) {
    if (e.status !== 404) {
      throw e;
    }
  }
}

/** One event more. */
export function apply(answer, { kind, data }) {
  switch (kind) {
    case 'answer': return { ...answer, ...data, desk: data.desk || null };
    case 'found': return { ...answer, found: data };
    case 'reading': return { ...answer, reading: [...answer.reading, data.line] };
    case 'reasoning': return { ...answer, reasoning: answer.reasoning + data.text };
    case 'text': return { ...answer, text: answer.text + data.text };
    case 'sentence': return { ...answer, sentences: [...answer.sentences, data] };
    case 'citation': return { ...answer, citations: [...answer.citations, data] };
    case 'done': return ended({ ...answer, state: 'done' }, data);
    case 'error': return { ...answer, state: data.code === 'cancelled' ? 'cancelled' : 'failed', trouble: data.message };
    default: return answer;
  }
}

/** What a reply has whole takes the place of what came in pieces. */
function ended(answer, result) {
  const { sentences, citations } = result.longhand ?? {};
  return {
    ...answer, done: result, text: result.answer ?? answer.text,
    sentences: sentences ?? answer.sentences, citations: citations ?? answer.citations,
  };
}

const isLast = (event) => event.kind === 'done' || event.kind === 'error';

let refused = { body: '', once: '' }; // the last question that was not taken, as far as this page knows

/** What makes a question the same one: it is kept where the same is sent again after a failure, so that it is asked once. */
function onceFor(body) {
  const text = JSON.stringify(body);
  if (refused.body !== text) {
    refused = { body: text, once: [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(36)).join('-') };
  }
  return refused.once;
}

/**
 * Asks. Resolves with the answer once the server has taken the question, and rejects if it does not; it then goes on by itself.
 * A question that is sent again after a broken connection has the same key, so that it is asked once.
 */
export function ask(body) {
  const answer = store({ ...NEW, question: body.question ?? body.messages.at(-1).content, desk: body.desk ?? null, model: body.model });
  const once = onceFor(body);
  const leave = new AbortController();
  return new Promise((accept, refuse) => {
    run(answer, leave, (last) => (answer.get().id ? resume(answer.get().id, last, leave.signal)
      : call('POST', '/v1/answers', {
        json: { ...body, stream: true }, headers: { 'Idempotency-Key': once, Accept: 'text/event-stream' }, signal: leave.signal,
      })), () => {
      known.set(answer.get().id, { answer, leave });
      refused = { body: '', once: '' };
      accept(answer);
      loadHistory().catch(() => {});
    }).catch(refuse);
  });
}

const resume = (id, last, signal) => call('GET', `/v1/answers/${encodeURIComponent(id)}`,
  { headers: { Accept: 'text/event-stream', ...(last ? { 'Last-Event-ID': String(last) } : {}) }, signal });

async function run(answer, leave, open, begun) {
  try {
    await follow({
      open,
      signal: leave.signal,
      link: (link) => answer.set((a) => ({ ...a, link })),
      take(event) {
        answer.set((a) => apply(a, event));
        if (event.kind === 'answer') {
          begun();
        }
        return isLast(event);
      },
    });
    loadHistory().catch(() => {});
  } catch (e) {
    if (!answer.get().id) {
      throw e;
    }
    if (!leave.signal.aborted) {
      answer.set((a) => ({ ...a, state: 'failed', trouble: e instanceof Trouble ? e.message : String(e) }));
    }
  }
}

/** An answer by its id: as this page knows it, else as the server kept it, followed to its end. */
export function find(id) {
  if (!known.has(id)) {
    const answer = store({ ...NEW, id });
    const leave = new AbortController();
    known.set(id, { answer, leave });
    run(answer, leave, (last) => resume(id, last, leave.signal), () => {});
  }
  return known.get(id).answer;
}

/** Stops one that runs; what there is of it stays on the page. */
export async function stop(id) {
  const { answer, leave } = known.get(id);
  leave.abort();
  answer.set((a) => ({ ...a, state: 'cancelled', link: 'live', trouble: null }));
  await remove(`/v1/answers/${encodeURIComponent(id)}`).catch((e) => {
    answer.set((a) => ({ ...a, trouble: e.message }));
  });
  loadHistory().catch(() => {});
}

export async function forget(id) {
  await remove(`/v1/answers/${encodeURIComponent(id)}`);
  known.delete(id);
  await loadHistory();
}
