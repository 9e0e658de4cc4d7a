// Markdown as elements. What a model or a document writes is nobody's to trust: DOMPurify lets through text and its form, nothing
// that runs, loads or looks like a part of this page; the page's policy forbids the rest once more.
import { Marked } from 'marked';
import DOMPurify from 'dompurify';
import { highlight } from './code.js';

const SAFE = {
  ALLOWED_TAGS: ['a', 'b', 'blockquote', 'br', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'li', 'ol', 'p',
    'pre', 's', 'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'],
  ALLOWED_ATTR: ['href', 'title', 'align', 'start', 'class'],
  ADD_URI_SAFE_ATTR: ['align', 'start'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};
const LANGUAGE = /^language-[\w+#-]{1,20}$/;

const marked = new Marked({ gfm: true, breaks: false });

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer');
  }
  if (node.hasAttribute('class') && !(node.tagName === 'CODE' && LANGUAGE.test(node.className))) {
    node.removeAttribute('class');
  }
});

/** The blocks of a text; a block that came before has the same `raw`. */
const blocks = (text) => marked.lexer(text).filter((token) => token.type !== 'space');

function element(token) {
  const block = document.createElement('div');
  block.className = 'block';
  block.append(DOMPurify.sanitize(marked.parser([token]), { ...SAFE, RETURN_DOM_FRAGMENT: true }));
  for (const code of block.querySelectorAll('pre > code')) {
    dress(code);
  }
  for (const table of block.querySelectorAll('table')) {
    const frame = document.createElement('div');
    Object.assign(frame, { className: 'wide', tabIndex: 0, role: 'region', ariaLabel: 'Table' });
    table.replaceWith(frame);
    frame.append(table);
  }
  return block;
}

/** A block of code: colours, its language, a button that copies it. */
function dress(code) {
  const language = code.className.slice('language-'.length);
  const text = code.textContent;
  highlight(code, language);
  const head = document.createElement('div');
  head.className = 'code-head';
  const copy = document.createElement('button');
  Object.assign(copy, { type: 'button', className: 'quiet', textContent: 'Copy', ariaLabel: 'Copy code' });
  copy.addEventListener('click', () => copyText(text).then((isDone) => {
    copy.textContent = isDone ? 'Copied' : 'Not copied';
    setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
  }));
  head.append(Object.assign(document.createElement('span'), { textContent: language || 'text' }), copy);
  const frame = document.createElement('div');
  frame.className = 'code';
  const pre = code.parentNode;
  pre.tabIndex = 0;
  pre.replaceWith(frame);
  frame.append(head, pre);
}

/** The clipboard exists in secure contexts only; elsewhere the text is selected and copied the old way. */
export async function copyText(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  const area = Object.assign(document.createElement('textarea'), { value: text, className: 'hidden' });
  document.body.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  return isDone;
}

/** Shows a text in `place`. What has not changed since the last time stays as it is, so nothing flickers while a text grows. */
export function show(place, text) {
  const next = blocks(text);
  const now = place.shown ?? [];
  let same = 0;
  while (same < next.length && same < now.length && next[same].raw === now[same]) {
    same++;
  }
  while (place.childNodes.length > same) {
    place.lastChild.remove();
  }
  next.slice(same).forEach((token) => place.append(element(token)));
  place.shown = next.map((token) => token.raw);
}

/** What a reader sees of a line of Markdown. */
export function plain(text) {
  const holder = document.createElement('div');
  holder.append(DOMPurify.sanitize(marked.parse(text), { ...SAFE, RETURN_DOM_FRAGMENT: true }));
  return holder.textContent;
}
