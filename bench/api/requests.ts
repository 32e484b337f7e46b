/** Requests on one object: create, get, patch, update, apply. */
import { closedLoop } from '../lib/measure.ts';
import { configMap, pod } from './objects.ts';
import { fill, makeNamespace, type Context, type Row, type Section } from './row.ts';

const base = '/api/v1/namespaces/requests';
const podsPath = `${base}/pods`;
/** Pods that are read and patched. */
const known = 500;
const widths = [1, 16, 32, 64];
/** Of the table of aims. */
const aimedWidth = 32;
const mergePatch = { 'content-type': 'application/merge-patch+json' };
let serial = 0;
const someName = (): string => `known-${Math.floor(Math.random() * known)}`;

function row(what: string, inFlight: number, one: (context: Context, slot: number) => Promise<unknown>, limit: Row['limit']): Row {
  return {
    name: `${what}, ${inFlight}`,
    run: async (context) =>
      closedLoop({
        inFlight,
        seconds: context.seconds,
        warmupSeconds: Math.max(0.5, context.seconds / 2),
        operationsMin: inFlight === aimedWidth ? context.operations : 0,
        pids: context.pids,
        one: (slot) => one(context, slot),
      }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** A pod as it is answered. */
async function answered({ client }: Context, path = `${podsPath}/known-0`): Promise<Buffer> {
  return (await client.request('GET', path, { keep: true })).body;
}

const labelPatch = (): string => JSON.stringify({ metadata: { annotations: { turn: String(serial++) } } });

function podRows(inFlight: number): Row[] {
  const writes = (what: string, body: () => Buffer): Row['limit'] => async (context) => context.limits.write(what, inFlight, await answered(context), body());
  const podBody = (): Buffer => Buffer.from(JSON.stringify(pod('limit')));
  return [
    row('create pods', inFlight, ({ client }) => client.request('POST', podsPath, { body: JSON.stringify(pod(`made-${serial++}`)) }), writes('pod', podBody)),
    row('get a pod, consistent', inFlight, ({ client }) => client.request('GET', `${podsPath}/${someName()}`), async (context) => context.limits.read('get', inFlight, await answered(context))),
    row('get a pod, cached', inFlight, ({ client }) => client.request('GET', `${podsPath}/${someName()}?resourceVersion=0`), async (context) => context.limits.request('get', inFlight, await answered(context))),
    row('merge patch of a pod', inFlight, ({ client }) => client.request('PATCH', `${podsPath}/${someName()}`, { body: labelPatch(), headers: mergePatch }), writes('patch', () => Buffer.from(labelPatch()))),
    row('update of a pod', inFlight, ({ client }, slot) => replace(client, `${podsPath}/known-${slot}`), writes('update', podBody)),
  ];
}

interface Annotated {
  readonly metadata: { annotations?: Record<string, string> };
}
const seen = new Map<string, Annotated>();

/** Writes what the last answer said, with one annotation changed. */
async function replace(client: Context['client'], path: string): Promise<void> {
  const object = seen.get(path) ?? (await client.json<Annotated>('GET', path));
  object.metadata.annotations = { ...object.metadata.annotations, turn: String(serial++) };
  const answer = await client.json<Annotated>('PUT', path, object).catch(async (error: unknown) => {
    // Another row has changed it since.
    if (String(error).includes(' 409 ')) return client.json<Annotated>('GET', path);
    throw error;
  });
  seen.set(path, answer);
}

const apply = { 'content-type': 'application/apply-patch+yaml' };
const applied = (name: string): { readonly path: string; readonly body: string } => ({ path: `${base}/configmaps/${name}?fieldManager=bench&force=true`, body: JSON.stringify(configMap(name)) });

function configMapRows(inFlight: number): Row[] {
  const limit: Row['limit'] = async (context) => context.limits.write('configmap', inFlight, await answered(context, `${base}/configmaps/known-0`), Buffer.from(JSON.stringify(configMap('limit'))));
  const applyOne = ({ client }: Context, name: string): Promise<unknown> => {
    const { path, body } = applied(name);
    return client.request('PATCH', path, { body, headers: apply });
  };
  return [
    row('create configmaps', inFlight, ({ client }) => client.request('POST', `${base}/configmaps`, { body: JSON.stringify(configMap(`made-${serial++}`)) }), limit),
    row('apply of a configmap, new', inFlight, (context) => applyOne(context, `applied-${serial++}`), limit),
    row('apply of a configmap, changed', inFlight, (context, slot) => applyOne(context, `known-${slot}`), limit),
  ];
}

/** Fresh servers know nothing of what was written to those before. */
export const requests: Section = {
  rows: [...widths.flatMap(podRows), ...configMapRows(aimedWidth)],
  prepare: async ({ client }) => {
    seen.clear();
    await makeNamespace(client, 'requests');
    await fill(client, podsPath, known, (at) => pod(`known-${at}`));
    // As in every cluster, whose components watch them: the apiserver has both kinds at hand.
    for (const resource of ['pods', 'configmaps']) await client.request('GET', `${base}/${resource}?limit=1`);
    await fill(client, `${base}/configmaps`, widths.at(-1) ?? 0, (at) => configMap(`known-${at}`));
  },
};
