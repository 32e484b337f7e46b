import { describe, expect, test } from 'vitest';
import { parseFakeCapacity } from './fake-facts.ts';
import { fakeNodes, fakePodsMax } from './node-range.ts';

describe('the addresses of fake nodes', () => {
  test('each node has a range of its own', () => {
    const nodes = fakeNodes(300, '100.64.0.0/10');
    expect(nodes.map(({ podCidr }) => podCidr)).toEqual(expect.arrayContaining(['100.64.0.0/24', '100.64.255.0/24', '100.65.43.0/24']));
    expect(new Set(nodes.map(({ podCidr }) => podCidr)).size).toBe(300);
    expect(nodes[299]?.addresses.take('u')).toBe('100.65.43.2');
  });

  test('a pod keeps its address, gives it back, and gets none when all are taken', () => {
    const addresses = fakeNodes(1, '10.0.0.0/24')[0]?.addresses;
    expect(addresses?.take('restarted', '10.0.0.9')).toBe('10.0.0.9');
    const ips = Array.from({ length: fakePodsMax - 1 }, (_, index) => addresses?.take(`u${index}`));
    expect(new Set([...ips, '10.0.0.9']).size).toBe(fakePodsMax);
    expect(addresses?.take('u5')).toBe(ips[5]);
    expect(addresses?.take('one too many')).toBe('');
    addresses?.release('u5');
    expect(addresses?.take('next')).toBe(ips[5]);
  });

  test.each([
    [0, '10.0.0.0/8', /from 1 to/],
    [1.5, '10.0.0.0/8', /from 1 to/],
    [3, '10.0.0.0/23', /has 2 ranges/],
    [1, 'fd00::/64', /not a range/],
    [1, '10.0.0.256/8', /not a range/],
  ])('%s nodes in %s are refused', (count, cidr, message) => {
    expect(() => fakeNodes(count, cidr)).toThrow(message);
  });
});

describe('the capacity of a fake node', () => {
  test('has defaults under what is given', () => {
    expect(parseFakeCapacity(['cpu=64', 'nvidia.com/gpu=8'])).toMatchObject({ cpu: '64', memory: '256Gi', pods: '110', 'nvidia.com/gpu': '8' });
  });

  test.each(['cpu', 'cpu=', 'cpu=-1', 'cpu=many', 'pods=1000', 'cpu=1=2', '__proto__=1'])('"%s" is refused', (entry) => {
    expect(() => parseFakeCapacity([entry])).toThrow();
  });
});
