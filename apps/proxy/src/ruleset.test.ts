import { expect, test } from 'vitest';
import type { ProxyPlan, ServiceRule } from './plan.ts';
import { fullRuleset, updateRuleset, type TableConfig } from './ruleset.ts';

const config: TableConfig = { table: 'rhythm_ab', clusterCidr: '10.42.0.0/16', bridge: 'rhyab', dns: { clusterIP: '10.43.0.10', ip: '10.42.0.1', port: 5353 } };

const rule = (name: string, ip: string, backends: ServiceRule['backends'], more: Partial<ServiceRule> = {}): ServiceRule => ({
  name: `default/${name}:http`,
  clusterIPs: [ip],
  externalIPs: [],
  protocol: 'tcp',
  port: 80,
  backends,
  externalBackends: backends,
  ...more,
});
const plan = (...services: ServiceRule[]): ProxyPlan => ({ services });
const one = { ip: '10.42.0.2', port: 8080 };
const two = { ip: '10.42.0.3', port: 8080 };

test('backends are chosen by chance, one is taken directly', () => {
  const text = fullRuleset(plan(rule('a', '10.43.0.5', [one, two]), rule('b', '10.43.0.6', [one])), config);
  expect(text).toContain('meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.42.0.2 . 8080, 1 : 10.42.0.3 . 8080 }');
  expect(text).toContain('meta l4proto tcp dnat ip to 10.42.0.2:8080');
});

test('a service without endpoints refuses instead of hanging', () => {
  const text = fullRuleset(plan(rule('a', '10.43.0.5', [])), config);
  expect(text).toContain('elements = { 10.43.0.5 . tcp . 80 }');
  expect(text).not.toContain('goto service/default/a');
});

test('no change, no text', () => {
  const same = plan(rule('a', '10.43.0.5', [one]));
  expect(updateRuleset(same, same, config)).toBe('');
});

test('a change of one service leaves the other alone', () => {
  const other = rule('b', '10.43.0.6', [one, two], { affinitySeconds: 60 });
  const text = updateRuleset(plan(rule('a', '10.43.0.5', [one]), other), plan(rule('a', '10.43.0.5', [two]), other), config);
  expect(text).toContain('flush chain ip rhythm_ab service/default/a/tcp/80');
  expect(text).not.toContain('default/b');
});

test('a name that could break out of a rule is refused', () => {
  expect(() => fullRuleset(plan({ ...rule('a', '10.43.0.5', [one]), name: 'default/x} flush ruleset:y' }), config)).toThrow(/cannot stand in a ruleset/);
});
