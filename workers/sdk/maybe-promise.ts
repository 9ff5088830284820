// Values that are usually available at once and sometimes have to be awaited. An `await` defers to the
// microtask queue even if there is nothing to wait for, and a decision has a dozen such steps.

export type MaybePromise<T> = T | Promise<T>

/** Passes the value on: synchronously if it is available, otherwise once it resolves. */
export const chain = <T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> =>
  value instanceof Promise ? value.then(next) : next(value)
