import { expect, test } from 'vitest';
import type { Ask } from '../rig.ts';
import type { Line } from './line.ts';

const rounds = 12;
const kept = { isKept: true };

export const metricLabels: Line = (rig) => {
  const metrics = async (): Promise<string> => (await rig().raw('admin', 'GET', '/metrics')).text;
  /** Series, without what is new because its count was zero before. */
  const seriesOf = (text: string): number => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;

  /** What a stranger, or somebody who may do everything, makes up, `made` in it. */
  const inventions: ReadonlyArray<readonly [string, (made: string) => Promise<unknown>]> = [
    ['paths', (made) => rig().raw('admin', 'GET', `/${made}/x?y=${made}`, kept)],
    ['paths of the anonymous', (made) => rig().raw('nobody', 'GET', `/healthz/${made}`, kept)],
    ['groups', (made) => both({ verb: 'list', api: `${made}.example/v1`, resource: 'pods' })],
    ['versions', (made) => both({ verb: 'list', api: `apps/${made}`, resource: 'deployments' })],
    ['resources', (made) => both({ verb: 'list', resource: made })],
    ['subresources', (made) => both({ verb: 'get', namespace: 'default', resource: 'pods', name: 'x', subresource: made })],
    ['namespaces and names', (made) => both({ verb: 'get', namespace: made, resource: 'pods', name: made })],
    ['methods', (made) => rig().raw('admin', ['PROPFIND', 'REPORT', 'LINK', 'PURGE', 'MKCOL'][Number(made.slice(4)) % 5] ?? '', '/api/v1/pods', kept)],
    ['user agents and other headers', (made) => rig().raw('admin', 'GET', '/api/v1/nodes', { ...kept, headers: { 'user-agent': made, accept: `application/${made}, */*`, 'content-type': `text/${made}`, 'audit-id': made, 'x-forwarded-for': made, origin: made } })],
    ['impersonated users and groups', (made) => rig().raw('admin', 'GET', '/api/v1/nodes', { ...kept, headers: { 'impersonate-user': made, 'impersonate-group': made, 'impersonate-extra-x': made } })],
    ['options', (made) => both({ verb: 'create', namespace: 'default', resource: 'configmaps', body: { metadata: { name: 'x' } }, query: { dryRun: made, fieldManager: made, fieldValidation: made, pretty: made } })],
    ['tokens', (made) => rig().raw('nobody', 'GET', '/api/v1/nodes', { ...kept, headers: { authorization: `Bearer ${made}` } })],
    ['content types', (made) => rig().http('admin', { verb: 'patch', namespace: 'default', resource: 'configmaps', name: 'x', contentType: `application/${made}`, body: {} })],
  ];
  const both = async (ask: Ask): Promise<void> => {
    await rig().http('admin', ask);
    await rig().grpc('admin', ask);
  };

  test.each(inventions)('made-up %s make no labels', async (_what, send) => {
    // What is the same about all of them may have a series of its own.
    await send('made0000');
    const before = seriesOf(await metrics());
    for (let at = 1; at <= rounds; at++) await send(`made${at}`);
    const text = await metrics();
    expect(text).not.toContain('made');
    expect(seriesOf(text) - before).toBeLessThan(rounds);
  });

  test('what kinds, webhooks and flow schemas are called is a label only while there are few', async () => {
    const text = await metrics();
    const families = new Map<string, number>();
    for (const line of text.split('\n')) if (!line.startsWith('#') && !line.includes('_bucket')) families.set(line.split('{')[0] ?? '', (families.get(line.split('{')[0] ?? '') ?? 0) + 1);
    // Every family has the cap of libs/telemetry, whatever its labels are made of.
    for (const [name, series] of families) expect(series, name).toBeLessThan(2_002);
    expect(families.get('apiserver_request_total')).toBeGreaterThan(5);
  });
};
