import type { KubeObject } from '@rhythm/api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testApi, type TestApi } from '../testing.ts';

/*
 * Objects of a Deployment's shape go through the whole way of a request, by every kind of write, beside a small model of what Kubernetes promises: an
 * object is leaves (maps by key, containers and ports by theirs), a leaf has a value, and those who applied it own it. fast-check prints seed and path
 * of a failure. RHYTHM_RUNS says how many runs.
 */

const runs = Number(process.env['RHYTHM_RUNS'] ?? 60);
const path = 'apps/v1/ns/default/deployments';
type Strings = Record<string, string>;

/** What a client says: only what is varied. */
interface Said {
  readonly labels?: Strings;
  readonly replicas?: number;
  readonly env?: Strings;
  readonly sidecar?: string;
}

interface Leaf {
  readonly value: string;
  readonly owners: Set<string>;
}

/** Leaves by their place; an item of a list is one itself, beside what it holds. */
function leavesOf(said: Said): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [key, value] of Object.entries(said.labels ?? {})) leaves.set(`label ${key}`, value);
  if (said.replicas !== undefined) leaves.set('replicas', String(said.replicas));
  for (const [name, value] of Object.entries(said.env ?? {})) {
    leaves.set(`env ${name}`, 'there');
    leaves.set(`env ${name}.value`, value);
  }
  if (said.sidecar !== undefined) leaves.set('sidecar', said.sidecar);
  return leaves;
}

class Model {
  readonly leaves = new Map<string, Leaf>();

  /** @returns an owner and a place for each conflict; then nothing has changed, unless forced. */
  apply(manager: string, said: Said, isForced: boolean): string[] {
    const wanted = leavesOf(said);
    const conflicts = [...wanted].flatMap(([place, value]) => {
      const leaf = this.leaves.get(place);
      return leaf === undefined || leaf.value === value ? [] : [...leaf.owners].filter((owner) => owner !== manager).map((owner) => `${owner} ${place}`);
    });
    if (conflicts.length > 0 && !isForced) return conflicts;
    for (const [place, value] of wanted) {
      const leaf = this.leaves.get(place);
      if (leaf?.value === value) leaf.owners.add(manager);
      else this.leaves.set(place, { value, owners: new Set([manager]) });
    }
    for (const [place, leaf] of this.leaves) {
      if (wanted.has(place) || !leaf.owners.delete(manager) || leaf.owners.size > 0) continue;
      this.leaves.delete(place);
      this.leaves.delete(`${place}.value`);
    }
    return [];
  }

  /** A write of another kind: what it changes becomes its own, and what it says without a change stays with its owners. */
  write(manager: string, change: ReadonlyMap<string, string | null>): void {
    for (const [place, value] of change) {
      if (value === null) this.leaves.delete(place);
      else if (this.leaves.get(place)?.value !== value) this.leaves.set(place, { value, owners: new Set([manager]) });
    }
  }

  get values(): Record<string, string> {
    return Object.fromEntries([...this.leaves].map(([place, { value }]) => [place, value]));
  }
}

interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly template: { readonly spec: { readonly containers: readonly { readonly name: string; readonly image?: string; readonly env?: readonly { readonly name: string; readonly value?: string }[] }[] } } };
}

/** What an object says, read back. */
function valuesOf({ metadata, spec }: Deployment): Record<string, string> {
  const { containers } = spec.template.spec;
  const said: Said = {
    labels: metadata.labels ?? {},
    ...(spec.replicas === undefined ? {} : { replicas: spec.replicas }),
  };
  const sidecar = containers.find(({ name }) => name === 'side')?.image;
  const env = (containers.find(({ name }) => name === 'main')?.env ?? []).flatMap(({ name, value }) => [[`env ${name}`, 'there'], ...(value === undefined ? [] : [[`env ${name}.value`, value]])]);
  return Object.fromEntries([...leavesOf(sidecar === undefined ? said : { ...said, sidecar }), ...(env as [string, string][])]);
}

/** Said as apply and merges by key take it. `base`: with what every Deployment must have. */
function bodyOf(name: string, said: Said, base: boolean): object {
  const env = Object.entries(said.env ?? {}).map(([key, value]) => ({ name: key, value }));
  const containers = [...(base || env.length > 0 ? [{ name: 'main', ...(base ? { image: 'i' } : {}), ...(env.length === 0 ? {} : { env }) }] : []), ...(said.sidecar === undefined ? [] : [{ name: 'side', image: said.sidecar }])];
  const template = { ...(base ? { metadata: { labels: { app: name } } } : {}), ...(containers.length === 0 ? {} : { spec: { containers } }) };
  const spec = { ...(said.replicas === undefined ? {} : { replicas: said.replicas }), ...(base ? { selector: { matchLabels: { app: name } } } : {}), ...(Object.keys(template).length === 0 ? {} : { template }) };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, ...(said.labels === undefined ? {} : { labels: said.labels }) }, ...(Object.keys(spec).length === 0 ? {} : { spec }) };
}

