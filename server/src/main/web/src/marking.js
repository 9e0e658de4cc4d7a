// Marks the sentences of an answer in its elements: the ones that no passage supports, and behind the others what carried them.
// Sentences come as they stand in the Markdown; they are found by their characters without blanks.
import { plain } from './markdown.js';

const CHIPS_MAX = 2; // behind one sentence

/** Where each character that is no blank stands. */
function characters(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT, (node) => (
    node.parentElement.closest('pre, button') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  const text = [];
  const spots = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let i = 0; i < node.data.length; i++) {
      if (/\S/.test(node.data[i])) {
        text.push(node.data[i]);
        spots.push({ node, offset: i });
      }
    }
  }
  return { text: text.join(''), spots };
}

/** The places of citations that a sentence rests on, as numbers from 1. */
export function carriersOf(sentence, citations) {
  const numbers = (sentence.carriedBy ?? []).map((carrier) => 1 + citations.findIndex((c) => c.path === carrier.path
    && c.lineFirst <= carrier.lineLast && carrier.lineFirst <= c.lineLast));
  return [...new Set(numbers.filter((n) => n > 0))].slice(0, CHIPS_MAX).sort((a, b) => a - b);
}

/** Marks all sentences that can be found; `chip(number)` makes the element of a citation. */
export function mark(place, sentences, citations, chip) {
  const { text, spots } = characters(place);
  let from = 0;
  const found = [];
  for (const sentence of sentences) {
    const wanted = plain(sentence.text).replace(/\s+/g, '');
    const at = wanted ? text.indexOf(wanted, from) : -1;
    if (at >= 0) {
      from = at + wanted.length;
      found.push({ sentence, first: at, last: from - 1 });
    }
  }
  for (const { sentence, first, last } of found.reverse()) { // from the end, so that places before stay true
    if (sentence.isSupported) {
      addChips(spots[last], carriersOf(sentence, citations).map(chip));
    } else {
      underline(spots.slice(first, last + 1), sentence);
    }
  }
}

function addChips(spot, chips) {
  if (chips.length) {
    const rest = spot.node.splitText(spot.offset + 1);
    const group = document.createElement('span');
    group.className = 'cites';
    group.append(...chips);
    rest.before(group);
  }
}

/** Text nodes are wrapped one by one, the last first. */
function underline(spots, sentence) {
  const nodes = [...new Set(spots.map((s) => s.node))].reverse();
  for (const node of nodes) {
    const offsets = spots.filter((s) => s.node === node).map((s) => s.offset);
    const middle = offsets[0] > 0 ? node.splitText(offsets[0]) : node;
    middle.splitText(offsets.at(-1) - offsets[0] + 1);
    const wrap = document.createElement('span');
    wrap.className = 'unsupported';
    wrap.title = sentence.reason || 'No passage of the desk supports this sentence';
    middle.replaceWith(wrap);
    wrap.append(middle);
  }
}
