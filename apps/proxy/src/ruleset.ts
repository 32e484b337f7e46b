import type { Backend, ProxyPlan, ServiceRule } from './plan.ts';

/** What the node's table needs to know besides Services. */
export interface TableConfig {
  /** Table name, `rhythm_<id>`; family `ip`. */
  readonly table: string;
  /** Addresses of the pods of the whole cluster. */
  readonly clusterCidr: string;
  /** The bridge that this node's pods are on. */
  readonly bridge: string;
  /** The DNS Service's address, and where the dns app listens. */
  readonly dns?: { readonly clusterIP: string; readonly ip: string; readonly port: number };
}

/** Packets with this mark leave with the node's own address (kube-proxy's bit). */
const masqueradeMark = '0x4000';

/** The whole table, replacing whatever was there, for one `nft -f -`: one kernel commit. */
export function fullRuleset(plan: ProxyPlan, config: TableConfig): string {
  const chains = plan.services.flatMap((rule) => serviceObjects(rule).map((object) => indent(object.definition)));
  const elements = elementsOf(plan, config);
  return [
    `table ip ${config.table}`,
    `delete table ip ${config.table}`,
    `table ip ${config.table} {`,
    mapBlock('map', 'services', 'ipv4_addr . inet_proto . inet_service : verdict', elements.services),
    mapBlock('map', 'node-ports', 'inet_proto . inet_service : verdict', elements.nodePorts),
    mapBlock('set', 'no-endpoints', 'ipv4_addr . inet_proto . inet_service', elements.noEndpoints),
    mapBlock('set', 'cluster-ips', 'ipv4_addr', elements.clusterIPs),
    mapBlock('set', 'hairpin', 'ipv4_addr . ipv4_addr', elements.hairpin),
    ...chains,
    ...baseChains(config).map(indent),
    '}',
    '',
  ].join('\n');
}

/**
 * The change from one plan to the next as one transaction; chains and affinity of Services that stay the same are
 * not touched. '' when nothing changes. Only right when `previous` is what the kernel has.
 */
