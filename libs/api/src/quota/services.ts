import type { Service } from '../gen/types/core-v1.ts';
import { quantityOf } from '../quantity.ts';
import type { KubeObject } from '../resource.ts';
import type { Amounts } from '../kinds/core/pod-resources.ts';
import { one, zero } from './amounts.ts';
import type { QuotaEvaluator } from './evaluator.ts';

const names = ['count/services', 'services', 'services.nodeports', 'services.loadbalancers'];

/** Services, and what is scarce about them: node ports and load balancers. */
export const services: QuotaEvaluator = {
  group: '',
  resource: 'services',
  countsUpdate: (subresource) => subresource === '',
  matches: (name) => names.includes(name),
  matchesScope: () => false,
  usage,
};

/** Node ports are counted by what is asked for: they are not allocated yet. */
function usage(object: KubeObject): Amounts {
  const { type, ports = [], allocateLoadBalancerNodePorts } = (object as Service).spec;
  const isBalanced = type === 'LoadBalancer';
  const given = ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0).length;
  const nodePorts = isBalanced ? (allocateLoadBalancerNodePorts === false ? given : ports.length) : type === 'NodePort' ? ports.length : 0;
  return new Map([['count/services', one], ['services', one], ['services.nodeports', quantityOf(nodePorts)], ['services.loadbalancers', isBalanced ? one : zero]]);
}
