import type { ValidatingAdmissionPolicy, Validation } from '@rhythm/api/types/admissionregistration-v1';
import { boolType, CompileError, dynType, Environment, nullType, stringType, type ObjectType, type Program, type Type } from '@rhythm/cel';
import { admissionTypes, compileConditions, type CompiledConditions } from '../matching/index.ts';

export interface CompiledValidation {
  readonly validation: Validation;
  readonly program: Program;
  readonly message: Program | undefined;
}

/** A policy ready to be evaluated, or what is wrong with it. */
export interface CompiledPolicy {
  readonly policy: ValidatingAdmissionPolicy;
  readonly conditions: CompiledConditions;
  readonly variables: ReadonlyArray<{ readonly name: string; readonly program: Program }>;
  readonly validations: readonly CompiledValidation[];
  /** What goes to the audit log. */
  readonly annotations: ReadonlyArray<{ readonly key: string; readonly expression: string; readonly program: Program }>;
  readonly faults: readonly PolicyFault[];
}

export interface PolicyFault {
  readonly field: string;
  readonly expression: string;
  readonly message: string;
}

/**
 * Compiles all expressions of a policy; each variable sees those before it, validations see all.
 * @param types of variables, where more is known of them than that they are something
 */
export function compilePolicy(policy: ValidatingAdmissionPolicy, types: Readonly<Record<string, Type>> = {}): CompiledPolicy {
  const { spec } = policy;
  const faults: PolicyFault[] = [];
  const base: Record<string, Type> = { ...admissionTypes, ...types, ...(spec.paramKind === undefined ? {} : { params: dynType }) };
  const fields = new Map<string, Type>();
  const environment = (): Environment => new Environment({ variables: { ...base, variables: { kind: 'object', name: 'kubernetes.variables', fields: new Map(fields) } satisfies ObjectType } });
  const compile = (source: string, field: string, ...results: readonly Type[]): Program | undefined => {
    try {
      return environment().compile(source, ...results);
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      faults.push({ field, expression: source, message: `compilation failed: ${error.message}` });
      return undefined;
    }
  };
  const variables = (spec.variables ?? []).flatMap(({ name, expression }, index) => {
    const program = compile(expression, `spec.variables[${index}].expression`);
    fields.set(name, program?.type ?? dynType);
    return program === undefined ? [] : [{ name, program }];
  });
  const validations = (spec.validations ?? []).flatMap((validation, index): CompiledValidation[] => {
    const program = compile(validation.expression, `spec.validations[${index}].expression`, boolType);
    const message = validation.messageExpression === undefined || validation.messageExpression === '' ? undefined : compile(validation.messageExpression, `spec.validations[${index}].messageExpression`, stringType);
    return program === undefined ? [] : [{ validation, program, message }];
  });
  const annotations = (spec.auditAnnotations ?? []).flatMap(({ key, valueExpression }, index) => {
    const program = compile(valueExpression, `spec.auditAnnotations[${index}].valueExpression`, stringType, nullType);
    return program === undefined ? [] : [{ key, expression: valueExpression, program }];
  });
  const conditions = compileConditions(spec.matchConditions, new Environment({ variables: base }));
  for (const { index, message } of conditions.faults) faults.push({ field: `spec.matchConditions[${index}].expression`, expression: spec.matchConditions?.[index]?.expression ?? '', message });
  return { policy, conditions, variables, validations, annotations, faults };
}
