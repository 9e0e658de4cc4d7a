// The view in which one asks: a thread of answers, and the box below it.
import { html, useEffect, useRef, useState } from './view.js';
import { store } from './store.js';
import { get } from './api.js';
import { ask, find, stop } from './answers.js';
import { Answer } from './answer.js';
import { Composer } from './composer.js';
import { opened, closePanel } from './citation.js';
import { answersHash, go, route } from './route.js';
import { plural } from './words.js';
import { Icon } from './icons.js';

const CHOSEN = 'longhand.chosen';
const TOKENS_MAX = 1024; // of an answer without a desk
const DESK_TOKENS_MAX = 320;
const NEAR_END_PX = 120;

/** What can be asked: {desks, models, trouble}. */
export const offers = store({ desks: null, models: [], trouble: null });

export async function loadOffers() {
  try {
    const [desks, models] = await Promise.all([get('/v1/desks').catch(noDesks), get('/v1/models')]);
    offers.set({ desks: desks.data, models: models.data, trouble: null });
  } catch (e) {
    offers.set((o) => ({ ...o, desks: o.desks ?? [], trouble: e.message }));
  }
}

/** A server may serve no desks at all. */
function noDesks(e) {
  if (e.status === 404) {
    return { data: [] };
  }
  throw e;
}

const chosen = store(JSON.parse(localStorage.getItem(CHOSEN) ?? '{}'));

export function choose(next) {
  chosen.set((c) => ({ ...c, ...next }));
  localStorage.setItem(CHOSEN, JSON.stringify(chosen.get()));
}

/** The choice as far as it is still there; the first desk that can be asked if nothing was chosen. */
function current({ desks, models }) {
  const c = chosen.get();
  const readable = (desks ?? []).filter((d) => d.isRead);
  const desk = c.desk === undefined ? readable[0]?.name ?? null : (desks ?? []).some((d) => d.name === c.desk) ? c.desk : null;
  const model = models.some((m) => m.id === c.model) ? c.model : models[0]?.id ?? '';
  return { desk, model };
}

export function Chat({ ids }) {
  const offered = offers.use();
  chosen.use();
  const { desk, model } = current(offered);
  const answers = ids.map(find);
  const [isRunning, setRunning] = useState(false);
  useEffect(() => loadOffers() && undefined, []);
  useRunning(answers, setRunning);
  useFollowEnd(answers);
  const onStop = () => ids.filter((id) => find(id).get().state === 'running').forEach(stop);
  useEscape(() => isRunning && onStop());
  const onAsk = async (question) => {
    if (offers.get().desks === null) {
      await loadOffers(); // somebody types faster than the server says what there is
    }
    const { desk, model } = current(offers.get());
    const asked = await ask(desk ? { question, desk, model, max_tokens: DESK_TOKENS_MAX }
      : { messages: turns(answers, question), model, max_tokens: TOKENS_MAX });
    go(answersHash([...(desk ? [] : chatOf(answers)), asked.get().id]));
    if (opened.get()) {
      opened.set(null);
    }
  };
  const forgotten = (id) => () => go(ids.length > 1 ? answersHash(ids.filter((i) => i !== id)) : '#/');
  return html`<div class=${ids.length ? 'chat' : 'chat empty'}>
    ${ids.length === 0 && html`<${Welcome} offered=${offered} desk=${desk} />`}
    <div class="thread">
      ${answers.map((answer, i) => html`<${Answer} key=${ids[i]} answer=${answer} onForgotten=${forgotten(ids[i])} />`)}
    </div>
    <${Composer} desks=${offered.desks ?? []} models=${offered.models} desk=${desk} model=${model}
      onDesk=${(d) => choose({ desk: d })} onModel=${(m) => choose({ model: m })}
      onAsk=${onAsk} onStop=${onStop} onLook=${loadOffers} isRunning=${isRunning} hint=${hint(desk, offered)} />
  </div>`;
}

/** Answers without a desk go on as one conversation; a question to a desk stands alone. */
const chatOf = (answers) => (answers.every((a) => !a.get().desk && a.get().state === 'done') ? answers.map((a) => a.get().id) : []);

function turns(answers, question) {
  const before = chatOf(answers).length ? answers : [];
  return [...before.flatMap((a) => [{ role: 'user', content: a.get().question }, { role: 'assistant', content: a.get().text }]),
    { role: 'user', content: question }];
}

function hint(desk, { desks }) {
  const chosenDesk = (desks ?? []).find((d) => d.name === desk);
  return chosenDesk && !chosenDesk.isRead ? 'This desk has not been read yet' : '';
}

function useRunning(answers, setRunning) {
  useEffect(() => {
    const look = () => setRunning(answers.some((a) => a.get().state === 'running'));
    look();
    const leave = answers.map((a) => a.follow(look));
    return () => leave.forEach((each) => each());
  }, [answers.map((a) => a.get().id).join()]);
}

/** Keeps the end in sight while an answer grows, unless somebody reads further up. */
function useFollowEnd(answers) {
  useEffect(() => {
    const isNear = () => document.documentElement.scrollHeight - innerHeight - scrollY < NEAR_END_PX;
    let wasNear = true;
    const note = () => { wasNear = isNear(); };
    const keep = () => wasNear && answers.some((a) => a.get().state === 'running') && requestAnimationFrame(() => scrollTo(0, document.documentElement.scrollHeight));
    addEventListener('scroll', note, { passive: true });
    const leave = answers.map((a) => a.follow(keep));
    return () => {
      removeEventListener('scroll', note);
      leave.forEach((each) => each());
    };
  }, [answers.map((a) => a.get().id).join()]);
}

/** Escape closes what is open first, then stops. */
function useEscape(onEscape) {
  const now = useRef();
  now.current = onEscape;
  useEffect(() => {
    const pressed = (e) => {
      if (e.key === 'Escape' && !e.defaultPrevented) {
        opened.get() ? closePanel() : now.current();
      }
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

function Welcome({ offered, desk }) {
  const { desks, trouble } = offered;
  if (trouble) {
    return html`<div class="welcome"><p class="notice bad" role="alert">${trouble}</p>
      <button type="button" class="button" onClick=${loadOffers}>Try again</button></div>`;
  }
  if (desks === null) {
    return html`<div class="welcome" />`;
  }
  return html`<div class="welcome">
    <h1>${desks.length ? 'What would you like to know?' : 'Nothing has been read yet.'}</h1>
    ${desks.length === 0
      ? html`<p>A desk holds documents that Longhand reads once and then answers from, with sources. <a href="#/desks">Make a desk</a> and drop
        files on it, or write to the model below.</p>`
      : html`<ul class="shelf" aria-label="Desks">${desks.slice(0, 6).map((each) => html`<li>
          <button type="button" class="card" aria-pressed=${each.name === desk} onClick=${() => choose({ desk: each.name })}>
            <${Icon} name="desk" /><b>${each.name}</b>
            <span class="soft">${each.isRead ? plural(each.documents, 'document') : 'not read yet'}</span>
          </button></li>`)}</ul>`}
  </div>`;
}

export const idsOf = () => (route.get().view === 'a' ? route.get().rest.split(',').filter(Boolean) : []);
