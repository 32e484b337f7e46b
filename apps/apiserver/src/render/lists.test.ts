import { decodeProtobuf, kindRegistry, type KubeObject } from '@rhythm/api';
import { VirtualClock } from '@rhythm/base';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { encodeStored } from '../stored/stored-form.ts';
import { entryOf } from '../watch-cache/entry.ts';
import { Packer } from '../watch-cache/packer.ts';
import { Slabs } from '../watch-cache/slabs.ts';
import { negotiate } from './negotiate.ts';
import { Renderer } from './render.ts';

const kind = kindRegistry.byResource('', 'v1', 'configmaps') ?? expect.fail('configmaps are served');
const entries = (count: number, size: number) =>
  Array.from({ length: count }, (_, at) => entryOf(kind, { key: `/registry/configmaps/d/${at}`, modRevision: at + 1, value: encodeStored(kind, { metadata: { name: `map-${at}`, namespace: 'd', creationTimestamp: '2026-01-01T00:00:00Z', labels: { '10': 'ten', empty: '' } }, data: { text: `a: "${at}"\n- b\n`, pad: 'x'.repeat(size) } } as unknown as KubeObject) }));

async function pieces(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  if (body instanceof Uint8Array) return [body];
  const all: Uint8Array[] = [];
  for await (const piece of body) all.push(piece);
  return all;
}

test.each([
  ['of objects', 'application/yaml', 'List'],
  ['of metadata', 'application/yaml;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'List'],
  ['as a Table', 'application/yaml;as=Table;g=meta.k8s.io;v=v1', 'Table'],
])('a YAML list %s is sent in pieces and reads as the JSON list', async (_what, accept, end) => {
  const renderer = new Renderer(new VirtualClock());
  for (const count of [0, 1, 60]) {
    const list = { entries: entries(count, 8_000), revision: 99 };
    const yaml = await pieces(renderer.list(kind, list, negotiate(accept)));
    const json = await pieces(renderer.list(kind, list, negotiate(accept.replace('yaml', 'json'))));
    const read = parse(Buffer.concat(yaml).toString(), { version: '1.1' }) as { kind: string };
    expect(read).toEqual(JSON.parse(Buffer.concat(json).toString()));
    expect(read.kind.endsWith(end)).toBe(true);
    for (const piece of yaml) expect(piece.length).toBeLessThan(2 * limits.chunkBytes);
  }
  renderer.stop();
});

test('a protobuf list is the same whether its items are remembered, held or made twice', async () => {
  const list = { entries: entries(5, limits.listHeldBytesMax / 4), revision: 99 };
  const accept = negotiate('application/vnd.kubernetes.protobuf');
  const [forgetful, other] = [new Renderer(new VirtualClock(), 0), new Renderer(new VirtualClock())];
  // Some of its items are held, for others there is no room.
  const bytes = Buffer.concat(await pieces(forgetful.list(kind, list, accept)));
  for (let turn = 0; turn < 2; turn++) expect(Buffer.compare(Buffer.concat(await pieces(other.list(kind, list, accept))), bytes)).toBe(0);
  const { object } = decodeProtobuf(bytes);
  const items = list.entries.map((entry) => JSON.parse(Buffer.from(entry.bytes).toString()) as Record<string, unknown>);
  expect((object['items'] as object[]).map((item) => ({ kind: kind.kind, apiVersion: 'v1', ...item }))).toEqual(items);
  for (const renderer of [forgetful, other]) renderer.stop();
});

test('a list says the same whether its objects and what was made of them are packed or not', async () => {
  const [count, size] = [1_500, 2_000];
  const [slabs, packer] = [new Slabs(), new Packer()];
  const [plain, packed] = [{ entries: entries(count, size), revision: 99 }, { entries: entries(count, size), revision: 99 }];
  for (const entry of packed.entries) slabs.keep(entry, packer);
  expect(packed.entries.filter(({ isPacked }) => isPacked).length).toBeGreaterThan(count / 4);
  const clock = new VirtualClock();
  const [first, second] = [new Renderer(clock), new Renderer(clock)];
  for (const accept of ['application/json', 'application/json;as=Table;g=meta.k8s.io;v=v1', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'application/vnd.kubernetes.protobuf']) {
    const expected = Buffer.concat(await pieces(first.list(kind, plain, negotiate(accept))));
    // The second time from what was kept of the first.
    for (let turn = 0; turn < 2; turn++) expect(Buffer.compare(Buffer.concat(await pieces(second.list(kind, packed, negotiate(accept)))), expected)).toBe(0);
  }
  for (const renderer of [first, second]) renderer.stop();
});
