// What is mostly at hand, and sometimes has to be waited for. Each `await` costs a turn of the event loop's queue also where there is nothing to
// wait for, and a decision is made of a dozen such steps.

export type AtHand<T> = T | Promise<T>

/** What follows of a value: at once where it is at hand. */
export const andThen = <T, U>(value: AtHand<T>, next: (value: T) => AtHand<U>): AtHand<U> =>
  value instanceof Promise ? value.then(next) : next(value)
