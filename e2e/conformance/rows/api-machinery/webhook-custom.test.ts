import { expect } from 'vitest';
import { row } from '../../harness/index.ts';
import { define, schemaOf, type Custom, type Defined } from '../definitions.ts';
import { storeInstead } from './conversion.ts';
import { Hooks, refusedBad, rule } from './webhooks.ts';

const text = { type: 'string' };
const data = schemaOf({ data: { type: 'object', additionalProperties: text } });
const allOf = ({ plural, group }: Defined, operations: string[]): object[] => [rule([plural], operations, [group], ['*'])];

row('wh-deny-cr', async (k) => {
  const hooks = await Hooks.start(k);
  const defined = await define(k, { versions: { v1: { schema: data } } });
  await hooks.validate([hooks.hook('deny-bad', allOf(defined, ['CREATE', 'UPDATE', 'DELETE']))]);
  await k.fails(k.raw('POST', defined.path(), { body: defined.object('a', { data: { bad: '' } }) }), refusedBad);
  expect((await k.raw('GET', `${defined.path()}/a`)).code).toBe(404);
  const kept = await k.create<Custom>(defined.path(), defined.object('b', { data: { kept: '' } }));
  const target = `${defined.path()}/b`;
  await k.fails(k.raw('PUT', target, { body: { ...kept, data: { bad: '' } } }), refusedBad);
  await k.fails(k.raw('PATCH', target, { body: { data: { bad: '' } }, headers: { 'content-type': 'application/merge-patch+json' } }), refusedBad);
  await k.fails(k.raw('DELETE', target), refusedBad);
  await k.patch(target, { data: { kept: null } });
  await k.delete(target);
});

row('wh-mutate-cr', async (k) => {
  const hooks = await Hooks.start(k);
  const defined = await define(k, { versions: { v1: { schema: data } } });
  await hooks.mutate([hooks.hook('add-1', allOf(defined, ['CREATE'])), hooks.hook('add-2', allOf(defined, ['CREATE']))]);
  await k.create(defined.path(), defined.object('a', { data: { start: 'yes' } }));
  expect((await k.get<Custom>(`${defined.path()}/a`))['data']).toEqual({ start: 'yes', 'stage-1': 'yes', 'stage-2': 'yes' });
});

row('wh-mutate-cr-pruning', async (k) => {
  const hooks = await Hooks.start(k);
  const defined = await define(k, { versions: { v1: { schema: schemaOf({ data: { type: 'object', properties: { start: text, 'stage-1': text } } }) } } });
  await hooks.mutate([hooks.hook('add-1', allOf(defined, ['CREATE'])), hooks.hook('add-2', allOf(defined, ['CREATE']))]);
  await k.create(defined.path(), defined.object('a', { data: { start: 'yes' } }));
  expect((await k.get<Custom>(`${defined.path()}/a`))['data']).toEqual({ start: 'yes', 'stage-1': 'yes' });
});

row('wh-mutate-cr-storage-version', async (k) => {
  const hooks = await Hooks.start(k);
  const defined = await define(k, { versions: { v1: { schema: data }, v2: { schema: data } } });
  await hooks.mutate([hooks.hook('add-1', allOf(defined, ['CREATE', 'UPDATE']))]);
  await k.create(defined.path('v1'), defined.object('a', { data: { k: '' } }));
  await storeInstead(k, defined, 'v2');
  expect((await k.patch<Custom>(`${defined.path('v1')}/a`, { data: { start: 'yes' } }))['data']).toEqual({ k: '', start: 'yes', 'stage-1': 'yes' });
  expect(await k.get<Custom>(`${defined.path('v2')}/a`)).toMatchObject({ apiVersion: `${defined.group}/v2`, data: { k: '', start: 'yes', 'stage-1': 'yes' } });
});
