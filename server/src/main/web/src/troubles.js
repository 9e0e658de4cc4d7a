// What went wrong as sentences that say what to do. The server's own sentence comes first where it has one.

const WHAT_TO_DO = {
  402: 'Nothing was asked and nothing was spent. Whoever keeps the books can raise the budget; else it is free again when its period ends.',
  403: 'Ask an administrator of this server for a key that may do this.',
  413: 'Split it into smaller documents, or put less into one question.',
  421: 'Open this page by a name that the server knows, or start it with --name and the name in the address bar.',
  503: 'Try again in a moment.',
  507: 'Make room on the disk of the server, then try again.',
};

export function sentence(status, message, code, retryAfter = 0) {
  if (status === 0) {
    return 'The server does not answer. It may be restarting; nothing you wrote is lost. Try again in a moment.';
  }
  const said = finished(message) || fallback(status);
  if (status === 429) {
    return `The server has enough to do. ${said} Try again in ${Math.max(1, retryAfter)} s.`;
  }
  return WHAT_TO_DO[status] ? `${said} ${WHAT_TO_DO[status]}` : said;
}

function finished(message) {
  const text = message.trim();
  const isName = /^\S*[:/.\d]/.test(text); // person:anna, notes/plan.md
  return text && (isName ? text : text[0].toUpperCase() + text.slice(1)) + (/[.!?]$/.test(text) ? '' : '.');
}

function fallback(status) {
  return status >= 500 ? 'The server failed; its log says more.' : `The server refused this (${status}).`;
}
