import { ListWatch, Watch, type KubernetesListObject } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row, type Context, type Watching } from '../../harness/index.ts';
import type { Custom } from '../definitions.ts';
import { defineConverted, storeInstead } from './conversion.ts';

row('crdconv-single', async (k) => {
  const defined = await defineConverted(k);
  const made = await k.create(defined.path('v1'), defined.object('a', { hostPort: 'local:80' }));
  expect(await k.get<Custom>(`${defined.path('v2')}/a`)).toMatchObject({ apiVersion: `${defined.group}/v2`, metadata: { name: 'a', uid: made.metadata?.uid }, host: 'local', port: '80' });
});

row('crdconv-mixed-list', async (k) => {
  const defined = await defineConverted(k);
  await k.create(defined.path('v1'), defined.object('a', { hostPort: 'local:80' }));
  await storeInstead(k, defined, 'v2');
  await k.create(defined.path('v2'), defined.object('b', { host: 'far', port: '1' }, 'v2'));
  const list = async (version: string): Promise<Custom[]> => (await k.get<{ items: Custom[] }>(defined.path(version))).items;
  const { group } = defined;
  expect((await list('v2')).map(({ apiVersion, host, port }) => [apiVersion, host, port])).toEqual([[`${group}/v2`, 'local', '80'], [`${group}/v2`, 'far', '1']]);
  expect((await list('v1')).map(({ apiVersion, hostPort }) => [apiVersion, hostPort])).toEqual([[`${group}/v1`, 'local:80'], [`${group}/v1`, 'far:1']]);
});

interface Informed {
  /** In order. */
  readonly says: readonly string[];
  until(text: string): Promise<unknown>;
}

/** What an informer of client-node says. */
async function inform(k: Context, path: string, fieldSelector: string): Promise<Informed> {
  const says: string[] = [];
  const list = (): Promise<KubernetesListObject<Custom>> => k.get(`${path}?fieldSelector=${encodeURIComponent(fieldSelector)}`);
  const informer = new ListWatch<Custom>(path, new Watch(k.config), list, false, undefined, fieldSelector);
  for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, ({ metadata }) => says.push(`${verb} ${metadata?.name ?? ''}`));
  k.cleanup(() => informer.stop());
  await informer.start();
  return { says, until: (text) => k.eventually(async () => says.includes(text), `an informer says ${text}`) };
}

row('crd-selectable-fields', async (k) => {
  const defined = await defineConverted(k, true);
  for (const [name, hostPort] of [['a', 'host1:80'], ['b', 'host1:8080'], ['c', 'host2:80']] as const) await k.create(defined.path('v1'), defined.object(name, { hostPort }));
  const names = async (version: string, selector: string): Promise<(string | undefined)[]> =>
    (await k.get<{ items: Custom[] }>(`${defined.path(version)}?fieldSelector=${encodeURIComponent(selector)}`)).items.map(({ metadata }) => metadata?.name);
  expect(await names('v1', 'hostPort=host1:80')).toEqual(['a']);
  expect(await names('v2', 'host=host1')).toEqual(['a', 'b']);
  await k.fails(k.raw('GET', `${defined.path('v2')}?fieldSelector=port%3D80`), { code: 400, message: 'field label not supported' });
  const next = async (watching: Watching): Promise<unknown> => {
    const { type, object } = await watching.next();
    return [type, object.apiVersion, object.metadata?.name];
  };
  const [one, two] = [await k.watch(defined.path('v1'), { fieldSelector: 'hostPort=host1:80' }), await k.watch(defined.path('v2'), { fieldSelector: 'host=host1' })];
  const informer = await inform(k, defined.path('v2'), 'host=host1');
  const [v1, v2] = [`${defined.group}/v1`, `${defined.group}/v2`];
  expect([await next(one), await next(two), await next(two)]).toEqual([['ADDED', v1, 'a'], ['ADDED', v2, 'a'], ['ADDED', v2, 'b']]);
  expect(informer.says).toEqual(['add a', 'add b']);
  // `a` leaves both selections.
  await k.patch(`${defined.path('v1')}/a`, { hostPort: 'host2:80' });
  expect([await next(one), await next(two)]).toEqual([['DELETED', v1, 'a'], ['DELETED', v2, 'a']]);
  await informer.until('delete a');
  await k.delete(`${defined.path('v2')}/b`);
  expect(await next(two)).toEqual(['DELETED', v2, 'b']);
  await informer.until('delete b');
});
