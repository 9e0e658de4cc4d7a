// One question and its answer: what was found and read, thoughts, text, sources, cost.
import { html, useEffect, useLayoutEffect, useRef, useState } from './view.js';
import { show, copyText } from './markdown.js';
import { mark } from './marking.js';
import { openPlace, opened } from './citation.js';
import { forget } from './answers.js';
import { count, fileName, lines, money, plural, seconds } from './words.js';
import { Icon } from './icons.js';

export function Answer({ answer, onForgotten }) {
  const a = answer.use();
  const isRunning = a.state === 'running';
  return html`<article class=${`answer ${a.state}`} aria-busy=${isRunning} aria-label=${`Answer to: ${a.question}`}>
    <h2 class="question">${a.question}</h2>
    ${a.desk && html`<${Found} a=${a} isRunning=${isRunning} />`}
    ${a.reasoning && html`<${Thoughts} a=${a} isRunning=${isRunning} />`}
    <${Text} a=${a} />
    ${isRunning && html`<${Doing} a=${a} />`}
    ${a.trouble && html`<p class="notice bad" role="alert">${a.trouble}</p>`}
    ${a.state === 'cancelled' && html`<p class="notice" role="status">Stopped. What there is of it stays here until you leave.</p>`}
    ${a.citations.length > 0 && html`<${Sources} a=${a} />`}
    ${a.done && html`<${Foot} a=${a} onForgotten=${onForgotten} />`}
    <${Spoken} a=${a} />
  </article>`;
}

/** The best passage, before the model has read a word; and all that it was given. */
function Found({ a, isRunning }) {
  const { lead, attached = [], passages = [] } = a.found ?? {};
  if (!lead) {
    return null;
  }
  const open = (place) => (e) => openPlace(a.desk, place, e.currentTarget);
  const given = attached.length ? attached : passages;
  return html`<div class="found">
    <button type="button" class="lead" onClick=${open(lead)} aria-label=${`Best passage, ${lead.path} ${lines(lead.lineFirst, lead.lineLast)}: open it`}>
      <span class="where">Best passage · ${lead.path} · ${lines(lead.quoteFirst, lead.quoteLast)}</span>
      <span class="excerpt">${excerpt(lead.quote)}</span>
    </button>
    <details class="trace" open=${isRunning && !a.text && a.reading.length > 0}>
      <summary>${attached.length ? `${plural(attached.length, 'part')} of documents attached` : `${plural(passages.length, 'passage')} given`}</summary>
      <ul>
        ${given.map((each) => html`<li><button type="button" class="link" onClick=${open(each)}>${each.path}, ${lines(each.lineFirst, each.lineLast)}</button>
          ${each.tokens ? html` <span class="soft">${count(each.tokens)} tokens${each.isReadNow ? ', read now' : ''}</span>` : ''}</li>`)}
        ${a.reading.map((line) => html`<li class="soft">${line}</li>`)}
      </ul>
    </details>
  </div>`;
}

/** The words of a passage without what only forms them. */
const excerpt = (quote) => quote.replace(/^\s*#+\s*(.*)$/gm, '$1 —').replace(/^[\s|:-]+$|^\s*[-*>|]+\s*|[`|]/gm, '')
  .replace(/\s+/g, ' ').replace(/ —$/, '').trim();

function Thoughts({ a, isRunning }) {
  const isThinking = isRunning && !a.text;
  return html`<details class="trace thoughts">
    <summary>${isThinking ? html`Thinking<span class="dots" aria-hidden="true" />` : 'Thoughts'}</summary>
    <p>${a.reasoning}</p>
  </details>`;
}

function Text({ a }) {
  const place = useRef();
  useLayoutEffect(() => {
    show(place.current, a.text);
    const isMarked = a.state !== 'running' && a.sentences.length > 0;
    if (isMarked && !place.current.isMarked) {
      mark(place.current, a.sentences, a.citations, (number) => chip(a, number));
      place.current.isMarked = true;
    }
  }, [a.text, a.state]);
  return html`<div class="text" ref=${place} />`;
}

/** The small number behind a sentence. */
function chip(a, number) {
  const citation = a.citations[number - 1];
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'chip', textContent: String(number) });
  button.setAttribute('aria-label', `Source ${number}: ${citation.path}, ${lines(citation.quoteFirst, citation.quoteLast)}`);
  button.title = `${citation.path}, ${lines(citation.quoteFirst, citation.quoteLast)}`;
  button.addEventListener('click', () => openPlace(a.desk, citation, button));
  return button;
}