export function updateRuleset(previous: ProxyPlan, next: ProxyPlan, config: TableConfig): string {
  const before = objectsOf(previous);
  const after = objectsOf(next);
  const old = elementsOf(previous, config);
  const fresh = elementsOf(next, config);
  const table = `ip ${config.table}`;
  const lines: string[] = [];
  for (const [name, object] of after) {
    const was = before.get(name);
    if (was?.definition === object.definition) continue;
    // A set is never redefined under its name: its definition depends on its name and timeout alone.
    if (was !== undefined) lines.push(object.kind === 'chain' ? `flush chain ${table} ${name}` : `delete set ${table} ${name}`);
  }
  const definitions = [...after].filter(([name, object]) => before.get(name)?.definition !== object.definition).map(([, object]) => indent(object.definition));
  if (definitions.length > 0) lines.push(`table ${table} {`, ...definitions, '}');
  for (const [key, set] of elementSets) lines.push(...elementChanges(table, set, old[key], fresh[key]));
  // Endpoint chains are dropped after the service chains that went to them have been rewritten.
  const gone = [...before].filter(([name]) => !after.has(name)).reverse();
  for (const [name, object] of gone) if (object.kind === 'chain') lines.push(`flush chain ${table} ${name}`);
  for (const [name, object] of gone) lines.push(`delete ${object.kind} ${table} ${name}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

interface Elements {
  readonly services: readonly string[];
  readonly nodePorts: readonly string[];
  readonly noEndpoints: readonly string[];
  readonly clusterIPs: readonly string[];
  readonly hairpin: readonly string[];
}

const elementSets: readonly (readonly [keyof Elements, string])[] = [
  ['services', 'services'],
  ['nodePorts', 'node-ports'],
  ['noEndpoints', 'no-endpoints'],
  ['clusterIPs', 'cluster-ips'],
  ['hairpin', 'hairpin'],
];

function elementsOf(plan: ProxyPlan, config: TableConfig): Elements {
  const services: string[] = [];
  const nodePorts: string[] = [];
  const noEndpoints: string[] = [];
  const clusterIPs = new Set<string>();
  const hairpin = new Set<string>();
  for (const rule of plan.services) {
    for (const ip of rule.clusterIPs) {
      clusterIPs.add(ip);
      if (ip === config.dns?.clusterIP && rule.port === 53) continue;
      const key = `${ip} . ${rule.protocol} . ${rule.port}`;
      if (rule.backends.length === 0) noEndpoints.push(key);
      else services.push(`${key} : goto ${chainName(rule)}`);
    }
    for (const { ip } of [...rule.backends, ...rule.externalBackends]) hairpin.add(`${ip} . ${ip}`);
    if (rule.externalBackends.length === 0) continue;
    for (const ip of rule.externalIPs) services.push(`${ip} . ${rule.protocol} . ${rule.port} : goto ${externalChainName(rule)}`);
    if (rule.nodePort !== undefined) nodePorts.push(`${rule.protocol} . ${rule.nodePort} : goto ${externalChainName(rule)}`);
  }
  return { services, nodePorts, noEndpoints, clusterIPs: [...clusterIPs].sort(), hairpin: [...hairpin].sort() };
}

interface TableObject {
  readonly kind: 'chain' | 'set';
  readonly name: string;
  readonly definition: string;
}

function objectsOf(plan: ProxyPlan): ReadonlyMap<string, TableObject> {
  return new Map(plan.services.flatMap((rule) => serviceObjects(rule).map((object) => [object.name, object] as const)));
}

/** The chains and sets of one service port, each before what refers to it. */
function serviceObjects(rule: ServiceRule): readonly TableObject[] {
  const objects: TableObject[] = [];
  if (rule.backends.length > 0) objects.push(...balancer(chainName(rule), rule, rule.backends, []));
  const outside = rule.nodePort !== undefined || rule.externalIPs.length > 0;
  if (outside && rule.externalBackends.length > 0) objects.push(...balancer(externalChainName(rule), rule, rule.externalBackends, [`meta mark set mark or ${masqueradeMark}`]));
  return objects;
}

function balancer(name: string, rule: ServiceRule, backends: readonly Backend[], before: readonly string[]): readonly TableObject[] {
  if (rule.affinitySeconds === undefined) {
    const choices = backends.map((b, i) => `${i} : ${b.ip} . ${b.port}`).join(', ');
    const target = backends.length === 1 ? `${backends[0]?.ip}:${backends[0]?.port}` : `numgen random mod ${backends.length} map { ${choices} }`;
    return [chain(name, [...before, `meta l4proto ${rule.protocol} dnat ip to ${target}`])];
  }
  const ends = backends.map((b) => ({ ...b, name: `${name}/${b.ip}/${b.port}` }));
  const objects = ends.flatMap((end): TableObject[] => [
    { kind: 'set', name: `${end.name}/clients`, definition: `set ${end.name}/clients { type ipv4_addr; flags dynamic,timeout; timeout ${rule.affinitySeconds}s; size 65536; }` },
    chain(end.name, [`update @${end.name}/clients { ip saddr }`, `meta l4proto ${rule.protocol} dnat ip to ${end.ip}:${end.port}`]),
  ]);
  const stay = ends.map((end) => `ip saddr @${end.name}/clients goto ${end.name}`);
  const choose = `numgen random mod ${ends.length} vmap { ${ends.map((end, i) => `${i} : goto ${end.name}`).join(', ')} }`;
  return [...objects, chain(name, [...before, ...stay, choose])];
}

function chain(name: string, rules: readonly string[]): TableObject {
  return { kind: 'chain', name, definition: [`chain ${name} {`, ...rules.map((rule) => `\t${rule}`), '}'].join('\n') };
}

function baseChains(config: TableConfig): readonly string[] {
  const dns = config.dns;
  const dnsRules = dns === undefined ? [] : ['tcp', 'udp'].map((p) => `ip daddr ${dns.clusterIP} ${p} dport 53 dnat ip to ${dns.ip}:${dns.port}`);
  const lookup = [...dnsRules, 'ip daddr . meta l4proto . th dport vmap @services', 'fib daddr type local meta l4proto . th dport vmap @node-ports'];
  const refuse = ['ip daddr . meta l4proto . th dport @no-endpoints reject', 'ip daddr @cluster-ips reject'];
  return [
    chain('prerouting', ['type nat hook prerouting priority dstnat; policy accept;', ...lookup]),
    chain('output', ['type nat hook output priority -100; policy accept;', ...lookup]),
    chain('postrouting', [
      'type nat hook postrouting priority srcnat; policy accept;',
      `meta mark and ${masqueradeMark} == ${masqueradeMark} masquerade`,
      'ip saddr . ip daddr @hairpin masquerade',
      `ip saddr ${config.clusterCidr} ip daddr != ${config.clusterCidr} oifname != "${config.bridge}" masquerade`,
    ]),
    chain('refuse-forward', ['type filter hook forward priority 0; policy accept;', ...refuse]),
    chain('refuse-output', ['type filter hook output priority 0; policy accept;', ...refuse]),
  ].map((object) => object.definition);
}

function elementChanges(table: string, set: string, before: readonly string[], after: readonly string[]): string[] {
  const old = new Set(before);
  const fresh = new Set(after);
  const removed = before.filter((element) => !fresh.has(element)).map((element) => element.split(' : ')[0]);
  const added = after.filter((element) => !old.has(element));
  const lines: string[] = [];
  if (removed.length > 0) lines.push(`delete element ${table} ${set} { ${removed.join(', ')} }`);
  if (added.length > 0) lines.push(`add element ${table} ${set} { ${added.join(', ')} }`);
  return lines;
}

function mapBlock(kind: 'map' | 'set', name: string, type: string, elements: readonly string[]): string {
  const content = elements.length === 0 ? '' : `\n\t\telements = { ${elements.join(', ')} }`;
  return `\t${kind} ${name} {\n\t\ttype ${type}${content}\n\t}`;
}

const chainName = (rule: ServiceRule): string => `service/${path(rule)}`;
const externalChainName = (rule: ServiceRule): string => `external/${path(rule)}`;

/** `namespace/name/protocol/port`: unique, readable, and legal as an nftables identifier. */
function path(rule: ServiceRule): string {
  const [owner = ''] = rule.name.split(':');
  // The API server admits only such names; a ruleset is no place to find out otherwise.
  if (!/^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(owner)) throw new Error(`service ${owner} has a name that cannot stand in a ruleset`);
  return `${owner}/${rule.protocol}/${rule.port}`;
}

const indent = (text: string): string => text.replaceAll(/^/gm, '\t');
