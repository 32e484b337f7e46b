/** A tenth as many CustomResourceDefinitions as the long list has pods: until they are served, and what that does to discovery and OpenAPI. */
import { closedLoop, cpuOf, percentile, sleep, type Sample } from '../lib/measure.ts';
import { definition } from './objects.ts';
import type { Context, Row, Section } from './row.ts';

const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const perPod = 0.1;
const workers = 16;
const pollMs = 2;
const countOf = ({ pods }: Context): number => Math.ceil(pods * perPod);
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

interface Definition {
  readonly status?: { readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }> };
}

async function establish({ client }: Context, at: number): Promise<void> {
  const { object, name } = definition(at);
  let made = await client.json<Definition>('POST', path, object);
  while (made.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') !== true) {
    await sleep(pollMs);
    made = await client.json<Definition>('GET', `${path}/${name}`);
  }
}

const establishing: Row = {
  name: 'definitions: create to Established',
  run: async (context) => {
    const count = countOf(context);
    const latencies: number[] = [];
    let next = 0;
    const cpu = cpuOf(context.pids);
    const began = performance.now();
    const work = async (): Promise<void> => {
      while (next < count) {
        const asked = performance.now();
        await establish(context, next++);
        latencies.push(performance.now() - asked);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    return { operations: count, seconds: (performance.now() - began) / 1000, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), cpu: (cpuOf(context.pids) - cpu) / count };
  },
  limit: async (context) => context.limits.write('definition', workers, (await context.client.request('GET', `${path}/${definition(0).name}`, { keep: true })).body, Buffer.from(JSON.stringify(definition(0).object))),
};

/** A document when it is asked for at first (in a later round: again after the others), right after a definition has changed, and then again and again. */
function documentRows(name: string, document: string, accept: string): Row[] {
  const ask = ({ client }: Context): Promise<unknown> => client.request('GET', document, { headers: { accept } });
  const once = async (context: Context): Promise<Sample> => {
    const cpu = cpuOf(context.pids);
    const began = performance.now();
    await ask(context);
    const seconds = (performance.now() - began) / 1000;
    return { operations: 1, seconds, p50: seconds * 1000, p99: Number.NaN, cpu: cpuOf(context.pids) - cpu };
  };
  const changed = async (context: Context): Promise<Sample> => {
    const serial = countOf(context) + 1 + Math.floor(Math.random() * 1e6);
    await establish(context, serial);
    const sample = await once(context);
    await context.client.request('DELETE', `${path}/${definition(serial).name}`);
    return sample;
  };
  return [
    { name: `${name}, at first`, run: once },
    { name: `${name}, after a change`, run: changed },
    {
      name,
      run: (context) => closedLoop({ inFlight: 1, seconds: context.seconds, pids: context.pids, one: () => ask(context) }),
      limit: async (context) => context.limits.list(name, (await context.client.request('GET', document, { headers: { accept }, keep: true })).body),
    },
  ];
}

export const definitions: Section = {
  rows: [
    establishing,
    ...documentRows('definitions: discovery', '/apis', aggregated),
    ...documentRows('definitions: OpenAPI v3, index', '/openapi/v3', 'application/json'),
    ...documentRows('definitions: OpenAPI v3, one group', `/openapi/v3/apis/${definition(0).group}/v1`, 'application/json'),
    ...documentRows('definitions: OpenAPI v2', '/openapi/v2', 'application/json'),
  ],
  prepare: async () => undefined,
};
