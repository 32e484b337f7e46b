import { expect, test } from 'vitest';
import { eventIds } from './containerd-events.ts';

const field = (tag: number, text: string): number[] => [tag, text.length, ...Buffer.from(text)];

test.each([
  ['a start', field(0x0a, 'container'), { container: 'container', process: 'container' }],
  ['an exit of a container', [...field(0x0a, 'c1'), ...field(0x12, 'c1'), 0x18, 5], { container: 'c1', process: 'c1' }],
  ['an exit of an exec', [...field(0x0a, 'c1'), ...field(0x12, 'exec-7')], { container: 'c1', process: 'exec-7' }],
  ['nothing', [], undefined],
  ['something else', field(0x12, 'x'), undefined],
  ['a cut message', [0x0a, 9, 65], undefined],
  ['an empty id', [0x0a, 0], undefined],
])('%s', (_name, bytes, expected) => expect(eventIds(Uint8Array.from(bytes))).toEqual(expected));

test('no payload', () => expect(eventIds(undefined)).toBeUndefined());
