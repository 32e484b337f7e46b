import type { KindDefinition, Subresource } from '../kinds/kind.ts';

/** What an operation does, in the words of upstream's ids. */
const verbs: Readonly<Record<string, string>> = { list: 'list', get: 'read', post: 'create', put: 'replace', patch: 'patch', delete: 'delete', deletecollection: 'delete' };

/**
 * An id for an operation, as upstream forms it, from which client generators take the names of methods: `readCoreV1NamespacedPod`,
 * `listAppsV1DeploymentForAllNamespaces`, `connectCoreV1GetNamespacedPodExec`. `method` is for `connect` only.
 */
export function operationId(kind: KindDefinition, action: string, options: { readonly subresource?: Subresource; readonly everywhere?: boolean; readonly method?: string } = {}): string {
  const where = `${groupName(kind.group)}${capital(kind.version)}`;
  const scope = kind.namespaced && options.everywhere !== true ? 'Namespaced' : '';
  const what = `${scope}${kind.kind}${capital(options.subresource?.name ?? '')}${options.everywhere === true ? 'ForAllNamespaces' : ''}`;
  if (action === 'connect') return `connect${where}${capital(options.method ?? '')}${what}`;
  return `${verbs[action] ?? action}${where}${action === 'deletecollection' ? 'Collection' : ''}${what}`;
}

/** `Core`, `Apps`, `RbacAuthorization`. */
function groupName(group: string): string {
  if (group === '') return 'Core';
  return group.replace(/\.k8s\.io$/, '').split(/[.-]/).map(capital).join('');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