const value = fc.constantFrom('1', '2', 'x');
const key = fc.constantFrom('a', 'b', 'constructor');
const filled = fc.dictionary(key, value, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
const said: fc.Arbitrary<Said> = fc.record({ labels: filled, replicas: fc.integer({ min: 0, max: 3 }), env: filled, sidecar: fc.constant('side') }, { requiredKeys: [] });
const manager = fc.constantFrom('m1', 'm2', 'm3');
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ how: fc.constant('apply' as const), manager, said, force: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('strategic' as const), manager, said, force: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('merge' as const), manager, said, force: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('json' as const), manager, said, force: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant('put' as const), manager, said, force: fc.boolean() }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

let api: TestApi;
let made = 0;
beforeAll(() => {
  api = testApi();
});
afterAll(() => api.stop());

const pairs = (labels: Strings | undefined): [string, string][] => Object.entries(labels ?? {});

/** Sends one step, and has the model do the same. `force` of a merge: labels are taken away instead. */
async function run(name: string, model: Model, { how, manager: who, said: content, force }: Step): Promise<void> {
  const at = `${path}/${name}`;
  const options = { fieldManager: `${who}-${how}` };
  const labelsOnly = { ...(content.labels === undefined ? {} : { labels: content.labels }), ...(content.replicas === undefined ? {} : { replicas: content.replicas }) };
  switch (how) {
    case 'apply': {
      const conflicts = model.apply(options.fieldManager, content, force);
      const sent = api.call('patch', at, bodyOf(name, content, false), { ...options, ...(force ? { force: true } : {}), contentType: 'application/apply-patch+yaml' });
      if (conflicts.length === 0) await sent;
      else expect(await sent.then(() => 'no conflict', (error: { reason: string; details: { causes: object[] } }) => [error.reason, error.details.causes.length])).toEqual(['Conflict', conflicts.length]);
      return;
    }
    case 'strategic':
      await api.call('patch', at, bodyOf(name, content, false), { ...options, contentType: 'application/strategic-merge-patch+json' });
      return model.write(options.fieldManager, leavesOf(content));
    case 'merge': {
      const labels = Object.fromEntries(pairs(content.labels).map(([label, text]) => [label, force ? null : text]));
      await api.call('patch', at, { metadata: { labels }, ...(content.replicas === undefined ? {} : { spec: { replicas: content.replicas } }) }, { ...options, contentType: 'application/merge-patch+json' });
      return model.write(options.fieldManager, new Map<string, string | null>([...leavesOf({ ...labelsOnly, labels: {} }), ...pairs(content.labels).map(([label, text]): [string, string | null] => [`label ${label}`, force ? null : text])]));
    }
    case 'json':
      await api.call('patch', at, [{ op: 'add', path: '/metadata/labels', value: content.labels ?? {} }, ...(content.replicas === undefined ? [] : [{ op: 'replace', path: '/spec/replicas', value: content.replicas }])], { ...options, contentType: 'application/json-patch+json' });
      return model.write(options.fieldManager, replaced(model, { labels: content.labels ?? {}, ...(content.replicas === undefined ? {} : { replicas: content.replicas }) }, (place) => place.startsWith('label ')));
    case 'put': {
      const whole = { replicas: 1, ...content };
      await api.call('update', at, bodyOf(name, whole, true), options);
      return model.write(options.fieldManager, replaced(model, whole, () => true));
    }
  }
}

/** What is said, and what is gone of what might have been said. */
function replaced(model: Model, content: Said, isGone: (place: string) => boolean): Map<string, string | null> {
  const next = leavesOf(content);
  return new Map([...[...model.leaves.keys()].filter((place) => isGone(place) && !next.has(place)).map((place): [string, null] => [place, null]), ...next]);
}

test('any run of creates, patches, applies and updates leaves what the model has', async () => {
  await fc.assert(
    fc.asyncProperty(said, fc.array(step, { minLength: 1, maxLength: 8 }), async (first, steps) => {
      const name = `d${made++}`;
      const model = new Model();
      const whole = { replicas: 1, ...first };
      await api.call('create', path, bodyOf(name, whole, true), { fieldManager: 'maker' });
      model.write('maker', leavesOf(whole));
      for (const one of steps) {
        await run(name, model, one);
        // What nobody owns any more is filled in again where there is a default.
        if (!model.leaves.has('replicas')) model.leaves.set('replicas', { value: '1', owners: new Set() });
        expect(valuesOf(await api.call<Deployment>('get', `${path}/${name}`))).toEqual(model.values);
      }
    }),
    { numRuns: runs },
  );
});
