// Bundles one app, or all of them, into apps/<app>/dist/main.mjs: 30 ms to start, against 400 ms for the sources. Programs of threads
// (src/**/NAME-worker.ts) become bundles of their own beside it.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { readdirSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const apps = process.argv.length > 2 ? process.argv.slice(2) : readdirSync(join(root, 'apps'));

/** Where the sources come from, for `kubectl version`; reproducible, so the date is the commit's. Outside a repository there is nothing to say. */
const git = (...args) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } }).stdout?.trim() ?? '';
const commit = git('rev-parse', 'HEAD');
const isClean = commit !== '' && git('status', '--porcelain') === '';
/** Names what is built: a commit says nothing of sources that were changed since. */
const buildName = { 'process.env.RHYTHM_BUILD': isClean ? commit : `${commit}-${Date.now().toString(36)}` };
const origin = commit === '' ? {} : { 'process.env.RHYTHM_COMMIT': commit, 'process.env.RHYTHM_COMMIT_DATE': git('log', '-1', '--date=format-local:%Y-%m-%dT%H:%M:%SZ', '--format=%cd'), 'process.env.RHYTHM_TREE_STATE': isClean ? 'clean' : 'dirty' };

try {
  await Promise.all(apps.filter((app) => existsSync(join(root, 'apps', app, 'src/main.ts'))).map(bundle));
} catch (error) {
  // What is wrong with a source, esbuild has printed already.
  if (!Array.isArray(error.errors)) console.error(error);
  process.exit(1);
}

/** By the name that they have beside the app's own bundle. */
function workersOf(app) {
  const src = join(root, 'apps', app, 'src');
  return Object.fromEntries(readdirSync(src, { recursive: true }).filter((file) => file.endsWith('-worker.ts')).map((file) => [basename(file, '.ts'), join(src, file)]));
}

/** Built aside and moved: an app that is started meanwhile finds the old bundle or the new one, never a half. */
async function bundle(app) {
  const dist = join(root, 'apps', app, 'dist');
  const aside = join(dist, `next-${process.pid}`);
  await build({
    entryPoints: { main: join(root, 'apps', app, 'src/main.ts'), ...workersOf(app) },
    outdir: aside,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // The command line loads each command when it is called; `status` must not wait for what `up` needs.
    splitting: app === 'cli',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: 'linked',
    // For `tools/profile.ts`, which wants names and lines.
    sourcesContent: false,
    // Every process keeps the text of its bundle: without indentation it is a third shorter. Names stay, and lines short enough to be shown.
    minifyWhitespace: true,
    lineLimit: 400,
    define: Object.fromEntries(Object.entries({ ...origin, ...buildName }).map(([name, value]) => [name, JSON.stringify(value)])),
    legalComments: 'none',
    logLevel: 'warning',
    loader: { '.tsv': 'text' },
    // Native addons stay outside the bundle and are resolved from node_modules.
    external: ['classic-level', 'bcrypt', 'bufferutil', 'utf-8-validate'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const built = readdirSync(aside);
  for (const file of built) if (file.endsWith('.mjs')) escapeWide(join(aside, file));
  // The entry last: what it imports is there before it.
  for (const file of built.toSorted((a, b) => Number(a === 'main.mjs') - Number(b === 'main.mjs'))) renameSync(join(aside, file), join(dist, file));
  rmSync(aside, { recursive: true });
  for (const file of readdirSync(dist)) if (/\.mjs(\.map)?$/.test(file) && !built.includes(file)) rmSync(join(dist, file));
}

/** One letter beyond ASCII and Node keeps the whole text at two bytes a letter. esbuild escapes them, but not in regular expressions. */
function escapeWide(file) {
  const text = readFileSync(file, 'utf8');
  const escaped = text.replace(/[^\0-\x7f]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (escaped !== text) writeFileSync(file, escaped);
}
