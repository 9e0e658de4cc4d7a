// Asks for a key where the server wants one. What waits for it goes on afterwards.
import { html, useEffect, useRef, useState } from './view.js';
import { keyWanted, setKey } from './api.js';

export function KeyForm() {
  const wanted = keyWanted.use();
  return wanted && html`<${Form} reason=${wanted.reason} />`;
}

function Form({ reason }) {
  const dialog = useRef();
  const [secret, setSecret] = useState('');
  const [isRemembered, setRemembered] = useState(false);
  useEffect(() => dialog.current.showModal(), []);
  const give = (e) => {
    e.preventDefault();
    setKey(secret.trim(), isRemembered);
  };
  return html`<dialog ref=${dialog} class="key" aria-labelledby="key-title" onCancel=${(e) => e.preventDefault()}>
    <form onSubmit=${give}>
      <h2 id="key-title">This server needs a key</h2>
      <p>Whoever runs it makes one with <code>longhand keys add NAME</code>.</p>
      ${reason && html`<p class="notice bad" role="alert">${reason}</p>`}
      <label for="key">Key</label>
      <input id="key" type="password" autocomplete="current-password" spellcheck=${false} placeholder="lh_…" value=${secret}
        autofocus onInput=${(e) => setSecret(e.target.value)} />
      <label class="check"><input type="checkbox" checked=${isRemembered} onChange=${(e) => setRemembered(e.target.checked)} />
        Remember on this device</label>
      <p class="soft">Without that it is forgotten when this tab closes.</p>
      <button class="button" disabled=${!secret.trim()}>Go on</button>
    </form>
  </dialog>`;
}
