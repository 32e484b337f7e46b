import { parseFieldSelector } from '@rhythm/api';
import type { VolumeAttachment } from '@rhythm/api/types/storage-v1';
import type { PolicyRule } from '@rhythm/api/types/rbac-v1';
import type { Authorizer, Decision, ObjectReader, RequestAttributes, UserInfo } from '../../ports/types.ts';
import { nodesGroup, nodeUserPrefix } from '../groups.ts';
import { ruleAllows } from '../rbac/rule.ts';
import type { NodeGraph } from './node-graph.ts';

/** What every node may do, whatever runs on it. The NodeRestriction admission step narrows its writes to its own objects. */
const generalRules: readonly PolicyRule[] = [
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] },
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews', 'localsubjectaccessreviews'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['services'] },
  { verbs: ['create', 'update', 'patch'], apiGroups: ['', 'events.k8s.io'], resources: ['events'] },
  { verbs: ['get'], apiGroups: [''], resources: ['endpoints'] },
  { verbs: ['create', 'delete'], apiGroups: [''], resources: ['pods'] },
  { verbs: ['update', 'patch'], apiGroups: [''], resources: ['pods/status'] },
  { verbs: ['create'], apiGroups: [''], resources: ['pods/eviction'] },
  { verbs: ['create', 'get', 'list', 'watch'], apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['storage.k8s.io'], resources: ['csidrivers'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['node.k8s.io'], resources: ['runtimeclasses'] },
];

const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const ownVerbs: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete']);
const allowed: Decision = { allowed: true, reason: '' };
const denied = (reason: string): Decision => ({ allowed: false, reason });
const notRelated = (node: string): Decision => denied(`no relationship found between node '${node}' and this object`);

/**
 * A node reads what the pods bound to it refer to, and its own objects; nothing else (the Node authorizer of Kubernetes,
 * with selectors as since v1.34). It has no opinion on other users.
 */
export class NodeAuthorizer implements Authorizer {
  readonly #graph: NodeGraph;
  readonly #reader: ObjectReader;

  constructor(graph: NodeGraph, reader: ObjectReader) {
    this.#graph = graph;
    this.#reader = reader;
  }

