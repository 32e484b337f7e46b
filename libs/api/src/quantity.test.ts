import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliQuantity,
  parseQuantity,
  quantityMilli,
  quantityOf,
  quantityToNumber,
  quantityValue,
  roundUpToMilli,
  subtractQuantities,
} from './quantity.ts';

describe('canonical form', () => {
  test.each([
    ['0', '0'],
    ['0n', '0'],
    ['0Ki', '0'],
    ['-0', '0'],
    ['1', '1'],
    ['01', '1'],
    ['+1', '1'],
    ['1.', '1'],
    ['.5', '500m'],
    ['0.5', '500m'],
    ['1.50', '1500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['100', '100'],
    ['1000', '1k'],
    ['1000k', '1M'],
    ['12300', '12300'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['12e2', '1200'],
    ['1e-3', '1e-3'],
    ['0.1e-2', '1e-3'],
    ['1E', '1E'],
    ['10E', '10E'],
    ['1Ki', '1Ki'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['1000Ki', '1000Ki'],
    ['0.0001Ki', '102400u'],
    ['1.1Ki', '1126400m'],
    ['128974848', '128974848'],
    ['129M', '129M'],
    ['123Mi', '123Mi'],
    ['-1.5', '-1500m'],
    ['-1Gi', '-1Gi'],
    ['0.0000000001', '1n'],
    ['-0.0000000001', '-1n'],
    ['1.0000000001', '1000000001n'],
    ['1u', '1u'],
    ['100n', '100n'],
    ['8Ei', '9223372036854775807'],
    ['7Ei', '7Ei'],
    ['1000000000000000000000', '1000E'],
  ])('%s is written %s', (given, canonical) => {
    expect(canonicalQuantity(given)).toBe(canonical);
    expect(canonicalQuantity(canonical)).toBe(canonical);
  });

  test('JSON numbers are quantities too', () => {
    expect(canonicalQuantity(0.5)).toBe('500m');
    expect(canonicalQuantity(2)).toBe('2');
    expect(() => canonicalQuantity(Number.NaN)).toThrow('must match');
  });
});

test.each(['', ' ', '.', '+', '1 ', ' 1', '1.1.1', '1Kii', '1kiB', '0x10', 'Ki', '1e', '1ee1', '1e5Ki', '--1', '1,0', '١', '1e999999999', '1'.repeat(200)])(
  'refuses %j',
  (text) => expect(() => parseQuantity(text)).toThrow(/quantities must match the regular expression|unable to parse quantity's suffix/),
);

test('milli is rounded up, as upstream rounds resource lists', () => {
  expect(formatQuantity(roundUpToMilli(parseQuantity('1n')))).toBe('1m');
  expect(formatQuantity(roundUpToMilli(parseQuantity('1.0001')))).toBe('1001m');
  expect(formatQuantity(roundUpToMilli(parseQuantity('-1.0001')))).toBe('-1001m');
  expect(quantityMilli(parseQuantity('0.0001'))).toBe(1n);
  expect(quantityValue(parseQuantity('1500m'))).toBe(2n);
  expect(quantityValue(parseQuantity('1Gi'))).toBe(1073741824n);
});

test('sums keep the format of the first that is not zero', () => {
  expect(formatQuantity(addQuantities(parseQuantity('0'), parseQuantity('1Gi')))).toBe('1Gi');
  expect(formatQuantity(addQuantities(parseQuantity('1Gi'), parseQuantity('1G')))).toBe('2073741824');
  expect(formatQuantity(addQuantities(parseQuantity('1500m'), parseQuantity('500m')))).toBe('2');
  expect(formatQuantity(subtractQuantities(parseQuantity('1'), parseQuantity('1500m')))).toBe('-500m');
});

test('comparison is exact', () => {
  expect(compareQuantities(parseQuantity('1024Mi'), parseQuantity('1Gi'))).toBe(0);
  expect(compareQuantities(parseQuantity('9007199254740993'), parseQuantity('9007199254740992'))).toBe(1);
  expect(compareQuantities(parseQuantity('999m'), parseQuantity('1'))).toBe(-1);
});

test('makers and numbers', () => {
  expect(formatQuantity(quantityOf(2048, 'binary-si'))).toBe('2Ki');
  expect(formatQuantity(milliQuantity(250))).toBe('250m');
  expect(quantityToNumber(parseQuantity('1500m'))).toBe(1.5);
});
