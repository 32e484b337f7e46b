import { expect, test } from 'vitest';
import { FlagError, parseArguments, parseFlags } from './flags.ts';

const spec = {
  port: { type: 'number', help: 'port', default: 6443 },
  dir: { type: 'string', help: 'folder', required: true },
  api: { type: 'list', help: 'endpoints' },
  bare: { type: 'boolean', help: 'no hello' },
} as const;

test('reads values in both forms, with defaults', () => {
  expect(parseFlags(spec, ['--dir', 'x', '--api=a:1,b:2', '--bare'])).toEqual({ port: 6443, dir: 'x', api: ['a:1', 'b:2'], bare: true });
});

test.each([
  [['--dir', 'x', '--prot', '1'], 'unknown flag --prot'],
  [['--dir', 'x', '--__proto__', '1'], 'unknown flag --__proto__'],
  [['--port', 'x', '--dir', 'y'], 'flag --port needs a number, not "x"'],
  [['--dir'], 'flag --dir needs a value'],
  [[], 'flag --dir is required'],
  [['--dir', 'a', '--dir', 'b'], 'flag --dir is given twice'],
  [['dir'], 'unexpected argument "dir"'],
])('refuses %j', (argv, message) => {
  expect(() => parseFlags(spec, argv)).toThrow(new FlagError(message));
});

test('a repeated flag keeps each value as it is', () => {
  const repeated = { sni: { type: 'repeated', help: 'pairs' } } as const;
  expect(parseFlags(repeated, ['--sni', 'a.crt,a.key', '--sni=b.crt,b.key:*.b'])).toEqual({ sni: ['a.crt,a.key', 'b.crt,b.key:*.b'] });
  expect(parseFlags(repeated, [])).toEqual({ sni: undefined });
});

test('tells arguments from the values of flags', () => {
  const parse = (...argv: string[]): unknown => parseArguments(spec, ['FILE'], argv);
  const flags = { port: 6443, dir: 'x', api: undefined, bare: true };
  expect(parse('--dir', 'x', '--bare', 'a.db')).toEqual({ flags, given: ['a.db'] });
  expect(parse('a.db', '--bare', '--dir=x')).toEqual({ flags, given: ['a.db'] });
  expect(() => parse('--dir', 'x')).toThrow(new FlagError('FILE is missing'));
  expect(() => parse('--dir', 'x', 'a', 'b')).toThrow(new FlagError('unexpected argument "b"'));
});
