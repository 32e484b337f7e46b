import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend, ProxyPlan, ServiceRule } from '../../apps/proxy/src/plan.ts';
import { fullRuleset, updateRuleset, type TableConfig } from '../../apps/proxy/src/ruleset.ts';

/** The kernel's firewall in a namespace of the test's own. */
const namespace = `rhythm-test-${process.pid}`;
const config: TableConfig = { table: 'rhythm_test', clusterCidr: '10.42.0.0/16', bridge: 'rhytest', dns: { clusterIP: '10.43.0.10', ip: '10.42.0.1', port: 5353 } };

const ip = (...args: string[]): void => void execFileSync('ip', args);
const nft = (args: string[], input = ''): string => execFileSync('nsenter', [`--net=/run/netns/${namespace}`, 'nft', ...args], { input, encoding: 'utf8' });

beforeAll(() => ip('netns', 'add', namespace));
afterAll(() => ip('netns', 'delete', namespace));

/** What the kernel has, without state and in an order of its own. */
const listed = (): string[] => nft(['-s', 'list', 'ruleset']).replaceAll(/,\n\s*/g, ', ').split('\n').map(normal).sort((a, b) => (a < b ? -1 : 1));

/** Elements of a set have no order. */
const normal = (line: string): string => (line.includes('elements = {') ? line.replace(/\{ (.*) \}/, (_all, list: string) => list.split(', ').sort((a, b) => (a < b ? -1 : 1)).join(', ')) : line).trim();

const backend = fc.integer({ min: 2, max: 9 }).map((n): Backend => ({ ip: `10.42.0.${n}`, port: 8080 }));
const backends = fc.uniqueArray(backend, { selector: (b) => b.ip, maxLength: 4 });

const rule = (index: number): fc.Arbitrary<ServiceRule> =>
  fc.record({ backends, externalBackends: backends, affinity: fc.boolean(), nodePort: fc.boolean(), external: fc.boolean(), udp: fc.boolean() }).map((r) => ({
    name: `default/s${index}:http`,
    clusterIPs: [`10.43.0.${20 + index}`],
    externalIPs: r.external ? [`192.0.2.${20 + index}`] : [],
    protocol: r.udp ? 'udp' : 'tcp',
    port: 80,
    backends: r.backends,
    externalBackends: r.externalBackends,
    ...(r.nodePort ? { nodePort: 30_000 + index } : {}),
    ...(r.affinity ? { affinitySeconds: 60 } : {}),
  }));

const plan: fc.Arbitrary<ProxyPlan> = fc.tuple(...[0, 1, 2].map((i) => fc.option(rule(i), { nil: undefined }))).map((rules) => ({ services: rules.filter((r) => r !== undefined) }));

test('a table that was changed step by step is the table written whole', () => {
  fc.assert(
    fc.property(fc.array(plan, { minLength: 2, maxLength: 5 }), (plans) => {
      nft(['-f', '-'], fullRuleset(plans[0] as ProxyPlan, config));
      for (const [i, next] of plans.slice(1).entries()) {
        const change = updateRuleset(plans[i] as ProxyPlan, next, config);
        if (change !== '') nft(['-f', '-'], change);
      }
      const stepwise = listed();
      nft(['-f', '-'], fullRuleset(plans.at(-1) as ProxyPlan, config));
      expect(stepwise).toEqual(listed());
    }),
    { numRuns: 25, seed: 1 },
  );
});
