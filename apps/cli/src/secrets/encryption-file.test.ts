import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@rhythm/base';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { EncryptionFile, freshConfiguration } from './encryption-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'rhythm-encryption-'));
const path = join(folder, 'encryption.yaml');
afterAll(() => rmSync(folder, { recursive: true }));
const of = (text: string): EncryptionFile => {
  writeFileSync(path, text);
  return EncryptionFile.read(path);
};
interface Keys {
  readonly resources: ReadonlyArray<{ readonly providers: ReadonlyArray<{ readonly aesgcm?: { readonly keys: ReadonlyArray<{ name: string; secret: string }> } }> }>;
}
const keysOf = (text: string): string[] => ((parse(text) as Keys).resources[0]?.providers[0]?.aesgcm?.keys ?? []).map(({ name }) => name);

test('a fresh one has one key of 32 bytes, and reads plain text only if told', () => {
  const text = freshConfiguration(seededRandom(1), false);
  const { resources } = parse(text) as Keys;
  expect(resources[0]?.providers).toHaveLength(1);
  expect(Buffer.from(resources[0]?.providers[0]?.aesgcm?.keys[0]?.secret ?? '', 'base64')).toHaveLength(32);
  expect((parse(freshConfiguration(seededRandom(1), true)) as Keys).resources[0]?.providers[1]).toEqual({ identity: {} });
});

test('a new key is read before it writes, then comes first, and the old ones go; the file is its owner’s alone, and its hash is that of its bytes', () => {
  const file = of(freshConfiguration(seededRandom(1), true));
  const before = file.prefix;
  const [old = ''] = keysOf(readFileSync(path, 'utf8'));
  expect(before).toBe(`k8s:enc:aesgcm:v1:${old}:`);
  file.addKey(seededRandom(2));
  file.write();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const [first, added = ''] = keysOf(readFileSync(path, 'utf8'));
  expect([first, file.prefix]).toEqual([old, before]);
  file.useAddedKey();
  file.write();
  expect(keysOf(readFileSync(path, 'utf8'))).toEqual([added, old]);
  expect(file.prefix).toBe(`k8s:enc:aesgcm:v1:${added}:`);
  file.dropOldKeys();
  file.write();
  expect(keysOf(readFileSync(path, 'utf8'))).toHaveLength(1);
  expect(EncryptionFile.read(path).hash).toBe(file.hash);
});

test.each<[string, string, string]>([
  ['other kinds', 'resources: [{resources: [secrets, configmaps], providers: [{aesgcm: {keys: [{name: a, secret: cw==}]}}]}]', 'encrypts other kinds'],
  ['a plugin', 'resources: [{resources: [secrets], providers: [{kms: {name: vault}}]}]', 'has no keys of its own'],
  ['plain text', 'resources: [{resources: [secrets], providers: [{identity: {}}]}]', 'has no keys of its own'],
  ['no secrets', 'resources: [{resources: [configmaps], providers: [{identity: {}}]}]', 'does not name secrets'],
])('keys are not changed of %s', (_name, text, problem) => {
  expect(() => of(text).addKey(seededRandom(1))).toThrow(problem);
});

test('a file that is none is refused without a word of it', () => {
  for (const text of ['secret: [cw==', 'c3VwZXJzZWNyZXQ=', 'resources: [c3VwZXJzZWNyZXQ=]']) {
    expect(() => of(text)).toThrow(path);
    expect(() => of(text)).not.toThrow(/c3VwZXJ|cw==/);
  }
});
