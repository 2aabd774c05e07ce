/**
 * Something that a host has begun, such as a Promise. `then` calls one of the two, once, and never before it
 * returns. It may be called again, and then settles again.
 */
export interface Pending<T> {
  then(settled: (value: T) => void, failed: (error: unknown) => void): unknown;
}
