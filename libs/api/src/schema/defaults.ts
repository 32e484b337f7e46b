import type { SchemaNode } from './node.ts';
import { setOwn } from './own.ts';
import { shapeOf } from './shape.ts';

/**
 * Fills in, in place, what the schema gives a default for, as structural defaulting does: a member that is missing, or null without
 * being nullable; then inside of what is there. Of built-ins a zero that Go cannot tell from absence counts as missing, and
 * structs held by value are there even when nobody wrote them. Only constant defaults are in the schema: those that depend on
 * other fields are each kind's own `setDefaults`.
 */
export function applyDefaults<T extends object>(node: SchemaNode, object: T): T {
  fill(planOf(node), object);
  return object;
}

interface Plan {
  readonly steps: readonly Step[];
  /** Of maps and lists. */
  readonly each: SchemaNode | undefined;
  readonly empty: boolean;
}

interface Step {
  readonly name: string;
  readonly node: SchemaNode;
  /** The default as JSON text, parsed anew for every object. */
  readonly text: string | undefined;
  /** Empty values count as missing. */
  readonly zeroIsMissing: boolean;
  /** A struct by value: made when missing. */
  readonly make: boolean;
}

const plans = new WeakMap<SchemaNode, Plan>();
const nothing: Plan = { steps: [], each: undefined, empty: true };

function planOf(node: SchemaNode): Plan {
  let plan = plans.get(node);
  if (plan === undefined) plans.set(node, (plan = reaches(node) ? newPlan(node) : nothing));
  return plan;
}

function newPlan(node: SchemaNode): Plan {
  const each = node.items ?? node.additionalProperties;
  const fields = node.proto === undefined ? undefined : shapeOf(node).fields;
  const steps = [...(node.properties ?? [])]
    .filter(([, child]) => child.default !== undefined || reaches(child))
    .map(([name, child]): Step => {
      const field = fields?.get(name);
      return {
        name,
        node: child,
        text: child.default === undefined ? undefined : JSON.stringify(child.default),
        zeroIsMissing: field !== undefined && !field.pointer,
        make: field !== undefined && field.always && !field.pointer && field.label === 'optional' && field.shape.op === 'object',
      };
    });
  return { steps, each: each !== undefined && reaches(each) ? each : undefined, empty: false };
}

const known = new WeakMap<SchemaNode, boolean>();
const open = new Set<SchemaNode>();

/** Whether there is a default anywhere inside; a node inside itself counts as yes, which costs a walk and no more. */
function reaches(node: SchemaNode): boolean {
  const found = known.get(node);
  if (found !== undefined) return found;
  if (open.has(node)) return true;
  open.add(node);
  const children = [...(node.properties?.values() ?? []), ...(node.items === undefined ? [] : [node.items]), ...(node.additionalProperties === undefined ? [] : [node.additionalProperties])];
  const yes = children.some((child) => child.default !== undefined || reaches(child));
  open.delete(node);
  known.set(node, yes);
  return yes;
}

function fill(plan: Plan, value: unknown): void {
  if (plan.empty || typeof value !== 'object' || value === null) return;
  if (plan.each !== undefined) fillEach(plan.each, value);
  for (const step of plan.steps) fillMember(step, value as Record<string, unknown>);
}

function fillEach(element: SchemaNode, value: object): void {
  const inner = planOf(element);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      if (value[index] === null && element.default !== undefined && element.nullable !== true) value[index] = structuredDefault(element);
      fill(inner, value[index]);
    }
    return;
  }
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === null && element.default !== undefined && element.nullable !== true) setOwn(value, key, structuredDefault(element));
    fill(inner, (value as Record<string, unknown>)[key]);
  }
}

function structuredDefault(node: SchemaNode): unknown {
  return JSON.parse(JSON.stringify(node.default)) as unknown;
}

function fillMember(step: Step, members: Record<string, unknown>): void {
  let value = Object.hasOwn(members, step.name) ? members[step.name] : undefined;
  if (isMissing(step, value)) {
    if (step.text !== undefined) value = JSON.parse(step.text) as unknown;
    else if (step.make) value = {};
    else return;
    setOwn(members, step.name, value);
  }
  fill(planOf(step.node), value);
}

function isMissing(step: Step, value: unknown): boolean {
  if (value === undefined) return true;
  if (value === null) return step.text !== undefined || step.make ? step.node.nullable !== true : false;
  if (!step.zeroIsMissing || step.text === undefined) return false;
  return value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}
