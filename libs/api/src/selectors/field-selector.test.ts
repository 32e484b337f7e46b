import { expect, test } from 'vitest';
import { escapeFieldValue, parseFieldSelector } from './field-selector.ts';

const fields = { 'metadata.name': 'a', 'status.phase': 'Running', 'x': 'a,b=c\\' };

test.each([
  ['', true],
  ['metadata.name=a', true],
  ['metadata.name==a', true],
  ['metadata.name!=a', false],
  ['metadata.name=a,status.phase!=Running', false],
  ['spec.nodeName=', true],
  ['spec.nodeName!=', false],
  ['x=a\\,b\\=c\\\\', true],
  ['toString=', true],
])('%s', (text, expected) => expect(parseFieldSelector(text).matches(fields)).toBe(expected));

test.each([
  ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
  ['a=b=c', 'unescaped character in value'],
  ['a=\\x', 'invalid escape sequence'],
  ['a=\\', 'invalid escape sequence'],
])('%s is refused', (text, message) => expect(() => parseFieldSelector(text)).toThrow(message));

test('escaping is undone by parsing', () => {
  expect(parseFieldSelector(`x=${escapeFieldValue(fields.x)}`).exact('x')).toBe(fields.x);
});