  async authorize(attributes: RequestAttributes): Promise<Decision> {
    const node = nodeOf(attributes.user);
    if (node === undefined || !attributes.isResource) return denied('');
    return (await this.#ofObjects(attributes, node)) ?? (generalRules.some((rule) => ruleAllows(rule, attributes)) ? allowed : denied(''));
  }

  rulesFor(user: UserInfo): Promise<{ resourceRules: readonly object[]; nonResourceRules: readonly object[]; incomplete: boolean }> {
    // What it may read depends on its pods.
    if (nodeOf(user) === undefined) return Promise.resolve({ resourceRules: [], nonResourceRules: [], incomplete: false });
    return Promise.resolve({ resourceRules: generalRules, nonResourceRules: [], incomplete: true });
  }

  /** The decision on resources whose objects belong to nodes; `undefined` for all others. */
  async #ofObjects(attributes: RequestAttributes, node: string): Promise<Decision | undefined> {
    const { group, resource, subresource, namespace, name, verb } = attributes;
    const graph = this.#graph;
    const named = (verbs: ReadonlySet<string>, related: () => Promise<boolean>, subresources: readonly string[] = ['']): Promise<Decision> => this.#named(attributes, node, verbs, subresources, related);
    switch (`${group}/${resource}`) {
      case '/secrets':
        return named(reads, () => graph.needsSecret(node, namespace, name));
      case '/configmaps':
        return named(reads, () => graph.needsConfigMap(node, namespace, name));
      case '/persistentvolumeclaims':
        return subresource === 'status' ? named(new Set(['get', 'update', 'patch']), () => graph.needsVolumeClaim(node, namespace, name), ['status']) : named(onlyGet, () => graph.needsVolumeClaim(node, namespace, name));
      case '/persistentvolumes':
        return named(onlyGet, () => graph.needsVolume(node, name));
      case 'resource.k8s.io/resourceclaims':
        return named(onlyGet, () => graph.needsResourceClaim(node, namespace, name));
      case 'storage.k8s.io/volumeattachments':
        return named(onlyGet, async () => (await this.#reader.get<VolumeAttachment>('storage.k8s.io', 'volumeattachments', '', name))?.spec.nodeName === node);
      case '/serviceaccounts':
        return subresource === 'token' ? named(onlyCreate, () => graph.needsServiceAccount(node, namespace, name), ['token']) : named(onlyGet, () => graph.needsServiceAccount(node, namespace, name));
      case '/pods':
        return reads.has(verb) ? this.#readPods(attributes, node) : undefined;
      case '/nodes':
        return ofOwnNode(attributes, node);
      case 'coordination.k8s.io/leases':
        return namespace === 'kube-node-lease' ? ofOwn(attributes, node) : denied(`node '${node}' can only access leases in the "kube-node-lease" system namespace`);
      case 'storage.k8s.io/csinodes':
        return ofOwn(attributes, node);
      case 'resource.k8s.io/resourceslices':
        return this.#slices(attributes, node);
      default:
        return undefined;
    }
  }

  async #named(attributes: RequestAttributes, node: string, verbs: ReadonlySet<string>, subresources: readonly string[], related: () => Promise<boolean>): Promise<Decision> {
    const { verb, subresource, name, resource } = attributes;
    if (!verbs.has(verb) || !subresources.includes(subresource)) return denied(`node '${node}' can only ${[...verbs].join(', ')} ${resource} that its pods need`);
    // Also a list or a watch is of one object: others must not be seen by leaving the name out.
    if (name === '') return denied(`node '${node}' can only ${verb} individual resources of this type`);
    return (await related()) ? allowed : notRelated(node);
  }

  async #readPods(attributes: RequestAttributes, node: string): Promise<Decision> {
    const { verb, subresource, namespace, name } = attributes;
    if (subresource !== '') return denied(`node '${node}' cannot read pods/${subresource}`);
    if (verb === 'get') return (await this.#graph.hasPod(node, namespace, name)) ? allowed : notRelated(node);
    return selects(attributes, 'spec.nodeName', node) ? allowed : denied(`node '${node}' can only list/watch pods with a spec.nodeName field selector on itself`);
  }

  async #slices(attributes: RequestAttributes, node: string): Promise<Decision> {
    const { verb, subresource, name } = attributes;
    if (subresource !== '') return denied(`node '${node}' cannot access resourceslices/${subresource}`);
    if (verb === 'create') return allowed;
    if (verb === 'list' || verb === 'watch' || verb === 'deletecollection') return selects(attributes, 'spec.nodeName', node) ? allowed : denied(`node '${node}' can only ${verb} resourceslices with a spec.nodeName field selector on itself`);
    const slice = await this.#reader.get('resource.k8s.io', 'resourceslices', '', name);
    return (slice as { spec?: { nodeName?: string } } | undefined)?.spec?.nodeName === node ? allowed : notRelated(node);
  }
}

const onlyGet: ReadonlySet<string> = new Set(['get']);
const onlyCreate: ReadonlySet<string> = new Set(['create']);

/** The node that a user is: in the group, and with the name of one. */
function nodeOf(user: UserInfo): string | undefined {
  if (!user.groups.includes(nodesGroup) || !user.name.startsWith(nodeUserPrefix)) return undefined;
  const node = user.name.slice(nodeUserPrefix.length);
  return node === '' ? undefined : node;
}

/** An object that has the node's name. A creation's name is in its body, where NodeRestriction looks at it. */
function ofOwn({ verb, subresource, name, resource }: RequestAttributes, node: string): Decision {
  if (subresource !== '') return denied(`node '${node}' cannot access ${resource}/${subresource}`);
  if (verb === 'create') return allowed;
  if (!ownVerbs.has(verb)) return denied(`node '${node}' cannot ${verb} ${resource}`);
  return name === node ? allowed : denied(`node '${node}' can only access the ${resource} with its own name`);
}

function ofOwnNode(attributes: RequestAttributes, node: string): Decision {
  const { verb, subresource, name } = attributes;
  if (subresource === 'status') return (verb === 'update' || verb === 'patch' || verb === 'get') && name === node ? allowed : denied(`node '${node}' can only update its own status`);
  if (subresource !== '') return denied(`node '${node}' cannot access nodes/${subresource}`);
  if (verb === 'create') return allowed;
  if (!reads.has(verb) && verb !== 'update' && verb !== 'patch') return denied(`node '${node}' cannot ${verb} nodes`);
  return name === node ? allowed : denied(`node '${node}' cannot ${verb} other nodes, only its own Node`);
}

function selects({ fieldSelector }: RequestAttributes, field: string, value: string): boolean {
  if (fieldSelector === undefined) return false;
  try {
    return parseFieldSelector(fieldSelector).exact(field) === value;
  } catch {
    return false;
  }
}
