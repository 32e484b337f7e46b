import { fromStored, toStored, type KindDefinition, type KubeObject } from '@rhythm/api';

/** An object of one version of a kind in another one; it may become part of the result. @throws ApiError when a webhook converts, and fails. */
export async function convertObject(from: KindDefinition, to: KindDefinition, object: KubeObject): Promise<KubeObject> {
  if (from === to) return object;
  if (to.convert === undefined) return fromStored(to, toStored(from, object));
  const [converted = object] = await to.convert([object]);
  return converted;
}
