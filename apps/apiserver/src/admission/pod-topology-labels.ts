import type { Binding, Node, Pod } from '@rhythm/api/types/core-v1';
import type { AdmissionStep, ObjectReader } from '../ports/types.ts';

const copied = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** A pod gets the zone and the region of its node as labels: when it is bound, or created with a node (KEP-4742). What it said itself gives way. */
export function podTopologyLabels(reader: ObjectReader): AdmissionStep {
  const label = async ({ metadata }: Pick<Pod, 'metadata'>, nodeName: string): Promise<void> => {
    // A node that is not there is none of our business: pods could always be bound to it.
    const node = await reader.get<Node>('', 'nodes', '', nodeName);
    const found = Object.entries(node?.metadata.labels ?? {}).filter(([key]) => copied.includes(key));
    if (found.length > 0) metadata.labels = { ...metadata.labels, ...Object.fromEntries(found) };
  };
  return {
    name: 'PodTopologyLabels',
    resources: ['/pods'],
    admit({ operation, object, attributes: { group, resource, subresource } }) {
      if (operation !== 'CREATE' || group !== '' || resource !== 'pods' || object === undefined) return undefined;
      if (subresource === 'binding') {
        const { target } = object as Binding;
        return target.kind === 'Node' ? label(object, target.name ?? '') : undefined;
      }
      const nodeName = subresource === '' ? ((object as Pod).spec.nodeName ?? '') : '';
      return nodeName === '' ? undefined : label(object, nodeName);
    },
  };
}
