// The kept answers, newest first.
import { html, useEffect, useState } from './view.js';
import { history, loadHistory } from './answers.js';
import { answersHash } from './route.js';
import { idsOf } from './chat.js';
import { route } from './route.js';
import { when } from './words.js';

const SHOWN = 40;

export function Past() {
  const all = history.use();
  route.use();
  const [shown, setShown] = useState(SHOWN);
  const here = idsOf();
  useEffect(() => {
    loadHistory().catch(() => {}); // the view says what is wrong
  }, []);
  return html`<section class="past" aria-label="Past answers">
    <h2>Answers</h2>
    ${all.length === 0 && html`<p class="soft">What you ask is kept here.</p>`}
    <ul>${all.slice(0, shown).map((each) => html`<li key=${each.id}>
      <a href=${answersHash([each.id])} aria-current=${here.includes(each.id) ? 'page' : undefined} title=${each.question}>
        <span class="q">${each.question}</span>
        <span class="soft">${each.desk || 'no desk'} · ${each.state === 'running' ? 'running' : when(each.created)}${each.state === 'failed' ? ' · failed' : ''}</span>
      </a></li>`)}</ul>
    ${all.length > shown && html`<button type="button" class="quiet" onClick=${() => setShown(shown + SHOWN)}>More</button>`}
  </section>`;
}
