// The document beside an answer, open at the lines that it quotes.
import { html, useEffect, useLayoutEffect, useRef, useState } from './view.js';
import { store } from './store.js';
import { get, pathOf } from './api.js';
import { fileName, lines as linesOf, count } from './words.js';
import { Icon } from './icons.js';

const LINES_AROUND = 14;
const LINES_MORE = 60;
const PROSE = /\.(md|markdown|txt|rst|adoc|html?|pdf|docx|tex)$/i;
const STATES = {
  verified: { word: 'verified', says: 'These words stand in the document, at these lines, now.' },
  changed: { word: 'changed', says: 'The document is another one than was read; its words are not quoted.' },
  gone: { word: 'gone', says: 'The document cannot be read any more.' },
};

/** What is open: {desk, place, from}, or null. `from` gets the focus back. */
export const opened = store(null);

export const openPlace = (desk, place, from) => opened.set({ desk, place, from: from ?? document.activeElement });

export function closePanel() {
  const { from } = opened.get() ?? {};
  opened.set(null);
  if (from?.isConnected) {
    from.focus();
  }
}

/** The lines that are shown around a place, and how to get more of them. */
function useLines(desk, place) {
  const [state, set] = useState({ lines: [], all: 0, isAsRead: true, trouble: null });
  const load = async (first, last, join) => {
    try {
      const path = `/v1/desks/${pathOf(desk)}/documents/${pathOf(place.path)}?lines=${Math.max(1, first)}-${last}`;
      const reply = await get(path);
      set((s) => ({ lines: join(s.lines, reply.lines), all: reply.linesAll, isAsRead: reply.isAsRead, trouble: null }));
    } catch (e) {
      set((s) => ({ ...s, trouble: e.message }));
    }
  };
  useEffect(() => {
    set({ lines: [], all: 0, isAsRead: true, trouble: null });
    load((place.quoteFirst ?? place.lineFirst) - LINES_AROUND, (place.quoteLast ?? place.lineLast) + LINES_AROUND, (_, now) => now);
  }, [desk, place]);
  return {
    ...state,
    earlier: () => load(state.lines[0].number - LINES_MORE, state.lines[0].number - 1, (old, now) => [...now, ...old]),
    later: () => load(state.lines.at(-1).number + 1, state.lines.at(-1).number + LINES_MORE, (old, now) => [...old, ...now]),
  };
}

/** A line in three parts: before, within and behind the quote. */
function cut(line, place) {
  const quoted = (place.quote ?? '').split('\n');
  const first = place.quoteFirst ?? place.lineFirst;
  const last = place.quoteLast ?? place.lineLast;
  if (line.number < first || line.number > last) {
    return [line.text, '', ''];
  }
  const words = quoted[line.number - first] ?? '';
  const at = words ? line.text.indexOf(words) : -1;
  return at < 0 ? ['', line.text, ''] : [line.text.slice(0, at), words, line.text.slice(at + words.length)];
}

function Line({ line, place }) {
  const [before, within, behind] = cut(line, place);
  const isQuoted = within !== '' || (line.text === '' && line.number > (place.quoteFirst ?? place.lineFirst)
    && line.number < (place.quoteLast ?? place.lineLast));
  return html`<div class=${isQuoted ? 'line quoted' : 'line'}>
    <span class="number" aria-hidden="true">${line.number}</span>
    <span class="words">${before}${within && html`<mark>${within}</mark>`}${behind}</span>
  </div>`;
}

export function Panel() {
  const open = opened.use();
  return open && html`<${Document} key=${open.desk + open.place.path + open.place.lineFirst} ...${open} />`;
}

function Document({ desk, place }) {
  const shown = useLines(desk, place);
  const close = useRef();
  const text = useRef();
  const isThere = shown.lines.length > 0;
  useEffect(() => close.current.focus({ preventScroll: true }), []);
  useLayoutEffect(() => {
    const quoted = text.current?.querySelector('.quoted');
    if (quoted) {
      text.current.scrollTop = quoted.offsetTop - text.current.clientHeight / 4;
    }
  }, [isThere]);
  const state = STATES[!shown.isAsRead ? 'changed' : place.state ?? 'verified'];
  const isPart = !place.quote;
  return html`<aside class="panel" role="dialog" aria-label=${`Document ${place.path}`}
      onKeyDown=${(e) => e.key === 'Escape' && (e.stopPropagation(), closePanel())}>
    <header>
      <div class="titles">
        <h2 title=${place.path}>${fileName(place.path)}</h2>
        <p>${linesOf(place.quoteFirst ?? place.lineFirst, place.quoteLast ?? place.lineLast)}${shown.all ? ` of ${count(shown.all)}` : ''}
          ${!isPart && html` · <span class=${`state ${state.word}`} title=${state.says}>${state.word}</span>`}
          ${isPart && ' · what was read'}</p>
      </div>
      <button ref=${close} type="button" class="icon" aria-label="Close the document" onClick=${closePanel}><${Icon} name="close" /></button>
    </header>
    ${state.word !== 'verified' && html`<p class="notice" role="status">${state.says}</p>`}
    ${shown.trouble && html`<p class="notice bad" role="alert">${shown.trouble}</p>`}
    <div class=${PROSE.test(place.path) ? 'lines prose' : 'lines'} ref=${text} tabindex="0" role="region" aria-label="Lines">
      ${isThere && shown.lines[0].number > 1
        && html`<button type="button" class="more" onClick=${shown.earlier}>Earlier lines</button>`}
      ${shown.lines.map((line) => html`<${Line} key=${line.number} line=${line} place=${place} />`)}
      ${isThere && shown.lines.at(-1).number < shown.all
        && html`<button type="button" class="more" onClick=${shown.later}>Later lines</button>`}
    </div>
  </aside>`;
}
