/** What tests of servers need; imported by tests only. */
export { anyPort } from './any-port.ts';
