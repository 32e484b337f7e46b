/** Changes of pods told to many watches. */
import { join } from 'node:path';
import { deliver, stamped, unwatched, type Pace } from './deliveries.ts';
import { pod } from './objects.ts';
import { fill, makeNamespace, type Context, type Row, type Section } from './row.ts';

const path = '/api/v1/namespaces/watched/pods';
const pods = 100;
const mergePatch = { 'content-type': 'application/merge-patch+json' };
/** Changes per second of measuring in the flood. */
const floodPerSecond = 40;
const zeroStamp = '0'.repeat(18);

function patch({ client }: Context, stamp: string, at: number): Promise<unknown> {
  return client.request('PATCH', `${path}/pod-${at % pods}`, { body: JSON.stringify({ metadata: { annotations: stamped(stamp) } }), headers: mergePatch });
}

function watchRow(watchers: number, perSecond: number): Row {
  const paceOf = ({ seconds }: Context): Pace => ({ watchers, perSecond, writers: 8, changes: Math.ceil(Math.max(2, seconds) * (perSecond === 0 ? floodPerSecond : perSecond)) });
  const name = `watch: ${watchers} watchers, ${perSecond === 0 ? 'flood' : `${perSecond} changes a second`}`;
  return {
    name,
    run: async (context) => {
      const { client, servers, pids } = context;
      const { metadata } = await client.json<{ metadata: { resourceVersion: string } }>('GET', `${path}?limit=1`);
      const { sample } = await deliver({
        port: servers.port,
        keys: join(servers.dir, 'pki'),
        path: `${path}?watch=true&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=600`,
        pids,
        pace: paceOf(context),
        update: (stamp, at) => patch(context, stamp, at),
      });
      return sample;
    },
    limit: async (context) => {
      await patch(context, zeroStamp, 0);
      const object = (await context.client.request('GET', `${path}/pod-0`, { keep: true })).body;
      return context.limits.watch(name, paceOf(context), Buffer.concat([Buffer.from('{"type":"MODIFIED","object":'), object, Buffer.from('}\n')]));
    },
  };
}

/** What a change costs at the pace of the first row without its deliveries; a hundredth of it is in each of them. */
function unwatchedRow(perSecond: number): Row {
  return {
    name: `watch: nobody, ${perSecond} changes a second, each`,
    run: (context) => unwatched({ pids: context.pids, pace: { watchers: 0, perSecond, writers: 8, changes: Math.ceil(Math.max(2, context.seconds) * perSecond) }, update: (stamp, at) => patch(context, stamp, at) }),
  };
}

export const watches: Section = {
  rows: [watchRow(100, 20), unwatchedRow(20), watchRow(1000, 4), watchRow(1000, 0)],
  prepare: async ({ client }) => {
    await makeNamespace(client, 'watched');
    await fill(client, path, pods, (at) => pod(`pod-${at}`));
  },
};
