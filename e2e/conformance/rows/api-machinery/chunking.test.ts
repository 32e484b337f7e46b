import type { V1PodTemplate, V1PodTemplateList } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { row, type Context } from '../../harness/index.ts';
import { etcdctlPatience } from '../../../store/etcd-process.ts';
import { ok } from '../../../support/cluster.ts';

const total = 400;
const atOnce = 20;
const nameOf = (index: number): string => `template-${String(index).padStart(4, '0')}`;

async function fill(k: Context): Promise<void> {
  const make = (index: number): Promise<V1PodTemplate> => k.create(k.path('podtemplates'), { metadata: { name: nameOf(index) }, template: { spec: { containers: [{ name: 'test', image: 'test2' }] } } });
  for (let at = 0; at < total; at += atOnce) await Promise.all(Array.from({ length: atOnce }, (_, index) => make(at + index)));
}

function page(k: Context, limit: number, token?: string): Promise<V1PodTemplateList> {
  return k.core.listNamespacedPodTemplate({ namespace: k.namespace, limit, ...(token === undefined ? {} : { _continue: token }) });
}

/** A page that begins with item number `found`; gives how many have been found with it. */
function checkPage({ items, metadata }: V1PodTemplateList, found: number, limit: number): number {
  expect(items.map((item) => item.metadata?.name)).toEqual(Array.from({ length: Math.min(limit, total - found) }, (_, index) => nameOf(found + index)));
  const next = found + items.length;
  expect(metadata?.remainingItemCount).toBe(next === total ? undefined : total - next);
  expect((metadata?._continue ?? '') === '').toBe(next === total);
  return next;
}

row('chunk-basic', async (k) => {
  await fill(k);
  for (let round = 0; round < 3; round++) {
    let token: string | undefined;
    const versions = new Set<string | undefined>();
    for (let found = 0; found < total; ) {
      const limit = 1 + Math.floor((Math.random() * total) / 10);
      const list = await page(k, limit, token);
      found = checkPage(list, found, limit);
      versions.add(list.metadata?.resourceVersion);
      token = list.metadata?._continue;
      // What changes meanwhile is not of this list.
      await k.create(k.path('configmaps'), { metadata: { generateName: 'meanwhile-' } });
    }
    expect(versions.size).toBe(1);
  }
  const all = await page(k, total + 1);
  expect(all.items).toHaveLength(total);
  expect(all.metadata?._continue).toBeUndefined();
  expect((await k.core.listNamespacedPodTemplate({ namespace: k.namespace })).items).toHaveLength(total);
});

/** The store forgets what came before this revision, as it does every few minutes. */
async function compact(revision: string): Promise<void> {
  const at = (...path: string[]): string => join(inject('clusterDir'), ...path);
  const endpoint = readFileSync(at('run', 'store.endpoint'), 'utf8').trim();
  const flags = [...etcdctlPatience, '--endpoints', endpoint, '--cacert', at('pki', 'store-ca.crt'), '--cert', at('pki', 'store-client.crt'), '--key', at('pki', 'store-client.key')];
  await ok('etcdctl', [...flags, 'compaction', revision], { env: { ...process.env, ETCDCTL_API: '3' } });
}

row(
  'chunk-expired',
  async (k) => {
    await fill(k);
    const limit = total / 10;
    const first = await page(k, limit);
    let found = checkPage(first, 0, limit);
    const token = first.metadata?._continue ?? '';
    const second = await page(k, limit, token);
    checkPage(second, found, limit);
    expect(second.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion);
    // Of what this one says only its version matters: its place is before the next page.
    const later = await k.create<V1PodTemplate>(k.path('podtemplates'), { metadata: { name: 'template-0000-late' }, template: { spec: { containers: [{ name: 'test', image: 'test2' }] } } });
    // A server that has not heard of it yet still shows the state before.
    await k.until(`${k.path('podtemplates')}/template-0000-late`, (object) => object !== undefined, 'the server knows of the late one');
    await compact(later.metadata?.resourceVersion ?? '');
    const expired = (await k.fails(page(k, limit, token), { code: 410, reason: 'Expired' })) as unknown as { metadata: { continue: string } };
    const fresh = expired.metadata.continue;
    expect(fresh).toBeTruthy();
    expect(fresh).not.toBe(token);
    const resumed = await page(k, limit, fresh);
    found = checkPage(resumed, found, limit);
    expect(Number(resumed.metadata?.resourceVersion)).toBeGreaterThan(Number(first.metadata?.resourceVersion));
    for (let next = resumed.metadata?._continue; found < total; ) {
      const list = await page(k, limit, next);
      found = checkPage(list, found, limit);
      expect(list.metadata?.resourceVersion).toBe(resumed.metadata?.resourceVersion);
      next = list.metadata?._continue;
    }
  },
  { alone: true },
);
