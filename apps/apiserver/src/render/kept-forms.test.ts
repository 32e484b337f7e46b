import { kindRegistry } from '@rhythm/api';
import { VirtualClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import { Entry } from '../watch-cache/entry.ts';
import { Held } from '../watch-cache/held.ts';
import { KeptForms } from './kept-forms.ts';

const kind = kindRegistry.byResource('', 'v1', 'pods') ?? expect.fail('pods are served');
const other = kindRegistry.byResource('', 'v1', 'configmaps') ?? expect.fail('configmaps are served');
const entry = (at: number, revision = 1): Entry => new Entry(`/k/${at}`, revision, new Uint8Array(), {}, {});
const bytesMax = 100_000;
const size = 1_000;
const form = (at: number): Held => new Held(Buffer.alloc(size, at));

function filled(clock: VirtualClock): { readonly kept: KeptForms; readonly room: number } {
  const kept = new KeptForms(clock, { bytesMax, idleMs: 30_000, restMs: 10_000 });
  let room = 0;
  for (let before = -1; kept.bytes > before; room++) {
    before = kept.bytes;
    kept.keepBytes('f', kind, entry(room), form(room));
  }
  return { kept, room: room - 1 };
}

const found = (kept: KeptForms, from: number, to: number): number => Array.from({ length: to - from }, (_, at) => kept.bytesOf('f', kind, entry(from + at))).filter((bytes) => bytes !== undefined).length;

test('no more is kept than there is room for; what is there stays and is found unchanged', () => {
  const { kept, room } = filled(new VirtualClock());
  expect(kept.bytes).toBeLessThanOrEqual(bytesMax);
  expect(room).toBeGreaterThan(80);
  for (let at = 0; at < 3 * room; at++) if (kept.bytesOf('f', kind, entry(at)) === undefined) kept.keepBytes('f', kind, entry(at), form(at));
  expect(kept.bytes).toBeLessThanOrEqual(bytesMax);
  // A list three times as long finds a third of itself.
  expect(found(kept, 0, 3 * room)).toBe(room);
  expect(Buffer.compare(kept.bytesOf('f', kind, entry(5))?.bytes ?? Buffer.alloc(0), form(5).bytes)).toBe(0);
});

test('what nobody has asked for gives way after a while, what is asked for does not', async () => {
  const clock = new VirtualClock();
  const { kept, room } = filled(clock);
  await clock.advance(15_000);
  expect(found(kept, 0, 10)).toBe(10);
  for (let at = room; at < 2 * room; at++) kept.keepBytes('f', kind, entry(at), form(at));
  expect(found(kept, 0, 10)).toBe(10);
  expect(found(kept, 10, room)).toBe(0);
  expect(found(kept, room, 2 * room)).toBe(room - 10);
});

test('when nobody asks for anything, nothing is kept', async () => {
  const clock = new VirtualClock();
  const { kept } = filled(clock);
  kept.keepValue('row', kind, entry(1), { cells: 'x' }, 50);
  await clock.advance(61_000);
  expect(kept.bytes).toBe(0);
  expect(found(kept, 0, 10)).toBe(0);
});

test('another state of an object, another form and another kind are not mixed up; the newer state takes the place of the older', () => {
  const kept = new KeptForms(new VirtualClock(), { bytesMax, idleMs: 30_000, restMs: 10_000 });
  kept.keepBytes('f', kind, entry(1, 1), form(1));
  kept.keepValue('g', kind, entry(1, 1), 'g1', 10);
  expect(kept.bytesOf('f', kind, entry(1, 2))).toBeUndefined();
  expect(kept.bytesOf('f', other, entry(1, 1))).toBeUndefined();
  const before = kept.bytes;
  kept.keepBytes('f', kind, entry(1, 2), form(2));
  expect(kept.bytes).toBe(before);
  expect(kept.bytesOf('f', kind, entry(1, 1))).toBeUndefined();
  expect(kept.valueOf('g', kind, entry(1, 1))).toBe('g1');
  kept.clear();
  expect(kept.bytes).toBe(0);
});

test('one form that would take most of the room is not kept', () => {
  const kept = new KeptForms(new VirtualClock(), { bytesMax, idleMs: 30_000, restMs: 10_000 });
  kept.keepBytes('f', kind, entry(1), new Held(Buffer.alloc(bytesMax / 2)));
  expect(kept.bytes).toBe(0);
});
