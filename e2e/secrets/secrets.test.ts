import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterFolder, ok, purgeCluster, rhythm, upCluster, type Cluster } from '../support/cluster.ts';

/** Secrets encrypted from the first one on, and a key that is rotated. */
const dir = clusterFolder();
const file = join(dir, 'encryption.yaml');
let cluster: Cluster;
let output: string;

beforeAll(async () => {
  ({ cluster, output } = await upCluster(dir, '--bare', '--fake-nodes', '1', '--secrets-encryption'));
});
afterAll(() => purgeCluster(dir));

const keys = (): string[] => [...readFileSync(file, 'utf8').matchAll(/secret: (\S+)/g)].map(([, secret = '']) => secret);

test('secrets are encrypted, and a new key takes the place of the old one', async () => {
  const [first = ''] = keys();
  expect(first).not.toBe('');
  expect(output).not.toContain(first);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await cluster.kubectl('create', 'secret', 'generic', 'mine', '--from-literal=word=swordfish');
  const status = (): Promise<string> => ok(rhythm, ['secrets', 'status', '--dir', dir]);
  expect(await status()).toMatch(/^written as: k8s:enc:aesgcm:v1:key-\w+:…\nsecrets: [1-9]\d* \(\d+ so, 0 with another key or provider, 0 in plain text\)\n$/);
  const rotated = await ok(rhythm, ['secrets', 'rotate', '--dir', dir]);
  expect(rotated).toContain('the old keys are removed');
  expect(keys()).toHaveLength(1);
  expect(keys()[0]).not.toBe(first);
  for (const key of [first, ...keys()]) expect(rotated).not.toContain(key);
  expect(await status()).toContain('0 with another key or provider, 0 in plain text');
  expect(await cluster.kubectl('get', 'secret', 'mine', '-o', 'jsonpath={.data.word}')).toBe(Buffer.from('swordfish').toString('base64'));
});
