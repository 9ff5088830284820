// Changes of one thing that are made faster than they are answered. Pure but for what is on its way.

interface Stored {
  readonly entity: { readonly version: number }
}

/** Each change waits for the one before it, and goes out on the version that that one made. */
export class Turns {
  /** By place: the version that the last change makes; undefined if it is refused. Gone once answered. */
  readonly #onTheirWay = new Map<string, Promise<number | undefined>>()

  /**
   * `place`: what is changed, and where. `shown`: its version on the page. Once nothing is on its way, that
   * alone counts: what was made earlier may by now be somebody else's version, which nobody has seen.
   */
  async take<Answer extends Stored>(
    place: string,
    shown: number,
    send: (version: number) => Promise<Answer>,
  ): Promise<Answer> {
    const before = this.#onTheirWay.get(place)
    const sending = before ? before.then((made = 0) => send(Math.max(shown, made))) : send(shown)
    const made = sending.then(
      ({ entity }) => entity.version,
      () => undefined,
    )
    this.#onTheirWay.set(place, made)
    try {
      return await sending
    } finally {
      if (this.#onTheirWay.get(place) === made) this.#onTheirWay.delete(place)
    }
  }
}
