import { expect, test } from 'vitest';
import { formatCidr, nthAddress, overlaps, parseCidr, pickRanges, type Cidr } from './cidr.ts';

const cidr = (text: string): Cidr => parseCidr(text) as Cidr;

test.each([
  ['10.1.2.3/16', '10.1.0.0/16'],
  ['192.168.1.5', '192.168.1.5/32'],
  ['255.255.255.255/1', '128.0.0.0/1'],
])('parses %s as %s', (text, expected) => expect(formatCidr(cidr(text))).toBe(expected));

test.each(['', '10.0.0.0/33', '10.0.0.256', 'fd00::/8', '10.0.0/8', 'default'])('refuses %j', (text) => expect(parseCidr(text)).toBeUndefined());

test('counts addresses within the range only', () => {
  expect(nthAddress(cidr('10.96.0.0/16'), 10)).toBe('10.96.0.10');
  expect(nthAddress(cidr('10.200.1.0/24'), 255)).toBe('10.200.1.255');
  expect(() => nthAddress(cidr('10.200.1.0/24'), 256)).toThrow('no address 256');
});

test('ranges overlap when one holds the other, not when they are neighbours', () => {
  expect(overlaps(cidr('10.0.0.0/8'), cidr('10.96.0.0/16'))).toBe(true);
  expect(overlaps(cidr('10.96.3.0/24'), cidr('10.96.0.0/16'))).toBe(true);
  expect(overlaps(cidr('10.96.0.0/16'), cidr('10.97.0.0/16'))).toBe(false);
});

test('picks the next range without a route, from any start', () => {
  const taken = [cidr('10.96.0.0/15'), cidr('10.200.0.7')];
  const { pod, service } = pickRanges(taken, 0);
  expect([formatCidr(pod), formatCidr(service)]).toEqual(['10.200.1.0/24', '10.98.0.0/20']);
  expect(formatCidr(pickRanges([], 257).service)).toBe('10.96.16.0/20');
  expect(() => pickRanges([cidr('10.0.0.0/8')], 5)).toThrow('no free address range');
});
