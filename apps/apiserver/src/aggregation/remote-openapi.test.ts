import { seededRandom, silentLog, systemClock } from '@rhythm/base';
import { afterEach, expect, test } from 'vitest';
import { aggregationLimits } from './limits.ts';
import { RemoteOpenApi } from './remote-openapi.ts';
import type { ApiServiceTable, RemoteService } from './service-table.ts';

const remote = (name: string): RemoteService => ({ name: `v1.${name}.example.com`, group: `${name}.example.com`, version: 'v1', serviceNamespace: 'default', serviceName: name, port: 443, ca: '', insecure: true, isAvailable: true, object: { metadata: { name } } as RemoteService['object'] });

/** A document of which little is left when it is compressed. */
function documentOf(name: string, bytes: number): Buffer {
  const of = (kind: string): object => ({ type: 'object', description: 'x'.repeat(bytes), 'x-kubernetes-group-version-kind': [{ group: `${name}.example.com`, version: 'v1', kind }] });
  return Buffer.from(JSON.stringify({ swagger: '2.0', info: { title: name, version: '1' }, paths: {}, definitions: { [`${name}.A`]: of('A') } }));
}

let openApi: RemoteOpenApi;
afterEach(() => openApi.stop());

/** All that was said of failures once every server has been read. */
async function reading(servers: Readonly<Record<string, Buffer>>): Promise<string[]> {
  const failures: string[] = [];
  const read = new Set<string>();
  const all = Promise.withResolvers<void>();
  const remotes = new Map(Object.keys(servers).map((name) => [name, remote(name)]));
  const table = { generation: 0, remotes, onChange: () => () => undefined, remoteOf: (group: string) => [...remotes.values()].find((one) => one.group === group) } as unknown as ApiServiceTable;
  const done = (name: string): void => {
    read.add(name);
    if (read.size === remotes.size) all.resolve();
  };
  const log = { ...silentLog, warn: (_text: string, fields?: Readonly<Record<string, unknown>>) => { failures.push(JSON.stringify(fields)); done('failed'); } };
  const client = { fetch: async ({ serviceName }: RemoteService, path: string) => (path === '/openapi/v2' ? { status: 200, headers: { etag: `"${serviceName}"` }, body: servers[serviceName] ?? Buffer.alloc(0) } : { status: 404, headers: {}, body: Buffer.alloc(0) }) };
  openApi = new RemoteOpenApi(client, { table, clock: systemClock, random: seededRandom(1), log });
  openApi.start();
  const known = new Set<string>();
  const look = async (): Promise<void> => {
    while (read.size < remotes.size) {
      for (const path of openApi.v3Paths.keys()) if (!known.has(path)) done((known.add(path), path));
      await systemClock.sleep(5);
    }
  };
  await Promise.all([look(), all.promise]);
  return failures;
}

test('parts of several servers are kept and unpacked when they are asked for', async () => {
  expect(await reading({ a: documentOf('a', 1000), b: documentOf('b', 1000) })).toEqual([]);
  expect((await openApi.v2Parts()).flatMap(({ definitions }) => Object.keys(definitions)).toSorted()).toEqual(['a.A', 'b.A']);
  expect(openApi.v2Hash.split('\n').length).toBe(2);
});

test('what is little when compressed counts as what it is: one server too many is refused', async () => {
  const bytes = Math.floor(aggregationLimits.openApiUnpackedBytesMax / 2.5);
  const failures = await reading({ a: documentOf('a', bytes), b: documentOf('b', bytes), c: documentOf('c', bytes) });
  // It is asked again and again.
  expect(failures.length).toBeGreaterThan(0);
  expect(failures[0]).toContain(`the documents of all servers have more than ${aggregationLimits.openApiUnpackedBytesMax} bytes`);
  expect((await openApi.v2Parts()).length).toBe(2);
});
