import { apiVersionOf, type KindDefinition, type KindRegistry, type SchemaNode } from '@rhythm/api';
import type { ExpressionWarning, ValidatingAdmissionPolicy } from '@rhythm/api/types/admissionregistration-v1';
import { dynType, escapeName, type Type } from '@rhythm/cel';
import { celTypeOf } from '../../custom/cel-type.ts';
import { compilePolicy } from './compiled-policy.ts';

/** Kinds that one policy is checked against; upstream stops there too. */
const kindsMax = 10;
const depthMax = 32;

/**
 * What in a policy makes no sense for the kinds that it is for: a field that they do not have, a comparison of a number with a text. Only kinds that its rules
 * name outright are looked at. Policies work without types, so that this is no more than a hint in their status (KEP-3488).
 */
export function typeCheck(policy: ValidatingAdmissionPolicy, registry: KindRegistry): ExpressionWarning[] {
  const warnings = new Map<string, string[]>();
  for (const kind of kindsOf(policy, registry)) {
    const type = resourceType(kind);
    for (const { field, message } of compilePolicy(policy, { object: type, oldObject: type }).faults) {
      const text = `${apiVersionOf(kind)}, Kind=${kind.kind}: ${message.replace(/^compilation failed: /, '')}`;
      warnings.set(field, [...(warnings.get(field) ?? []), text]);
    }
  }
  return [...warnings].map(([fieldRef, texts]) => ({ fieldRef, warning: `${texts.join('\n')}\n` }));
}

function kindsOf({ spec }: ValidatingAdmissionPolicy, registry: KindRegistry): KindDefinition[] {
  const found = new Set<KindDefinition>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of spec.matchConstraints?.resourceRules ?? []) {
    // With a wildcard there is no end to what may be meant; subresources may be of any kind.
    if ([...apiGroups, ...apiVersions, ...resources].includes('*')) continue;
    for (const kind of registry.kinds) if (apiGroups.includes(kind.group) && apiVersions.includes(kind.version) && resources.includes(kind.plural)) found.add(kind);
  }
  return [...found].slice(0, kindsMax);
}

/** Metadata is the same for all kinds, whatever a definition says of it. */
function resourceType({ group, schema }: KindDefinition): Type {
  // The schema of schemas contains itself.
  if (group === 'apiextensions.k8s.io') return dynType;
  const type = looseType(schema, 'object', 0);
  return type.kind === 'object' && type.fields.get('metadata')?.kind !== 'object' ? { ...type, fields: new Map([...type.fields, ['metadata', dynType]]) } : type;
}

/** As `celTypeOf`, with the plain name of a field beside the escaped one: expressions of policies may use both. */
function looseType(node: SchemaNode, name: string, depth: number): Type {
  if (depth > depthMax || node.intOrString === true || node.preserveUnknownFields === true) return dynType;
  if (node.items !== undefined) return { kind: 'list', of: looseType(node.items, `${name}.@idx`, depth + 1) };
  if (node.additionalProperties !== undefined) return { kind: 'map', key: { kind: 'string' }, value: looseType(node.additionalProperties, `${name}.@elem`, depth + 1) };
  if (node.properties === undefined) return celTypeOf(node, name) ?? dynType;
  const fields = new Map<string, Type>();
  for (const [property, child] of node.properties) {
    const type = looseType(child, `${name}.${property}`, depth + 1);
    fields.set(property, type).set(escapeName(property) ?? property, type);
  }
  return { kind: 'object', name, fields };
}
