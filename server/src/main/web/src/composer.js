// Where questions are written. A text leaves the box when the server has taken the question, never before.
import { html, useEffect, useLayoutEffect, useRef, useState } from './view.js';
import { Icon } from './icons.js';

const DRAFT = 'longhand.draft';

export function Composer({ desks, models, desk, model, onDesk, onModel, onAsk, onStop, onLook, isRunning, hint }) {
  const [text, setText] = useState(sessionStorage.getItem(DRAFT) ?? '');
  const [trouble, setTrouble] = useState(null);
  const [isSending, setSending] = useState(false);
  const box = useRef();
  const write = (next) => {
    setText(next);
    sessionStorage.setItem(DRAFT, next);
  };
  useLayoutEffect(() => fit(box.current), [text]);
  useEffect(() => matchMedia('(pointer: fine)').matches && box.current.focus(), []);
  const send = async () => {
    const question = text.trim();
    if (!question || isSending || isRunning) {
      return;
    }
    setSending(true);
    setTrouble(null);
    try {
      await onAsk(question);
      write('');
    } catch (e) {
      setTrouble(e);
    }
    setSending(false);
    box.current?.focus();
  };
  const key = (e) => {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      send();
    }
  };
  return html`<form class="composer" onSubmit=${(e) => { e.preventDefault(); send(); }}>
    ${trouble && html`<${Refused} trouble=${trouble} onAgain=${send} onClose=${() => setTrouble(null)} />`}
    <div class="box">
      <label class="hidden" for="question">Your question</label>
      <textarea id="question" ref=${box} rows="1" value=${text} readonly=${isSending} enterkeyhint="send"
        placeholder=${desk ? `Ask ${desk}…` : 'Write a message…'} onInput=${(e) => write(e.target.value)} onKeyDown=${key} />
      <div class="row">
        <${Choice} id="desk" label="Desk" value=${desk ?? ''} onChange=${(v) => onDesk(v || null)} onLook=${onLook} icon="desk"
          options=${[['', 'No desk'], ...desks.map((d) => [d.name, d.name])]} />
        <${Choice} id="model" label="Model" value=${model} onChange=${onModel} options=${models.map((m) => [m.id, m.id])} />
        <span class="hint">${hint}</span>
        ${isRunning
          ? html`<button type="button" class="send stop" aria-label="Stop the answer" title="Stop (Esc)" onClick=${onStop}><${Icon} name="stop" /></button>`
          : html`<button type="submit" class="send" aria-label="Ask" title="Ask (Enter)" disabled=${!text.trim() || isSending}><${Icon} name="send" /></button>`}
      </div>
    </div>
  </form>`;
}

/** As high as its text, up to a third of the window. */
function fit(area) {
  area.style.height = 'auto';
  area.style.height = `${Math.min(area.scrollHeight, innerHeight / 3)}px`;
}

function Choice({ id, label, value, options, onChange, onLook, icon }) {
  return html`<span class="choice">
    ${icon && html`<${Icon} name=${icon} />`}
    <label class="hidden" for=${id}>${label}</label>
    <select id=${id} value=${value} onFocus=${onLook} onChange=${(e) => onChange(e.target.value)}>
      ${options.map(([key, name]) => html`<option value=${key} selected=${key === value}>${name}</option>`)}
    </select>
  </span>`;
}

/** Why a question was not taken. Where waiting helps, a button counts down. */
function Refused({ trouble, onAgain, onClose }) {
  const [left, setLeft] = useState(Math.ceil(trouble.retryAfter ?? 0));
  useEffect(() => {
    setLeft(Math.ceil(trouble.retryAfter ?? 0));
    const timer = setInterval(() => setLeft((s) => Math.max(0, s - 1)), 1000);
    return () => clearInterval(timer);
  }, [trouble]);
  const mayHelp = [0, 429, 500, 502, 503, 504].includes(trouble.status);
  return html`<div class="notice bad" role="alert">
    <p>${trouble.message}</p>
    <span class="actions">
      ${mayHelp && html`<button type="button" class="quiet" disabled=${left > 0} onClick=${onAgain}>${left > 0 ? `Ask again in ${left} s` : 'Ask again'}</button>`}
      <button type="button" class="icon" aria-label="Close this message" onClick=${onClose}><${Icon} name="close" /></button>
    </span>
  </div>`;
}
