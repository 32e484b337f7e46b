import { ApiError, type KindDefinition, type KindRegistry, type KubeObject } from '@rhythm/api';
import type { ParamKind, ParamRef } from '@rhythm/api/types/admissionregistration-v1';
import { EvaluationError } from '@rhythm/cel';
import type { ObjectReader } from '../../ports/types.ts';
import { selects } from '../matching/index.ts';

/** The objects that a binding gives its policy; `undefined` stands for a policy that takes none. */
export async function paramsOf(paramKind: ParamKind | undefined, ref: ParamRef | undefined, namespace: string, ports: { readonly registry: KindRegistry; readonly reader: ObjectReader }): Promise<readonly (KubeObject | undefined)[]> {
  if (paramKind === undefined || ref === undefined) return [undefined];
  const kind = kindOf(paramKind, ports.registry);
  if (kind.namespaced && (ref.namespace ?? '') === '' && namespace === '') throw new EvaluationError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  if (!kind.namespaced && (ref.namespace ?? '') !== '') throw new EvaluationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const found = await find(kind, ref, kind.namespaced ? (ref.namespace ?? namespace) : '', ports.reader);
  if (found.length > 0 || ref.parameterNotFoundAction === 'Allow') return found;
  throw new EvaluationError('no params found for policy binding with `Deny` parameterNotFoundAction');
}

function kindOf({ apiVersion = '', kind: name = '' }: ParamKind, registry: KindRegistry): KindDefinition {
  const slash = apiVersion.indexOf('/');
  const kind = registry.byKind(slash === -1 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), name);
  if (kind === undefined || !kind.verbs.includes('get')) throw new EvaluationError(`failed to find resource referenced by paramKind: '${apiVersion}, Kind=${name}'`);
  return kind;
}

async function find(kind: KindDefinition, ref: ParamRef, namespace: string, reader: ObjectReader): Promise<readonly KubeObject[]> {
  try {
    if (ref.name !== undefined && ref.name !== '') {
      const object = await reader.get(kind.group, kind.plural, namespace, ref.name);
      return object === undefined ? [] : [object];
    }
    return (await reader.list(kind.group, kind.plural, namespace)).filter(({ metadata }) => selects(ref.selector, metadata.labels ?? {}));
  } catch (error) {
    if (error instanceof ApiError && error.reason !== 'InternalError') throw new EvaluationError(error.message, { cause: error });
    throw error;
  }
}
