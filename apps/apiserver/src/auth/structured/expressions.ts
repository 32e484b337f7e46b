import { Budget, BudgetError, CompileError, dynType, Environment, EvaluationError, listOf, mapOf, objectOf, stringType, type Inputs, type Program, type Type, type Value } from '@rhythm/cel';
import type { Section } from '../../config-files/index.ts';
import { structuredLimits as limits } from './limits.ts';

const texts = listOf(stringType);
const extraType = mapOf(stringType, texts);

export const claimsType = mapOf(stringType, dynType);
export const userType = objectOf('kubernetes.UserInfo', { username: stringType, uid: stringType, groups: texts, extra: extraType });
/** A SubjectAccessReviewSpec. */
export const accessType = objectOf('kubernetes.SubjectAccessReviewSpec', {
  resourceAttributes: objectOf('kubernetes.ResourceAttributes', { namespace: stringType, verb: stringType, group: stringType, version: stringType, resource: stringType, subresource: stringType, name: stringType, fieldSelector: dynType, labelSelector: dynType }),
  nonResourceAttributes: objectOf('kubernetes.NonResourceAttributes', { path: stringType, verb: stringType }),
  user: stringType,
  groups: texts,
  uid: stringType,
  extra: extraType,
});

export const claimsEnvironment = new Environment({ variables: { claims: claimsType } });
export const userEnvironment = new Environment({ variables: { user: userType } });
export const accessEnvironment = new Environment({ variables: { request: accessType } });

/** The expression of a field; undefined, with a problem said, when it makes no sense. */
export function expressionOf(section: Section, name: string, environment: Environment, ...results: readonly Type[]): Program | undefined {
  const source = section.text(name);
  try {
    return environment.compile(source, ...results);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    section.problem(name, `Invalid value: ${JSON.stringify(source)}: compilation failed: ${error.message}`);
    return undefined;
  }
}

/** Expressions about one token or request, which share what they may cost. @throws EvaluationError, also when it was too much. */
export function evaluator(inputs: Inputs): (program: Program) => Value {
  const budget = new Budget(limits.expressionsCostMax);
  return (program) => {
    try {
      return program.evaluate(inputs, budget);
    } catch (error) {
      if (error instanceof BudgetError) throw new EvaluationError('the expressions cost too much', { cause: error });
      throw error;
    }
  };
}
