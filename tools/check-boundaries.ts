/**
 * The import rules of the tree (ARCHITECTURE.md, "The tree"), checked on every import of every source file; and no
 * circles between the folders of an app (import-circles.ts).
 * Prints one line per violation and exits 1 when there is any.
 */
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importCircles, type ImportingFile } from './import-circles.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** What each library may import; the table in ARCHITECTURE.md says the same. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ['base'],
  cel: ['base', 'api'],
  raft: ['base'],
  mvcc: ['base'],
  bolt: ['base'],
  proto: [],
  disk: ['base'],
  grpc: ['base', 'proto'],
  http: ['base'],
  'store-client': ['base', 'proto', 'grpc', 'mvcc'],
  client: ['base', 'api', 'proto', 'grpc'],
  controller: ['base', 'api', 'client'],
  cri: ['base', 'proto', 'grpc'],
  pki: ['base'],
  config: ['base'],
  telemetry: ['base'],
};
const pure = new Set(['base', 'api', 'cel', 'raft', 'mvcc', 'bolt']);
const everything = new Set(['simulator', 'testkit']);
/** Outside packages with one owner. */
const owners: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['libs/grpc', 'libs/proto'],
  level: ['libs/disk'],
  'classic-level': ['libs/disk'],
  '@peculiar/x509': ['libs/pki'],
};

/** Folders of an app that import each other: what is still to be untangled. Takes nothing new; what is in no circle any more is to be taken out. */
const knownCircles: Readonly<Record<string, readonly string[]>> = {
  store: ['alarms', 'auth', 'compaction', 'concurrency', 'corruption', 'host', 'identity.ts', 'members', 'operations', 'peers', 'services', 'snapshot', 'space', 'start.ts', 'watch'],
};
/** What only tests use may import everything. */
const forTests = /(\.test|\/testing|^testing|^test-server|\/fixtures|\/harness|\/fake-node)\.ts$|^(security|faces)\//;

function* sources(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name === 'gen') continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith('.ts')) yield path;
  }
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^'"\n;]*?(?:\n[^'";]*?)*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((specifier) => specifier !== '');
}

function violation(file: string, specifier: string): string | undefined {
  const [kind, name = ''] = file.split('/');
  const test = file.endsWith('.test.ts');
  if (specifier.startsWith('.')) {
    const target = relative(root, resolve(root, dirname(file), specifier)).split('/');
    const inside = target[0] === kind && target[1] === name;
    return inside || !(kind === 'apps' || kind === 'libs') || test ? undefined : 'reaches into another package by path';
  }
  const internal = /^@rhythm\/([a-z-]+)/.exec(specifier)?.[1];
  if (internal !== undefined) {
    if (internal === name) return undefined;
    const isApp = existsSync(join(root, 'apps', internal));
    if (kind === 'libs' && !everything.has(name) && !test) {
      if (isApp) return 'a library imports an app';
      return allowed[name]?.includes(internal) === true ? undefined : `libs/${name} may import only: ${allowed[name]?.join(', ') ?? ''}`;
    }
    if (kind === 'apps' && isApp && !test && file !== 'apps/cli/src/single-process.ts') return 'an app imports another app';
    if (kind === 'apps' && everything.has(internal) && !test) return 'an app imports a test library';
    return undefined;
  }
  if (kind === 'libs' && pure.has(name) && specifier.startsWith('node:') && !test) return 'a pure library does no I/O';
  const owner = owners[specifier];
  if (owner !== undefined && (kind === 'apps' || kind === 'libs') && !owner.includes(`${kind}/${name}`) && !test) {
    return `${specifier} belongs to ${owner.join(', ')}`;
  }
  return undefined;
}

/** What is wrong with the circles of an app: new ones, and known ones that are there no more. */
function circleFaults(app: string, imported: readonly ImportingFile[]): string[] {
  const known = knownCircles[app] ?? [];
  const circles = importCircles(imported, (path) => forTests.test(path));
  const inCircles = new Set(circles.flat());
  const bad = circles.filter((circle) => circle.some((unit) => !known.includes(unit)));
  return [
    ...bad.map((circle) => `apps/${app}/src: these import each other in a circle: ${circle.join(', ')}. What all need belongs into a folder that imports none of them (apps/apiserver: ports)`),
    ...known.filter((unit) => !inCircles.has(unit)).map((unit) => `tools/check-boundaries.ts: ${unit} of apps/${app} is in no circle any more: take it out of the list`),
  ];
}

let files = 0;
const importing = new Map<string, ImportingFile[]>();
const found: string[] = [];
for (const top of ['apps', 'libs']) {
  for (const path of sources(join(root, top))) {
    files++;
    const file = relative(root, path);
    const imports = importsOf(readFileSync(path, 'utf8'));
    const [, app = '', below = ''] = /^apps\/([^/]+)\/src\/(.*)$/.exec(file) ?? [];
    if (app !== '') importing.set(app, [...(importing.get(app) ?? []), { path: below, imports }]);
    for (const specifier of imports) {
      const why = violation(file, specifier);
      if (why !== undefined) found.push(`${file}: import of ${specifier}: ${why}`);
    }
  }
}
for (const [app, imported] of importing) found.push(...circleFaults(app, imported));
for (const line of found) console.log(line);
console.log(`boundaries: ${files} files, ${found.length} violations`);
process.exitCode = found.length === 0 ? 0 : 1;
