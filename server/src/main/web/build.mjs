// Bundles the page into one script and one style sheet. `node build.mjs [FOLDER]`; the default is where the server looks for it.
// The same sources and package-lock.json give the same bytes; a test of the profile `full` holds the committed files against that.
import { build, transform } from 'esbuild';
import { minify } from 'terser';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const web = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(web, '../resources/dev/longhand/server/page'));
const TARGET = ['chrome123', 'firefox128', 'safari17.5'];
const LIBRARIES = ['preact', 'htm', 'marked', 'dompurify', 'highlight.js', 'uplot'];

await mkdir(out, { recursive: true });
const { outputFiles } = await build({
  absWorkingDir: web,
  entryPoints: { page: 'src/page.js' },
  outdir: out,
  bundle: true,
  write: false,
  charset: 'utf8',
  format: 'iife',
  target: TARGET,
  legalComments: 'none', // all notices stand in notices.txt
});
for (const each of outputFiles) {
  await writeFile(each.path, await smaller(each));
}
for (const each of ['index.html', 'favicon.svg']) {
  await cp(path.join(web, each), path.join(out, each));
}
await writeFile(path.join(out, 'notices.txt'), await notices());

/** Without what only people need; terser gets a script 4 KB smaller, gzipped, than esbuild does. */
async function smaller({ path: file, text }) {
  if (file.endsWith('.js')) {
    return (await minify(text, { compress: { passes: 3, ecma: 2020 }, mangle: { toplevel: true }, format: { comments: false } })).code;
  }
  return (await transform(text, { loader: 'css', minify: true, charset: 'utf8', target: TARGET })).code;
}

/** The licences of what is in the bundle, word for word. */
async function notices() {
  const parts = ['This page contains the following libraries.\n'];
  for (const each of LIBRARIES) {
    const folder = path.join(web, 'node_modules', each);
    const { version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
    const chosen = each === 'dompurify' ? 'Apache-2.0 (of MPL-2.0 or Apache-2.0)' : license;
    parts.push(`==== ${each} ${version}, ${chosen} ====\n\n${(await licence(folder, each)).trim()}\n`);
  }
  return parts.join('\n');
}

/** htm's and DOMPurify's is the Apache License 2.0, whose text is this project's own licence too. */
async function licence(folder, name) {
  if (name === 'htm' || name === 'dompurify') {
    const holder = name === 'htm' ? 'Copyright 2018 Google Inc.' : 'Copyright Dr.-Ing. Mario Heiderich, Cure53.';
    return `${holder} Licensed under the Apache License, Version 2.0, as Longhand itself is: its file LICENSE has the text, and so has\n`
      + 'http://www.apache.org/licenses/LICENSE-2.0';
  }
  for (const each of ['LICENSE', 'LICENSE.md']) {
    const text = await readFile(path.join(folder, each), 'utf8').catch(() => '');
    if (text) {
      return text;
    }
  }
  throw new Error(`no licence in ${folder}`);
}
