import type { KubeObject } from '@rhythm/api';
import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import { seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import { MemoryObjects } from '../auth/memory-objects.ts';
import { AvailabilityController } from './availability-controller.ts';
import { aggregationLimits } from './limits.ts';
import { RemoteError } from './remote-client.ts';
import { registrationGroup, type RemoteService } from './service-table.ts';

/** A controller over servers that answer or never do. */
function controller(names: readonly string[], isDead: (name: string) => boolean): { readonly run: AvailabilityController; readonly clock: VirtualClock; readonly said: Map<string, string>; readonly reads: () => number; readonly counted: string[] } {
  const clock = new VirtualClock();
  const objects = new MemoryObjects();
  const said = new Map<string, string>();
  const counted: string[] = [];
  let reads = 0;
  objects.put('', 'services', { metadata: { name: 's', namespace: 'n' }, spec: { type: 'ExternalName' } } as KubeObject);
  const remotes = new Map(
    names.map((name) => {
      const object = { metadata: { name }, spec: { service: { name: 's', namespace: 'n' } }, status: { conditions: [{ type: 'Available', status: 'True' }] } } as unknown as APIService;
      objects.put(registrationGroup, 'apiservices', object);
      return [name, { name, group: name, version: 'v1', serviceNamespace: 'n', serviceName: 's', port: 443, ca: '', insecure: true, isAvailable: true, object } satisfies RemoteService];
    }),
  );
  const run = new AvailabilityController({
    table: { remotes, onChange: () => () => undefined } as never,
    client: {
      locate: () => Promise.resolve({ address: '192.0.2.1', port: 443 }),
      fetch: async ({ name }, _path, _headers, { timeoutMs, signal }) => {
        if (!isDead(name)) return { status: 200, headers: {}, body: Buffer.alloc(0) };
        await clock.sleep(timeoutMs, signal);
        throw new RemoteError('context deadline exceeded');
      },
    },
    reader: {
      get: (...args) => {
        reads++;
        return objects.get(...args);
      },
      list: (...args) => objects.list(...args),
    },
    writes: {
      updateStatus: async (_group, _resource, object) => {
        const { metadata, status } = object as APIService;
        said.set(metadata.name ?? '', status.conditions?.[0]?.status ?? '');
      },
    },
    changes: { onChange: () => () => undefined, settled: () => undefined },
    countUnavailable: (name, reason) => void counted.push(`${name} ${reason}`),
    clock,
    random: seededRandom(3),
    log: silentLog,
  });
  return { run, clock, said, reads: () => reads, counted };
}

const many = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix}-${at}`);

test('all are looked at, however many there are, and then left alone until they are due', async () => {
  const names = many('good', 3 * aggregationLimits.checksAtOnce);
  const { run, clock, said, reads } = controller(names, () => false);
  run.start();
  await clock.advance(1_000);
  expect([...said.keys()].toSorted()).toEqual(names.toSorted());
  const before = reads();
  await clock.advance(aggregationLimits.checkEveryMs / 2);
  expect(reads()).toBe(before);
  await Promise.all([run.stop(), clock.advance(1_000)]);
});

test('those that never answer keep no other from being asked', async () => {
  const dead = many('dead', 5 * aggregationLimits.checksAtOnce);
  const { run, clock, said, counted } = controller([...dead, 'good'], (name) => name !== 'good');
  run.start();
  // Two attempts of each that is dead, before the last one's turn comes.
  await clock.advance(6 * 2 * aggregationLimits.checkMs + 1_000);
  expect(said.get('good')).toBe('True');
  expect(said.get('dead-0')).toBe('False');
  expect(counted).toContain('dead-0 FailedDiscoveryCheck');
  await Promise.all([run.stop(), clock.advance(60_000)]);
});
