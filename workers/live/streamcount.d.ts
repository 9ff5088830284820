// The part of streamcount that user-sketch.ts uses: the package has no types of its own.
declare module 'streamcount/lib/hyperLogLog.js' {
  interface HyperLogLog {
    add(key: string): void
    /** Not rounded. */
    count(): number
    /** Raises each register to the other's, if that is larger. Throws if the sizes differ. */
    merge(other: HyperLogLog): void
    /** The registers. */
    readonly M: number[]
  }
  const HyperLogLog: new (standardError: number) => HyperLogLog
  export default HyperLogLog
}
