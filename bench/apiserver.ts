/**
 * CPU of one request in the apiserver's pipeline over a store in memory: no TLS, no HTTP, no network; decoding, admission-free
 * strategy, store transaction, watch cache and rendering. Prints µs of CPU per operation.
 * Usage: node bench/apiserver.ts [pods, default 5000]
 */
import { testApi, textOf } from '../apps/apiserver/src/testing.ts';

const count = Number(process.argv[2] ?? 5_000);
const api = testApi();
const pods = 'v1/ns/default/pods';
const pod = (name: string): object => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name, labels: { app: 'bench', index: name }, annotations: { filler: 'x'.repeat(1_000) } },
  spec: { nodeName: `node-${name.length % 10}`, containers: [{ name: 'main', image: 'busybox', env: [{ name: 'A', value: 'b' }], resources: { requests: { cpu: '100m', memory: '64Mi' } } }] },
});

async function measure(name: string, times: number, work: (index: number) => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage();
  const began = process.hrtime.bigint();
  for (let index = 0; index < times; index++) await work(index);
  const used = process.cpuUsage(cpu);
  const ms = Number(process.hrtime.bigint() - began) / 1e6;
  console.log(`${name.padEnd(28)} ${((used.user + used.system) / times).toFixed(0).padStart(9)} µs CPU ${(ms / times).toFixed(3).padStart(9)} ms`);
}

await measure('create pod', count, (index) => api.respond('create', pods, pod(`p${index}`)));
await measure('get pod', count, (index) => api.respond('get', `${pods}/p${index}`));
await measure('merge patch pod', count, (index) => api.respond('patch', `${pods}/p${index}`, { metadata: { labels: { a: 'b' } } }, { contentType: 'application/merge-patch+json' }));
await measure('strategic patch pod', count, (index) => api.respond('patch', `${pods}/p${index}`, { metadata: { labels: { a: 'c' } } }, { contentType: 'application/strategic-merge-patch+json' }));
const apply = { contentType: 'application/apply-patch+yaml', fieldManager: 'bench', force: true };
await measure('apply pod, changed', count, (index) => api.respond('patch', `${pods}/p${index}`, { ...pod(`p${index}`), metadata: { name: `p${index}`, labels: { a: 'd' } } }, apply));
await measure('apply pod, unchanged', count, (index) => api.respond('patch', `${pods}/p${index}`, { ...pod(`p${index}`), metadata: { name: `p${index}`, labels: { a: 'd' } } }, apply));
await measure(`list ${count} pods`, 10, async () => textOf(await api.respond('list', pods)));
await measure('list by label', 10, async () => textOf(await api.respond('list', pods, undefined, { labelSelector: 'index=p7' })));
await measure('page of 500', 10, async () => textOf(await api.respond('list', pods, undefined, { limit: 500 })));

const watchers = 100;
const told: Promise<void>[] = [];
const changes = 200;
for (let index = 0; index < watchers; index++) {
  const watch = await api.watch(pods, { resourceVersion: String((await api.call<{ metadata: { resourceVersion: string } }>('list', pods, undefined, { limit: 1 })).metadata.resourceVersion) });
  told.push(
    (async () => {
      let seen = 0;
      for await (const batch of watch) if ((seen += batch.length) >= changes) return;
    })(),
  );
}
await measure(`change told to ${watchers} watches`, changes, (index) => api.respond('patch', `${pods}/p${index}`, { metadata: { labels: { w: `${index}` } } }, { contentType: 'application/merge-patch+json' }));
await Promise.all(told);
await api.stop();
