import { resources } from '@rhythm/api';
import type { Node } from '@rhythm/api/types/core-v1';
import { formatMicroTime, seededRandom, silentLog, VirtualClock } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import { fakeApiClient, type FakeApiClient } from '@rhythm/client/fake';
import { informerFactory, type InformerFactory, type RunningController } from '@rhythm/controller';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeGraceMs } from './plan.ts';
import { startNodeLifecycle } from './reconcile.ts';

let clock: VirtualClock;
let client: FakeApiClient;
let informers: InformerFactory;
let controller: RunningController;
/** The watch on leases tells nothing: as when this process was stopped, and has not read on yet. */
let deaf: boolean;

const pass = async (ms: number): Promise<void> => {
  for (let at = 0; at < ms; at += 1_000) {
    await clock.advance(1_000);
    for (let turn = 0; turn < 5; turn++) await clock.advance(0);
  }
};
const renew = (): void => void client.seed(resources.leases, { metadata: { name: 'n', namespace: 'kube-node-lease' }, spec: { holderIdentity: 'n', renewTime: formatMicroTime(clock.now()) } });
const ready = (): string | undefined => client.peek<Node>(resources.nodes, '', 'n')?.status.conditions?.find(({ type }) => type === 'Ready')?.status;

beforeEach(async () => {
  clock = new VirtualClock();
  deaf = false;
  client = fakeApiClient({ clock });
  client.seed(resources.nodes, { metadata: { name: 'n' }, spec: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } } as unknown as Node);
  renew();
  const ports = { clock, random: seededRandom(1), log: silentLog };
  const hearing = new Proxy(client, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'watch' && deaf) return (...[, , options]: Parameters<ApiClient['watch']>) => nothing(options?.signal);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  }) as ApiClient;
  informers = informerFactory(hearing, ports);
  controller = startNodeLifecycle({ client: hearing, informers, events: () => ({ event: () => undefined }), ...ports });
  await pass(2_000);
});
afterEach(async () => {
  deaf = false;
  await Promise.all([controller.stop(), informers.stop(), pass(5_000)]);
});

/** A watch that is open and tells nothing. */
async function* nothing(signal: AbortSignal | undefined): AsyncGenerator<never> {
  await clock.sleep(10 * nodeGraceMs, signal).catch(() => undefined);
  yield* [];
}

test('a silent node is called unknown', async () => {
  await pass(nodeGraceMs + 5_000);
  expect(ready()).toBe('Unknown');
});

test('a node that renews its lease is not called unknown by a controller that does not hear of it', async () => {
  deaf = true;
  client.breakWatches();
  for (let round = 0; round < 10; round++) {
    await pass(10_000);
    renew();
  }
  expect(ready()).toBe('True');
  await pass(2 * nodeGraceMs + 10_000);
  expect(ready()).toBe('Unknown');
});
