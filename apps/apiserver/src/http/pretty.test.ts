import { expect, test } from 'vitest';
import { prettyPieces, PrettyPrinter, wantsPretty } from './pretty.ts';

const values = [{}, [], { a: [] }, { a: {}, b: [1, -2.5e10, { c: null }], 'q"\\:,{}[]': 'x\\"[ ,:' }, [[[]], 'é\u2028'], 'text', 5];

test.each(values.map((value) => [JSON.stringify(value), value]))('%s as JSON.stringify would, however it is cut', async (text, value) => {
  const bytes = Buffer.from(String(text));
  async function* cut(size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
  }
  for (const size of [1, 2, 3, bytes.length]) {
    const parts: Uint8Array[] = [];
    for await (const part of prettyPieces(cut(size))) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe(JSON.stringify(value, null, 2));
  }
});

test('white space that is there is no more', () => {
  expect(new PrettyPrinter().print(Buffer.from('{ "a" :\n[ ] , "b": 1.0 }')).toString()).toBe('{\n  "a": [],\n  "b": 1.0\n}');
});

test('depth does not make it grow without end', () => {
  const depth = 10_000;
  expect(new PrettyPrinter().print(Buffer.from('['.repeat(depth) + ']'.repeat(depth))).length).toBeLessThan(depth * 300);
});

test.each([
  ['', 'kubectl/v1.35.0', false],
  ['', 'curl/8.1', true],
  ['', 'Mozilla/5.0 (X11)', true],
  ['pretty=false', 'curl/8.1', false],
  ['pretty=true', 'kubectl/v1.35.0', true],
  ['pretty=nonsense', 'curl/8.1', false],
])('%j from %s: %s', (query, agent, expected) => {
  expect(wantsPretty({ query: new URLSearchParams(query), header: (name) => (name === 'user-agent' ? agent : undefined) })).toBe(expected);
});
