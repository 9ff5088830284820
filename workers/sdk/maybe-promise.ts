// What is mostly at hand, and sometimes has to be waited for. Each `await` costs a turn of the event loop's
// queue also where there is nothing to wait for, and a decision is made of a dozen such steps.

export type MaybePromise<T> = T | Promise<T>

/** What follows of a value: at once where it is at hand. */
export const chain = <T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> =>
  value instanceof Promise ? value.then(next) : next(value)
