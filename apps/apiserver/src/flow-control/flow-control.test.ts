import { VirtualClock } from '@rhythm/base';
import { MetricsRegistry } from '@rhythm/telemetry';
import type { FlowSchema, PriorityLevelConfiguration } from '@rhythm/api/types/flowcontrol-v1';
import { expect, test } from 'vitest';
import type { RequestAttributes, UserInfo } from '../ports/types.ts';
import { bootstrapFlows, bootstrapLevels } from './bootstrap-objects.ts';
import { divide, seatRange } from './borrowing.ts';
import { listCost, plainCost, writeCost } from './cost.ts';
import { FlowControl, type Visit } from './flow-control.ts';
import type { Place } from './gate.ts';
import type { FlowIds } from '../ports/types.ts';
import { InflightLimits } from './inflight-limits.ts';
import { flowMetrics, utilizationIn } from './metrics.ts';

const ann: UserInfo = { name: 'ann', groups: ['devs', 'system:authenticated'] };
const node: UserInfo = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
const admin: UserInfo = { name: 'root', groups: ['system:masters', 'system:authenticated'] };
const account = (namespace: string, name: string): UserInfo => ({ name: `system:serviceaccount:${namespace}:${name}`, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'] });

function attributes(user: UserInfo, verb: string, resource: string, more: Partial<RequestAttributes> = {}): RequestAttributes {
  return { user, verb, isResource: true, path: '', group: '', version: 'v1', resource, subresource: '', namespace: 'default', name: '', ...more };
}

function path(user: UserInfo, verb: string, url: string): RequestAttributes {
  return { user, verb, isResource: false, path: url, group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
}

function control(seats = 600, clock = new VirtualClock()): { readonly control: FlowControl; readonly clock: VirtualClock } {
  const made = new FlowControl({ clock, seats, requestTimeoutMs: 60_000, seed: 7, estimate: () => plainCost });
  made.configure(bootstrapFlows.map(({ object }) => ({ ...object, metadata: { ...object.metadata, uid: `uid-${object.metadata.name ?? ''}` } })), bootstrapLevels.map(({ object }) => object));
  return { control: made, clock };
}

const never = new AbortController().signal;

function flowOf(of: FlowControl, asked: RequestAttributes): string | undefined {
  let ids: FlowIds | undefined;
  const place = of.enter(asked, { options: {}, signal: never, classified: (found) => void (ids = found) });
  if (place !== undefined && !(place instanceof Promise)) place.leave();
  return ids?.schema.slice('uid-'.length);
}

test('requests fall under the flow schemas of Kubernetes by user, resource and path', () => {
  const { control: flows } = control();
  const lease = (user: UserInfo, verb: string): RequestAttributes => attributes(user, verb, 'leases', { group: 'coordination.k8s.io', namespace: 'kube-system' });
  const manager: UserInfo = { name: 'system:kube-controller-manager', groups: ['system:authenticated'] };
  const nobody: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
  expect([
    flowOf(flows, attributes(admin, 'list', 'pods')),
    flowOf(flows, path(nobody, 'get', '/livez')),
    flowOf(flows, path(nobody, 'get', '/livez/ping')),
    flowOf(flows, lease(manager, 'update')),
    flowOf(flows, lease(manager, 'delete')),
    flowOf(flows, lease(account('kube-system', 'x'), 'create')),
    flowOf(flows, attributes(node, 'patch', 'nodes', { subresource: 'status', namespace: '' })),
    flowOf(flows, attributes(node, 'get', 'pods')),
    flowOf(flows, lease(node, 'update')),
    flowOf(flows, attributes(account('kube-system', 'x'), 'list', 'pods')),
    flowOf(flows, attributes(account('default', 'x'), 'list', 'pods')),
    flowOf(flows, attributes(ann, 'list', 'pods')),
    flowOf(flows, path(ann, 'get', '/apis')),
    flowOf(flows, attributes({ name: 'x', groups: [] }, 'list', 'pods')),
  ]).toEqual(['exempt', 'probes', 'global-default', 'system-leader-election', 'kube-controller-manager', 'system-leader-election', 'system-node-high', 'system-nodes', 'system-node-high', 'kube-system-service-accounts', 'service-accounts', 'global-default', 'global-default', 'catch-all']);
  // Streams are not counted.
  expect(flowOf(flows, attributes(ann, 'get', 'pods', { subresource: 'log', name: 'a' }))).toBeUndefined();
});

function schemaFor(name: string, level: string, user: string, more: Partial<FlowSchema['spec']> = {}): FlowSchema {
  return { metadata: { name, uid: `uid-${name}` }, spec: { priorityLevelConfiguration: { name: level }, matchingPrecedence: 50, rules: [{ subjects: [{ kind: 'User', user: { name: user } }], resourceRules: [{ verbs: ['get', 'list'], apiGroups: ['apps'], resources: ['deployments', 'deployments/scale'], namespaces: ['prod'] }], nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/debug/*', '/one'] }] }], ...more }, status: {} };
}

function limited(name: string, shares: number, response: object, more: object = {}): PriorityLevelConfiguration {
  return { metadata: { name, uid: `uid-${name}` }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: shares, lendablePercent: 0, limitResponse: response, ...more } }, status: {} } as PriorityLevelConfiguration;
}

test('rules are matched part by part; a schema without its level is passed over; of equals the first by name', () => {
  const { control: flows } = control();
  const objects = bootstrapFlows.map(({ object }) => ({ ...object, metadata: { ...object.metadata, uid: `uid-${object.metadata.name ?? ''}` } }));
  flows.configure([...objects, schemaFor('bbb', 'system', 'ann'), schemaFor('aaa', 'gone', 'ann'), schemaFor('ccc', 'system', 'ann')], bootstrapLevels.map(({ object }) => object));
  const deployments = { group: 'apps', namespace: 'prod' };
  expect([
    flowOf(flows, attributes(ann, 'get', 'deployments', deployments)),
    flowOf(flows, attributes(ann, 'get', 'deployments', { ...deployments, subresource: 'scale' })),
    flowOf(flows, attributes(ann, 'get', 'deployments', { ...deployments, subresource: 'status' })),
    flowOf(flows, attributes(ann, 'get', 'deployments', { ...deployments, namespace: 'dev' })),
    flowOf(flows, attributes(ann, 'list', 'deployments', { ...deployments, namespace: '' })),
    flowOf(flows, attributes(ann, 'watch', 'deployments', deployments)),
    flowOf(flows, path(ann, 'get', '/debug/x/y')),
    flowOf(flows, path(ann, 'get', '/debug')),
    flowOf(flows, path(ann, 'get', '/one/more')),
  ]).toEqual(['bbb', 'bbb', 'global-default', 'global-default', 'global-default', 'global-default', 'bbb', 'global-default', 'global-default']);
});

test('a full level makes its own wait and nobody else; each goes in its turn, after a quarter of the time or when its caller goes', async () => {
  const { control: flows, clock } = control(60);
  const level = [...flows.levels].find(({ name }) => name === 'global-default');
  const seats = level?.range.nominal ?? 0;
  const enter = (user: UserInfo, signal = never): Place | Promise<Place> | undefined => flows.enter(attributes(user, 'get', 'pods'), { options: {}, signal });
  const inside = Array.from({ length: seats }, () => enter(ann) as Place);
  expect(inside.every((place) => !(place instanceof Promise))).toBe(true);
  const [second, third] = [enter(ann), enter(ann)] as Promise<Place>[];
  const gone = new AbortController();
  const leaving = enter(ann, gone.signal) as Promise<Place>;
  expect([second, third, leaving].every((place) => place instanceof Promise)).toBe(true);
  // The nodes have a level of their own, and the administrator none.
  expect(enter(node) instanceof Promise).toBe(false);
  expect(enter(admin) instanceof Promise).toBe(false);
  gone.abort(new Error('the client has gone'));
  await expect(leaving).rejects.toThrow('the client has gone');
  inside[0]?.leave();
  inside[0]?.leave();
  expect(((await second) as Visit).state).toBe('executing');
  expect(level?.queues.waiting).toBe(1);
  const refused = expect(third).rejects.toMatchObject({ reason: 'TooManyRequests', code: 429, message: 'Too many requests, please try again later.', details: { retryAfterSeconds: 1 } });
  await clock.advance(15_000);
  await refused;
  expect([level?.queues.waiting, level?.queues.executing]).toEqual([0, seats]);
});

test('a full level without queues refuses at once, and says to stay away for longer as more come', async () => {
  const { control: flows, clock } = control(100);
  const stranger: UserInfo = { name: 'x', groups: [] };
  const come = (): unknown => flows.enter(attributes(stranger, 'get', 'pods'), { options: {}, signal: never });
  const seats = [...flows.levels].find(({ name }) => name === 'catch-all')?.range.nominal ?? 0;
  for (let n = 0; n < seats; n++) come();
  const told: number[] = [];
  for (let second = 0; second < 10; second++) {
    for (let n = 0; n < 10; n++) {
      try {
        come();
      } catch (error) {
        told.push((error as { details: { retryAfterSeconds: number } }).details.retryAfterSeconds);
      }
    }
    await clock.advance(1_000);
  }
  expect(told).toHaveLength(100);
  expect(told[0]).toBe(1);
  expect(Math.max(...told)).toBe(8);
});

test('what a level lends comes from what it may lend, and comes back when it is asked for', async () => {
  const { control: flows, clock } = control(245);
  const level = (name: string) => [...flows.levels].find((of) => of.name === name);
  const nominal = level('global-default')?.range.nominal ?? 0;
  const places: Promise<Place>[] = [];
  const flood = (): void => {
    for (let n = 0; n < 60; n++) places.push(Promise.resolve(flows.enter(attributes({ ...ann, name: `u${n}` }, 'get', 'pods'), { options: {}, signal: never }) as Place));
  };
  for (const place of places) place.catch(() => undefined);
  flood();
  for (const place of places) place.catch(() => undefined);
  expect(level('global-default')?.queues.executing).toBe(nominal);
  await clock.advance(10_000);
  void flows.enter(attributes(ann, 'get', 'pods'), { options: {}, signal: never });
  expect(level('global-default')?.queues.executing).toBeGreaterThanOrEqual(60);
  const all = [...flows.levels].filter(({ exempt }) => !exempt);
  for (const of of all) {
    expect(of.queues.seats).toBeGreaterThanOrEqual(of.range.least);
    expect(of.queues.seats).toBeLessThanOrEqual(of.range.most);
  }
  expect(Math.abs(all.reduce((sum, { queues }) => sum + queues.seats, 0) - 245)).toBeLessThanOrEqual(all.length);
});

test('a level that is taken away is emptied before it goes', async () => {
  const { control: flows } = control();
  const extra = [schemaFor('mine', 'mine', 'ann', { rules: [{ subjects: [{ kind: 'User', user: { name: 'ann' } }], resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }] }] })];
  const objects = bootstrapFlows.map(({ object }) => object);
  const levels = bootstrapLevels.map(({ object }) => object);
  flows.configure([...objects, ...extra], [...levels, limited('mine', 5, { type: 'Reject' })]);
  const place = flows.enter(attributes(ann, 'get', 'pods'), { options: {}, signal: never }) as Visit;
  expect(place.flow.level.name).toBe('mine');
  flows.configure([...objects, ...extra], levels);
  expect([...flows.levels].map(({ name }) => name)).toContain('mine');
  expect((flows.enter(attributes(ann, 'get', 'pods'), { options: {}, signal: never }) as Visit).flow.level.name).toBe('global-default');
  place.leave();
  expect([...flows.levels].map(({ name }) => name)).not.toContain('mine');
});

test('seats are divided by shares, within what each lends and borrows', () => {
  expect(seatRange({ shares: 100, lendablePercent: 90 }, 245, 600)).toEqual({ nominal: 245, least: 24, most: 600 });
  expect(seatRange({ shares: 10, lendablePercent: 0, borrowingLimitPercent: 50 }, 100, 100)).toEqual({ nominal: 10, least: 10, most: 15 });
  const { seats } = divide([{ least: 10, most: 100, target: 10 }, { least: 0, most: 100, target: 30 }, { least: 0, most: 20, target: 60 }], 70);
  for (const [at, wanted] of [12.5, 37.5, 20].entries()) expect(seats[at]).toBeCloseTo(wanted, 3);
  expect(divide([{ least: 5, most: 5, target: 0 }], 100).seats).toEqual([5]);
  expect(divide([{ least: 80, most: 100, target: 1 }, { least: 40, most: 100, target: 1 }], 100).seats).toEqual([80, 40]);
});

test('lists cost by their bytes, writes by those who watch', () => {
  const pods = { objects: 1_000, bytes: 6_500_000, watches: 0 };
  const all = { limit: 0, one: false, fromStore: false };
  expect([listCost(pods, all, 100).seats, listCost(pods, { ...all, limit: 100 }, 100).seats, listCost(pods, { ...all, one: true }, 100).seats, listCost(pods, { ...all, fromStore: true }, 100).seats, listCost(pods, { ...all, fromStore: true }, 9).seats]).toEqual([10, 7, 1, 65, 9]);
  expect(listCost({ objects: 0, bytes: 0, watches: 0 }, all, 9)).toBe(plainCost);
  expect([writeCost(9, 10), writeCost(25, 10), writeCost(1_000, 10), writeCost(1_000, 2)]).toEqual([plainCost, { seats: 1, finalSeats: 3, finalMs: 5 }, { seats: 1, finalSeats: 10, finalMs: 50 }, { seats: 1, finalSeats: 2, finalMs: 250 }]);
});

test('without priority and fairness there are two limits, which administrators pass', () => {
  const gate = new InflightLimits({ readOnly: 1, mutating: 1 });
  const place = gate.enter(attributes(ann, 'get', 'pods'));
  expect(() => gate.enter(attributes(ann, 'list', 'pods'))).toThrow('Too many requests');
  expect(gate.enter(attributes(admin, 'list', 'pods'))).toBeUndefined();
  expect(gate.enter(attributes(ann, 'watch', 'pods'))).toBeUndefined();
  gate.enter(attributes(ann, 'create', 'pods'));
  expect(() => gate.enter(attributes(ann, 'delete', 'pods'))).toThrow('Too many requests');
  place?.leave();
  place?.leave();
  gate.enter(attributes(ann, 'get', 'pods'));
  expect(() => gate.enter(attributes(ann, 'get', 'pods'))).toThrow('Too many requests');
});

test('how full a level was is told by the time that it was so', async () => {
  const clock = new VirtualClock();
  const metrics = new MetricsRegistry();
  const flows = new FlowControl({ clock, seats: 600, requestTimeoutMs: 60_000, seed: 7, estimate: () => plainCost, utilization: utilizationIn(metrics) });
  flowMetrics(metrics, flows, clock);
  flows.configure(bootstrapFlows.map(({ object }) => object), bootstrapLevels.map(({ object }) => object));
  const level = [...flows.levels].find(({ name }) => name === 'global-default');
  const seats = level?.queues.seats ?? 0;
  await clock.advance(2);
  const places = Array.from({ length: seats }, (_, at) => flows.enter(attributes({ ...ann, name: `user-${at}` }, 'list', 'pods'), { options: {}, signal: never }) as Place);
  expect(level?.queues.seatsInUse).toBe(seats);
  await clock.advance(3);
  for (const place of places) place.leave();
  await clock.advance(1);
  const text = await metrics.render();
  const line = (rest: string): string | undefined => text.split('\n').find((one) => one.startsWith(`apiserver_flowcontrol_priority_level_seat_utilization${rest}`));
  const labels = 'phase="executing",priority_level="global-default"';
  expect([line(`_bucket{${labels},le="0"}`), line(`_bucket{${labels},le="0.99"}`), line(`_bucket{${labels},le="1"}`), line(`_sum{${labels}}`)].map((found) => found?.split(' ')[1])).toEqual(['3000000', '3000000', '6000000', '3000000']);
  expect(text).not.toContain('priority_level="exempt",le=');
});
