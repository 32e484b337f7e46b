/**
 * The import rules of the tree (ARCHITECTURE.md, "The tree"), checked on every import of every source file.
 * Prints one line per violation and exits 1 when there is any.
 */
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

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

let files = 0;
const found: string[] = [];
for (const top of ['apps', 'libs']) {
  for (const path of sources(join(root, top))) {
    files++;
    const file = relative(root, path);
    for (const specifier of importsOf(readFileSync(path, 'utf8'))) {
      const why = violation(file, specifier);
      if (why !== undefined) found.push(`${file}: import of ${specifier}: ${why}`);
    }
  }
}
for (const line of found) console.log(line);
console.log(`boundaries: ${files} files, ${found.length} violations`);
process.exitCode = found.length === 0 ? 0 : 1;
