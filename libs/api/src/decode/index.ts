/** Bodies in: bytes to objects, with every limit and every complaint (design, decision 2). */
export * from './decode-object.ts';
export { MismatchError } from './admit.ts';
export { repeatedKeys } from './yaml.ts';
