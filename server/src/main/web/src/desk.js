// One desk: what is in it, what is being read, what was left out; files to put in and to take out.
import { html, useEffect, useRef, useState } from './view.js';
import { get, pathOf, remove } from './api.js';
import { choose } from './chat.js';
import { openPlace } from './citation.js';
import { go } from './route.js';
import { dismiss, filesOf, send, uploads } from './upload.js';
import { bytes, count, plural, when } from './words.js';
import { Icon } from './icons.js';

const POLL_MS = 1000;

/** The desk as it is; asked again every second while something is read. */
function useDesk(name) {
  const [state, set] = useState({ desk: null, documents: [], trouble: null });
  const latest = useRef(0);
  const load = async () => {
    const mine = ++latest.current;
    const path = `/v1/desks/${pathOf(name)}`;
    try {
      const [desk, documents] = await Promise.all([get(path), get(`${path}/documents`)]);
      if (mine === latest.current) {
        set({ desk, documents: documents.data, trouble: null });
      }
    } catch (e) {
      if (mine === latest.current) {
        set((s) => ({ ...s, trouble: e }));
      }
    }
  };
  useEffect(() => {
    load();
    return () => { latest.current = Infinity; };
  }, [name]);
  const isBusy = (state.desk?.reading ?? []).length > 0 || state.trouble?.status === 0;
  useEffect(() => {
    if (isBusy) {
      const timer = setTimeout(load, POLL_MS);
      return () => clearTimeout(timer);
    }
  }, [state]);
  return { ...state, load };
}

export function Desk({ name }) {
  const { desk, documents, trouble, load } = useDesk(name);
  const ask = () => {
    choose({ desk: name });
    go('#/');
  };
  if (!desk) {
    return html`<div class="page"><a class="back" href="#/desks">Desks</a><h1>${name}</h1>
      ${trouble && html`<p class="notice bad" role="alert">${trouble.message}</p>`}</div>`;
  }
  return html`<${Drop} desk=${name} onSent=${load}>
    <a class="back" href="#/desks">Desks</a>
    <header class="head"><h1>${name}</h1>
      <button type="button" class="button" disabled=${!desk.isRead} onClick=${ask}>Ask this desk</button></header>
    ${trouble && html`<p class="notice bad" role="alert">${trouble.message}</p>`}
    ${desk.trouble && html`<p class="notice bad" role="status">${desk.trouble}</p>`}
    <${Figures} desk=${desk} />
    <${Reading} jobs=${desk.reading ?? []} />
    <${Uploads} desk=${name} />
    <${Picker} desk=${name} isEmpty=${documents.length === 0} onSent=${load} />
    ${documents.length > 0 && html`<${Documents} desk=${name} documents=${documents} onChanged=${load} />`}
    ${(desk.skipped ?? []).length > 0 && html`<${Skipped} skipped=${desk.skipped} all=${desk.skips} />`}
    <${Delete} desk=${name} documents=${desk.documents} />
  <//>`;
}

function Figures({ desk }) {
  const figures = [['Documents', count(desk.documents)], ['Tokens', count(desk.tokens)], ['Passages', count(desk.passages)],
    ['On disk', bytes(desk.diskBytes), desk.disk && `of ${bytes(desk.disk.bytesMax)} at most`], ['Read', desk.readAt ? when(desk.readAt) : 'not yet']];
  return html`<dl class="figures">${figures.map(([term, figure, more]) => html`<div title=${more}><dt>${term}</dt><dd>${figure}</dd></div>`)}</dl>`;
}

const KINDS = { read: 'Finding passages', remember: 'The model reads' };

/** Jobs that read this desk. Those that wait for another one are said in one line. */
function Reading({ jobs }) {
  const running = jobs.filter((job) => job.progress.total > 0);
  const shown = running.length ? running : jobs.slice(0, 1);
  return html`<div class="reading" aria-live="polite">
    ${shown.map((job) => html`<div class="job" key=${job.id}>
      <label for=${job.id}>${KINDS[job.kind] ?? job.kind}${job.isStopping ? ', stopping' : ''}</label>
      <progress id=${job.id} max=${job.progress.total || undefined} value=${job.progress.total ? job.progress.done : undefined} />
      <p class="soft">${job.failure || job.progress.note || 'waits for its turn'}</p>
    </div>`)}
    ${jobs.length > shown.length && html`<p class="soft">${plural(jobs.length - shown.length, 'further reading')} in the queue</p>`}
  </div>`;
}

/** All of the view takes files. */
function Drop({ desk, onSent, children }) {
  const [isOver, setOver] = useState(false);
  const depth = useRef(0);
  const enter = (e) => {
    e.preventDefault();
    depth.current++;
    setOver(true);
  };
  const leave = () => {
    depth.current--;
    setOver(depth.current > 0);
  };
  const drop = async (e) => {
    e.preventDefault();
    depth.current = 0;
    setOver(false);
    send(desk, await filesOf(e.dataTransfer), onSent);
  };
  return html`<div class=${isOver ? 'page over' : 'page'} onDragEnter=${enter} onDragLeave=${leave} onDragOver=${(e) => e.preventDefault()} onDrop=${drop}>
    ${children}
    ${isOver && html`<div class="veil" aria-hidden="true"><p><${Icon} name="upload" />Drop to put into ${desk}</p></div>`}
  </div>`;
}

