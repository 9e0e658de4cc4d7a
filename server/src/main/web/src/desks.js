// The desks: which there are, and a form that makes one.
import { html, useEffect, useState } from './view.js';
import { get, post } from './api.js';
import { deskHash, go } from './route.js';
import { bytes, plural, when } from './words.js';
import { Icon } from './icons.js';

export function Desks() {
  const [desks, setDesks] = useState(null);
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    get('/v1/desks').then((r) => setDesks(r.data), (e) => setTrouble(e.message));
  }, []);
  return html`<div class="page">
    <h1>Desks</h1>
    <p class="lede">A desk holds documents. The model reads them once; what it has read stays on the disk and is asked from then on.</p>
    ${trouble && html`<p class="notice bad" role="alert">${trouble}</p>`}
    <${Make} />
    ${desks?.length === 0 && html`<div class="nothing"><${Icon} name="desk" /><p>No desk yet. Give one a name above, then drop files on it.</p></div>`}
    <ul class="desks">${(desks ?? []).map((desk) => html`<li><${Row} desk=${desk} /></li>`)}</ul>
  </div>`;
}

function Row({ desk }) {
  return html`<a class="desk" href=${deskHash(desk.name)}>
    <b>${desk.name}</b>
    <span class="soft">${desk.isRead
      ? `${plural(desk.documents, 'document')} · ${plural(desk.passages, 'passage')} · ${bytes(desk.diskBytes)}` : 'not read yet'}</span>
    <span class="soft at">${desk.isRead ? `read ${when(desk.readAt)}` : ''}</span>
    ${desk.trouble && html`<span class="state gone">${desk.trouble}</span>`}
  </a>`;
}

function Make() {
  const [name, setName] = useState('');
  const [trouble, setTrouble] = useState('');
  const make = async (e) => {
    e.preventDefault();
    try {
      await post('/v1/desks', { name: name.trim() });
      go(deskHash(name.trim()));
    } catch (failure) {
      setTrouble(failure.message);
    }
  };
  return html`<form class="make" onSubmit=${make}>
    <label for="desk-name">New desk</label>
    <input id="desk-name" value=${name} maxlength="64" placeholder="papers" autocomplete="off" spellcheck=${false}
      aria-describedby="desk-trouble" onInput=${(e) => { setName(e.target.value); setTrouble(''); }} />
    <button class="button" disabled=${!name.trim()}>Make it</button>
    <p id="desk-trouble" class="trouble" role="alert">${trouble}</p>
  </form>`;
}
