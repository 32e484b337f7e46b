/** Whole lists: of pods in all forms, and of many small objects every second. */
import { closedLoop, cpuOf, percentile, sleep } from '../lib/measure.ts';
import { configMap, pod } from './objects.ts';
import { fill, makeNamespace, type Context, type Row, type Section } from './row.ts';

const podsPath = '/api/v1/namespaces/big/pods';
const configMapsPath = '/api/v1/namespaces/many/configmaps';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const protobuf = 'application/vnd.kubernetes.protobuf';
const pageObjects = 500;
/** At least so many lists are measured. */
const listsMin = 4;
/** Of the long list of small objects to the long list of pods. */
const configMapsPerPod = 3;

/** One list, all its pages. */
async function listOnce({ client }: Context, path: string, accept = 'application/json'): Promise<void> {
  for (let cont: string | undefined = ''; cont !== undefined; ) {
    const { body } = await client.request('GET', cont === '' ? path : `${path}&continue=${encodeURIComponent(cont)}`, { headers: { accept }, keep: path.includes('limit=') });
    cont = path.includes('limit=') ? /"continue":"([^"]*)"/.exec(body.toString('latin1', 0, 2_000))?.[1] : undefined;
  }
}

async function whole({ client }: Context, path: string, accept: string): Promise<Buffer> {
  return (await client.request('GET', path, { headers: { accept }, keep: true })).body;
}

function listRow(name: string, query: string, accept: string | undefined, withLimit = true): Row {
  const path = `${podsPath}${query}`;
  return {
    name: `list of pods, ${name}`,
    run: async (context) => {
      // Long ones are measured for as long as some of them take.
      const began = performance.now();
      await listOnce(context, path, accept);
      await listOnce(context, path, accept);
      const each = (performance.now() - began) / 2000;
      return closedLoop({ inFlight: 1, seconds: Math.max(context.seconds, listsMin * each), warmupSeconds: context.seconds / 2, pids: context.pids, one: () => listOnce(context, path, accept) });
    },
    ...(withLimit ? { limit: async (context: Context) => context.limits.list(name, await whole(context, path.replace(/limit=\d+/, ''), accept ?? 'application/json')) } : {}),
  };
}

export const podLists: Section = {
  rows: [
    listRow('consistent', '', undefined),
    listRow('cached', '?resourceVersion=0', undefined),
    listRow(`by ${pageObjects}`, `?limit=${pageObjects}`, undefined),
    listRow('as Table', '', table),
    listRow('as protobuf', '', protobuf),
    listRow('none of them wanted', '?labelSelector=app%3Dnothing', undefined, false),
  ],
  prepare: async ({ client, pods }) => {
    await makeNamespace(client, 'big');
    await fill(client, podsPath, pods, (at) => pod(`pod-${String(at).padStart(6, '0')}`));
  },
};

/** Of lists that begin a second after the other. */
const everySecond: Row = {
  name: 'list of configmaps of 1 KB, every second',
  run: async (context) => {
    for (let warmup = 0; warmup < 3; warmup++) await listOnce(context, configMapsPath);
    const lists = Math.max(listsMin, Math.ceil(context.seconds));
    const latencies: number[] = [];
    const cpu = cpuOf(context.pids);
    const began = performance.now();
    for (let at = 0; at < lists; at++) {
      await sleep(Math.max(0, began + at * 1000 - performance.now()));
      const asked = performance.now();
      await listOnce(context, configMapsPath);
      latencies.push(performance.now() - asked);
    }
    return { operations: lists, seconds: (performance.now() - began) / 1000, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu: (cpuOf(context.pids) - cpu) / lists };
  },
  limit: async (context) => context.limits.list('configmaps', await whole(context, configMapsPath, 'application/json')),
};

export const configMapLists: Section = {
  rows: [everySecond],
  prepare: async ({ client, pods }) => {
    await makeNamespace(client, 'many');
    await fill(client, configMapsPath, configMapsPerPod * pods, (at) => configMap(`map-${String(at).padStart(6, '0')}`));
  },
};