function Picker({ desk, isEmpty, onSent }) {
  const input = useRef();
  const pick = async (e) => {
    send(desk, await filesOf(e.target), onSent);
    e.target.value = '';
  };
  return html`<div class=${isEmpty ? 'picker empty' : 'picker'}>
    <${Icon} name="upload" />
    <p>${isEmpty ? 'This desk is empty. Drop files or folders here, or ' : 'Drop files or folders anywhere here, or '}
      <button type="button" class="link" onClick=${() => input.current.click()}>choose files</button>.</p>
    ${isEmpty && html`<p class="soft">Text, Markdown, code, HTML, PDF. What cannot be read is listed with its reason.</p>`}
    <input ref=${input} type="file" multiple class="hidden" tabindex="-1" aria-label="Files to put into the desk" onChange=${pick} />
  </div>`;
}

function Uploads({ desk }) {
  const mine = uploads.use().filter((u) => u.desk === desk);
  const open = mine.filter((u) => u.state !== 'sent');
  const sent = mine.length - open.length;
  return html`<div class="uploads" aria-live="polite">
    ${sent > 0 && html`<p class="soft">${plural(sent, 'file')} arrived</p>`}
    ${open.slice(0, 20).map((u, i) => html`<div class="job" key=${u.name}>
      <label for=${`upload-${i}`}>${u.name} <span class="soft">${bytes(u.file.size)}</span></label>
      ${u.state === 'failed'
        ? html`<p class="trouble" role="alert">${u.trouble} <button type="button" class="link" onClick=${() => dismiss(u)}>Dismiss</button></p>`
        : html`<progress id=${`upload-${i}`} max="1" value=${u.share} />`}
    </div>`)}
    ${open.length > 20 && html`<p class="soft">and ${open.length - 20} more</p>`}
  </div>`;
}

function Documents({ desk, documents, onChanged }) {
  const [trouble, setTrouble] = useState('');
  const erase = (path) => remove(`/v1/desks/${pathOf(desk, 'documents', path)}`).then(onChanged, (e) => setTrouble(e.message));
  const open = (each) => (e) => openPlace(desk, { path: each.path, lineFirst: 1, lineLast: 1 }, e.currentTarget);
  return html`<section>
    <h2>Documents</h2>
    ${trouble && html`<p class="notice bad" role="alert">${trouble}</p>`}
    <div class="wide"><table class="grid">
      <thead><tr><th>Document</th><th class="n">Tokens</th><th class="n">Lines</th><th class="n">Passages</th><th><span class="hidden">Remove</span></th></tr></thead>
      <tbody>${documents.map((each) => html`<tr key=${each.path}>
        <th scope="row"><button type="button" class="link" onClick=${open(each)}>${each.path}</button></th>
        <td class="n">${count(each.tokens)}</td><td class="n">${count(each.lines)}</td><td class="n">${count(each.passages)}</td>
        <td><button type="button" class="icon" aria-label=${`Remove ${each.path}`} title="Remove" onClick=${() => erase(each.path)}><${Icon} name="bin" /></button></td>
      </tr>`)}</tbody>
    </table></div>
  </section>`;
}

function Skipped({ skipped, all }) {
  return html`<details class="skipped">
    <summary>${plural(all, 'file')} left out</summary>
    <div class="wide"><table class="grid"><thead><tr><th>File</th><th>Reason</th></tr></thead>
      <tbody>${skipped.map((each) => html`<tr><th scope="row">${each.path}</th><td>${each.reason}${each.detail && html` <span class="soft">${each.detail}</span>`}</td></tr>`)}</tbody>
    </table></div>
    ${all > skipped.length && html`<p class="soft">The first ${skipped.length} are shown.</p>`}
  </details>`;
}

function Delete({ desk, documents }) {
  const dialog = useRef();
  const [trouble, setTrouble] = useState('');
  const now = () => remove(`/v1/desks/${pathOf(desk)}`).then(() => go('#/desks'), (e) => {
    dialog.current.close();
    setTrouble(e.message);
  });
  return html`<div class="danger">
    <button type="button" class="quiet" onClick=${() => dialog.current.showModal()}><${Icon} name="bin" />Delete this desk</button>
    <p class="trouble" role="alert">${trouble}</p>
    <dialog ref=${dialog} aria-labelledby="delete-title">
      <h2 id="delete-title">Delete ${desk}?</h2>
      <p>Its ${plural(documents, 'document')} and everything the model has read of them are removed from the server's disk. This cannot be undone.</p>
      <form method="dialog" class="actions"><button class="button plain" autofocus>Keep it</button>
        <button type="button" class="button bad" onClick=${now}>Delete</button></form>
    </dialog>
  </div>`;
}
