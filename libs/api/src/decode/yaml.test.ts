import { describe, expect, it } from 'vitest';
import { decodeObject, parseBody } from './decode-object.ts';
import { repeatedKeys } from './yaml.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): unknown => parseBody(bytes(text), 'application/yaml').value;

describe('YAML bodies', () => {
  it('are read as YAML 1.1 with string keys', () => {
    expect(parse('a: yes\nb: "no"\nc: 012\nd: 1_000\ne: 2001-01-01\nf: 1:30\ng: ~\nh: 0x1f\n1: one\ntrue: t\n')).toEqual({
      a: true, b: 'no', c: 10, d: 1000, e: '2001-01-01', f: '1:30', g: null, h: 31, 1: 'one', true: 't',
    });
  });

  it('follow anchors and merge keys', () => {
    expect(parse('base: &b {x: 1, z: 2}\nmine:\n  <<: *b\n  z: 3\nlist: [*b]\n')).toEqual({ base: { x: 1, z: 2 }, mine: { x: 1, z: 3 }, list: [{ x: 1, z: 2 }] });
  });

  it('report duplicates with their path and keep hostile keys', () => {
    const decoded = decodeObject(bytes('kind: ConfigMap\napiVersion: v1\ndata:\n  __proto__: x\n  "10": z\n  a: "1"\n  a: "2"\n'), 'application/yaml', { fieldValidation: 'Warn' });
    expect(decoded.warnings).toEqual(['duplicate field "data.a"']);
    expect(Object.entries(decoded.object['data'] as object)).toEqual([['10', 'z'], ['__proto__', 'x'], ['a', '2']]);
  });

  it('say in which line a key is written again', () => {
    expect(repeatedKeys(bytes('a: 1\nb:\n  c: 1\n  c: 2\na: 3\nlist:\n- {x: 1, x: 2}\n'))).toEqual(['line 5: key "a" already set in map', 'line 4: key "c" already set in map', 'line 7: key "x" already set in map']);
    expect(repeatedKeys(bytes('{"a":1}'))).toEqual([]);
    expect(repeatedKeys(bytes(`{"a":[${'1,'.repeat(50_000)}1],"a":1}`))).toEqual([]);
  });

  it('refuse what JSON cannot hold, rounding included', () => {
    expect(() => parse('a: .inf')).toThrow('no form in JSON');
    expect(() => parse('a: 9007199254740993')).toThrow('cannot be kept exactly');
    expect(() => parse('? [a]\n: b')).toThrow('cannot be a key');
    expect(() => parse('a: [')).toThrow('error converting YAML to JSON');
    expect(() => parse('a: 1\n---\nb: 2\n')).toThrow('error converting YAML to JSON');
  });

  it('cap aliases, cycles and depth', () => {
    const levels = Array.from({ length: 40 }, (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(',')}]`);
    expect(() => parse(`l0: &l0 [a,b,c]\n${levels.join('\n')}\n`)).toThrow('excessive aliasing');
    const merges = Array.from({ length: 40 }, (_, level) => `m${level + 1}: &m${level + 1} {<<: [*m${level}, *m${level}, *m${level}]}`);
    expect(() => parse(`m0: &m0 {a: 1}\n${merges.join('\n')}\n`)).toThrow('excessive aliasing');
    expect(() => parse('a: &a [*a]')).toThrow(/nested too deep|unknown anchor|unresolved alias/i);
    expect(() => parse(`a: ${'['.repeat(15_000)}${']'.repeat(15_000)}`)).toThrow('nested too deep');
  });
});
