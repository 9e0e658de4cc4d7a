// Colours for code, of the languages that documents here are mostly written in.
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import cpp from 'highlight.js/lib/languages/cpp';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

// C is read as C++ and JavaScript as TypeScript, which contain them.
const LANGUAGES = { bash, c: cpp, cpp, diff, go, java, javascript: typescript, js: typescript, json, python, rust, typescript, xml, yaml };
const CHARS_MAX = 50_000;

Object.entries(LANGUAGES).forEach(([name, language]) => hljs.registerLanguage(name, language));

/** Colours an element that holds code; one in an unknown language or very long stays plain. */
export function highlight(code, language) {
  if (hljs.getLanguage(language) && code.textContent.length <= CHARS_MAX) {
    code.innerHTML = hljs.highlight(code.textContent, { language, ignoreIllegals: true }).value;
  }
}
