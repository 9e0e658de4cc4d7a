// The page: which view is shown, and what stands around it.
import './style.js';
import { theme, setTheme, THEMES } from './theme.js';
import { html, render, useEffect, useState } from './view.js';
import { key, setKey } from './api.js';
import { route } from './route.js';
import { Chat, idsOf } from './chat.js';
import { Desks } from './desks.js';
import { Desk } from './desk.js';
import { Costs } from './costs.js';
import { KeyForm } from './keyform.js';
import { Panel, opened, closePanel } from './citation.js';
import { Past } from './past.js';
import { Icon } from './icons.js';

const VIEWS = [['', 'Ask', 'pen'], ['desks', 'Desks', 'desk'], ['costs', 'Costs', 'clock']];
const TITLES = { '': 'Longhand', a: 'Answer', desks: 'Desks', costs: 'Costs' };

function View({ view, rest }) {
  if (view === 'desks') {
    return rest ? html`<${Desk} key=${rest} name=${rest} />` : html`<${Desks} />`;
  }
  return view === 'costs' ? html`<${Costs} />` : html`<${Chat} ids=${idsOf()} />`;
}

function App() {
  const { view, rest } = route.use();
  const panel = opened.use();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    setOpen(false);
    document.title = view === '' ? 'Longhand' : `${rest && view === 'desks' ? rest : TITLES[view] ?? 'Longhand'} · Longhand`;
  }, [view, rest]);
  useEffect(() => {
    if (opened.get()) {
      closePanel();
    }
  }, [view]);
  useShortcuts(setOpen);
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>To the content</a>
    <div class=${`app${isOpen ? ' open' : ''}${panel ? ' beside' : ''}`}>
      <header class="bar">
        <button type="button" class="icon" aria-label="Menu" aria-expanded=${isOpen} aria-controls="side" onClick=${() => setOpen(!isOpen)}><${Icon} name="menu" /></button>
        <a class="brand" href="#/">Longhand</a>
        <a class="icon" href="#/" aria-label="New question"><${Icon} name="plus" /></a>
      </header>
      <${Side} view=${view} />
      ${isOpen && html`<div class="shade" onClick=${() => setOpen(false)} />`}
      <main id="main" tabindex="-1"><${View} view=${view} rest=${rest} /></main>
      <${Panel} />
    </div>
    <${KeyForm} />`;
}

/** The slash leads to the question from anywhere; Escape closes the menu. */
function useShortcuts(setOpen) {
  useEffect(() => {
    const pressed = (e) => {
      const isWriting = e.target.closest?.('input, textarea, select, [contenteditable], dialog');
      if (e.key === '/' && !isWriting && !e.ctrlKey && !e.metaKey && !e.altKey) {
        e.preventDefault();
        const question = document.getElementById('question');
        question ? question.focus() : (location.hash = '#/');
      } else if (e.key === 'Escape') {
        setOpen(false);
      }
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

function Side({ view }) {
  const isHere = (each) => each === view || (each === '' && view === 'a');
  return html`<nav class="side" id="side" aria-label="Views and past answers">
    <a class="brand" href="#/">Longhand</a>
    <ul class="views">${VIEWS.map(([each, name, icon]) => html`<li>
      <a href=${`#/${each}`} aria-current=${isHere(each) ? 'page' : undefined}><${Icon} name=${icon} />${name}</a></li>`)}</ul>
    <${Past} />
    <${Settings} />
  </nav>`;
}

const THEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' };

function Settings() {
  const shown = theme.use();
  const following = THEMES[(THEMES.indexOf(shown) + 1) % THEMES.length];
  const [hasKey, setHasKey] = useState(Boolean(key()));
  const forgetKey = () => {
    setKey('', false);
    setHasKey(false);
    location.reload();
  };
  return html`<div class="settings">
    <button type="button" class="quiet" aria-label=${`Colours: ${shown}. Change to ${following}`} onClick=${() => setTheme(following)}>
      <${Icon} name=${THEME_ICONS[shown]} />${shown === 'auto' ? 'As the system' : shown === 'light' ? 'Light' : 'Dark'}</button>
    ${hasKey && html`<button type="button" class="quiet" onClick=${forgetKey}><${Icon} name="key" />Forget the key</button>`}
    <a class="quiet" href="/notices.txt" target="_blank" rel="noopener">Licences</a>
  </div>`;
}

function start() {
  render(html`<${App} />`, document.body);
}

document.readyState === 'loading' ? document.addEventListener('DOMContentLoaded', start) : start();