function Doing({ a }) {
  if (a.link === 'lost') {
    return html`<p class="notice" role="status"><span class="pulse" aria-hidden="true" />Connection lost, resuming… The server goes on with the answer.</p>`;
  }
  const what = a.text ? '' : a.reading.at(-1) ? `${a.reading.at(-1)}…` : a.found ? 'Reading…' : a.desk ? 'Looking for the place…' : 'Thinking…';
  return html`<p class="doing"><span class="nib" aria-hidden="true" />${what}</p>`;
}

function Sources({ a }) {
  const current = opened.use();
  return html`<section class="sources" aria-label="Sources">
    <ol>
      ${a.citations.map((c, i) => html`<li>
        <button type="button" class="source" aria-expanded=${current?.place === c} onClick=${(e) => openPlace(a.desk, c, e.currentTarget)}>
          <span class="chip" aria-hidden="true">${i + 1}</span>
          <span class="name"><b>${fileName(c.path)}</b> <span class="soft">${lines(c.quoteFirst || c.lineFirst, c.quoteLast || c.lineLast)}</span>
            ${c.state !== 'verified' && html`<span class=${`state ${c.state}`}>${c.state}</span>`}</span>
          <span class="excerpt">${excerpt(c.quote ?? '')}</span>
        </button>
      </li>`)}
    </ol>
  </section>`;
}

/** What the answer took, and how far it is held by documents. */
function Foot({ a, onForgotten }) {
  const unsupported = a.sentences.filter((s) => !s.isSupported).length;
  const { notes = [], warnings = [] } = a.done.longhand ?? {};
  return html`<footer>
    ${unsupported > 0 && html`<p class="support"><span class="unsupported">Underlined</span>: no passage supports
      ${unsupported === a.sentences.length ? (unsupported === 1 ? ' this sentence' : ' any of these sentences') : ` ${unsupported} of ${a.sentences.length} sentences`}.</p>`}
    ${[...notes, ...warnings].map((note) => html`<p class="soft note">${note}</p>`)}
    <div class="cost-line">
      <p title="What this answer took">${costs(a.done).map((part) => html`<span>${part}</span>`)}</p>
      <span class="actions">
        <${Copy} text=${a.text} />
        <${Forget} a=${a} onForgotten=${onForgotten} />
      </span>
    </div>
  </footer>`;
}

/** The cost line: tokens read, attached, from the cache, answered; seconds; money; energy. */
function costs({ usage = {}, timings = {}, longhand = {}, model, desk }) {
  const cached = usage.prompt_tokens_details?.cached_tokens ?? timings.cache_n ?? 0;
  const read = timings.prompt_n ?? Math.max(0, (usage.prompt_tokens ?? 0) - cached);
  const time = ((timings.prompt_ms ?? 0) + (timings.predicted_ms ?? 0)) / 1000;
  const cost = longhand.cost;
  return [
    desk,
    model,
    `${count(read)} tokens read`,
    longhand.attachedTokens > 0 && `${count(longhand.attachedTokens)} attached`,
    `${count(cached)} cached`,
    `${count(usage.completion_tokens ?? timings.predicted_n)} answered`,
    time > 0 && seconds(time),
    cost && money(cost.amountMicros, cost.currency),
  ].filter(Boolean);
}

function Copy({ text }) {
  const [isDone, set] = useState(false);
  const copy = async () => {
    set(await copyText(text));
    setTimeout(() => set(false), 1500);
  };
  return html`<button type="button" class="quiet" onClick=${copy}><${Icon} name="copy" />${isDone ? 'Copied' : 'Copy'}</button>`;
}

function Forget({ a, onForgotten }) {
  const [trouble, setTrouble] = useState('');
  const now = () => forget(a.id).then(onForgotten, (e) => setTrouble(e.message));
  return html`<button type="button" class="quiet" title=${trouble || 'Removes it from the history and from the server'} onClick=${now}><${Icon} name="bin" />${trouble ? 'Not forgotten' : 'Forget'}</button>`;
}

/** For those who listen: whole sentences, once each, then that it has ended. */
function Spoken({ a }) {
  const [said, setSaid] = useState('');
  const upTo = useRef(0);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current && a.state !== 'running') {
      upTo.current = a.text.length; // it was there before this page; nothing is new
    }
    isFirst.current = false;
    const end = a.state === 'running' ? lastEnd(a.text) : a.text.length;
    if (end > upTo.current) {
      setSaid(a.text.slice(upTo.current, end));
      upTo.current = end;
    } else if (a.link === 'lost') {
      setSaid('Connection lost, resuming.');
    }
  }, [a.text, a.state, a.link]);
  return html`<div class="hidden" aria-live="polite">${said}</div>`;
}

function lastEnd(text) {
  const ends = [...text.matchAll(/[.!?:]\s/g)];
  return ends.length ? ends.at(-1).index + 1 : 0;
}
