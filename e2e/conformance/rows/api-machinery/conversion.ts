import type { V1CustomResourceDefinition } from '@kubernetes/client-node';
import type { Context, Question } from '../../harness/index.ts';
import { define, definitions, schemaOf, type Custom, type Defined } from '../definitions.ts';

const text = { type: 'string' };

/** v1 has `hostPort`, v2 has `host` and `port`. */
function convert({ hostPort, host, port, ...rest }: Custom, apiVersion: string): Custom {
  const [h = '', p = ''] = String(hostPort).split(':');
  return (apiVersion.endsWith('/v2') ? { ...rest, apiVersion, host: h, port: p } : { ...rest, apiVersion, hostPort: `${String(host)}:${String(port)}` }) as Custom;
}

/** A kind of two versions that a webhook converts; each has a field to select by. */
export async function defineConverted(k: Context, selectable = false): Promise<Defined> {
  const webhook = await k.webhook((_path, { objects, desiredAPIVersion }: Question) => ({ result: { status: 'Success' }, convertedObjects: objects.map((object) => convert(object as unknown as Custom, desiredAPIVersion)) }));
  const fields = (name: string): object => (selectable ? { selectableFields: [{ jsonPath: `.${name}` }] } : {});
  return define(k, {
    versions: { v1: { schema: schemaOf({ hostPort: text }), ...fields('hostPort') }, v2: { schema: schemaOf({ host: text, port: text }), ...fields('host') } },
    spec: { conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1', 'v1beta1'], clientConfig: webhook.client('/convert') } } },
  });
}

/** From here on objects are stored in that version. */
export async function storeInstead(k: Context, { name }: Defined, version: string): Promise<void> {
  const path = `${definitions}/${name}`;
  const { spec } = await k.get<V1CustomResourceDefinition>(path);
  await k.patch(path, { spec: { versions: spec.versions.map((one) => Object.assign(one, { storage: one.name === version })) } });
  await k.until<V1CustomResourceDefinition>(path, (object) => object?.status?.storedVersions?.includes(version) === true, `${version} is stored`);
}
