/** A whole collection deleted by one request. */
import { cpuOf } from '../lib/measure.ts';
import { pod } from './objects.ts';
import { fill, makeNamespace, oneSample, type Context, type Section } from './row.ts';

const path = '/api/v1/namespaces/gone/pods';
const count = 2_300;
const warmup = 500;
const options = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, propagationPolicy: 'Background' });

async function deleteAll({ client }: Context): Promise<void> {
  await client.request('DELETE', path, { body: options });
  const left = await client.json<{ items: readonly unknown[] }>('GET', `${path}?limit=1`);
  if (left.items.length > 0) throw new Error('pods are left of a deleted collection');
}

export const deletion: Section = {
  rows: [
    {
      name: 'delete a collection of pods',
      run: async (context) => {
        await fill(context.client, path, count, (at) => pod(`pod-${at}`));
        const cpu = cpuOf(context.pids);
        const began = performance.now();
        await deleteAll(context);
        return oneSample(count, (performance.now() - began) / 1000, cpuOf(context.pids) - cpu);
      },
      limit: async ({ limits }) => ({ ...(await limits.transaction(16, Buffer.from('{}'))), name: 'transaction of the store' }),
    },
  ],
  prepare: async (context) => {
    await makeNamespace(context.client, 'gone');
    await fill(context.client, path, warmup, (at) => pod(`pod-${at}`));
    await deleteAll(context);
  },
};
