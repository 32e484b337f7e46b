import { ApiError } from '@rhythm/api';

/** A flag of the query as Kubernetes reads it: present means true, unless it says false or 0. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value.toLowerCase() !== 'false' && value !== '0';
}

/** A whole number of the query. @throws ApiError BadRequest. */
export function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?\d{1,15}$/.test(value)) throw new ApiError('BadRequest', `${name} is not a whole number`);
  return Number(value);
}
